"""A report of drift as one page of HTML: summary, windows at a glance, and what moved, with pictures, to be kept.

It holds everything that it shows: no script, nothing from elsewhere. Colours are never alone: each picture has its
words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from ingest_api.routes import multivariate_tables, segment_tables
from ingest_api.routes.drift_tables import top_movers, untested
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.verdict import bin_name

MOST_FEATURES = 60
"""In the picture of all windows; those that drifted most."""
MOST_WINDOWS = 120
"""Of each feature there, the newest."""
MOST_DETAILS = 20
"""Features that are shown with their tests and distributions."""
MOST_BINS = 20

STYLE = """
body{font:14px/1.5 system-ui,sans-serif;color:#1c2430;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;break-after:avoid}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #dde2ea}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}section{break-inside:avoid}.muted{color:#5b6675}
"""
_FILLS = {"drift": "#c62f3f", "ok": "#cfe5d8", "insufficient_data": "#d9dde4", "no_data": "#ffffff"}
_WORDS = {"drift": "drift", "ok": "quiet", "insufficient_data": "too few rows", "no_data": "no rows"}


def drift_report(
    name: str,
    between: tuple[int, int],
    now_ms: int,
    windows: Sequence[Mapping[str, Any]],
    profiles: Mapping[tuple[int, str], FeatureProfile],
    cells: Sequence[Mapping[str, Any]] = (),
    wholes: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page for a model's `windows` (as the store gives them) of a range (ms UTC); `profiles` by reference and
    feature, for the distributions. What has no profile is shown without one. `cells` are segments by features, `wholes`
    windows of all columns together."""
    movers = top_movers(windows, MOST_FEATURES)
    begun, ended = (moment(at) for at in between)
    head = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Drift of {escape(name)}</title>"
    parts = [
        f"{head}<style>{STYLE}</style></head><body><h1>Drift of {escape(name)}</h1>",
        f"<p class=muted>{begun} to {ended} UTC; made {moment(now_ms)} UTC by Vedette</p>",
        *_summary(windows, movers),
        *_glance(windows, movers),
        *segment_tables.as_table(cells),
        *multivariate_tables.as_table(wholes),
        *(part for mover in movers[:MOST_DETAILS] if mover["drifted"] for part in _detail(mover, windows, profiles)),
        "</body></html>",
    ]
    return "\n".join(parts)


def _summary(windows: Sequence[Mapping[str, Any]], movers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    judged = sum(row["state"] in {"ok", "drift"} for row in windows)
    drifted = sum(row["state"] == "drift" for row in windows)
    newest = {(row["version"], row["feature"]): row for row in windows}
    raised = sorted(_label(row) for row in newest.values() if row["raised"])
    yield f"<p>{drifted} of {judged} judged windows of features show drift, of {len(windows)} in all.</p>"
    yield f"<p>Raised at the end: {escape(', '.join(raised)) or 'nothing'}.</p>"
    if not movers:
        return
    yield "<h2>What moved most</h2><table><tr><th>Feature<th class=n>Windows<th class=n>Drifted<th class=n>Greatest PSI"
    yield "<th>In the window of<th>Bins that moved</tr>"
    for mover in movers[:MOST_DETAILS]:
        moved = "; ".join(f"{one['bin']}: {one['reference']:.1%} → {one['window']:.1%}" for one in mover["moved"][:3])
        psi = "" if mover["psi"] is None else f"{mover['psi']:.3g}"
        at = "" if mover["start_ms"] is None else moment(mover["start_ms"])
        yield f"<tr><td>{escape(_label(mover))}<td class=n>{mover['windows']}<td class=n>{mover['drifted']}"
        yield f"<td class=n>{psi}<td>{at}<td>{escape(moved)}</tr>"
    yield "</table>"


def _glance(windows: Sequence[Mapping[str, Any]], movers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    starts = sorted({row["start_ms"] for row in windows})[-MOST_WINDOWS:]
    if not starts or not movers:
        return
    place = {at: column for column, at in enumerate(starts)}
    line = {_label(mover): number for number, mover in enumerate(movers)}
    width, left = max(3, 720 // len(starts)), 200
    high = 16 * len(line) + 4
    yield f"<h2>Window by window</h2><p class=muted>{moment(starts[0])} to {moment(starts[-1])} UTC. "
    yield "; ".join(f"{_swatch(state)} {word}" for state, word in _WORDS.items() if state != "no_data")
    yield f'</p><svg viewBox="0 0 {left + width * len(starts)} {high}" width="100%" role="img" aria-label="windows">'
    for label, number in line.items():
        short = label if len(label) <= 28 else f"{label[:27]}…"
        yield f'<text x="0" y="{16 * number + 12}" font-size="11">{escape(short)}</text>'
    for row in windows:
        of_line, column = line.get(_label(row)), place.get(row["start_ms"])
        if of_line is not None and column is not None and row["state"] in _FILLS:
            at = f'x="{left + width * column}" y="{16 * of_line + 2}" width="{width - 1}" height="13"'
            said = escape(f"{_label(row)}, {moment(row['start_ms'])}: {_WORDS[row['state']]}")
            yield f'<rect {at} fill="{_FILLS[row["state"]]}"><title>{said}</title></rect>'
    yield "</svg>"


def _detail(
    mover: Mapping[str, Any],
    windows: Sequence[Mapping[str, Any]],
    profiles: Mapping[tuple[int, str], FeatureProfile],
) -> Iterator[str]:
    label = _label(mover)
    row = next(
        (row for row in windows if _label(row) == label and row["start_ms"] == mover["start_ms"]),
        next(row for row in windows if _label(row) == label and row["state"] == "drift"),
    )
    verdict = row["verdict"]
    sizes = f"{verdict.get('window')} rows, {verdict.get('reference')} in the reference"
    yield f"<section><h2>{escape(label)}</h2><p class=muted>{moment(row['start_ms'])} UTC: {sizes}</p>"
    yield "<table><tr><th>Test<th class=n>Value<th class=n>Threshold<th class=n>p<th class=n>Adjusted p<th></tr>"
    for one in (*verdict.get("findings", ()), *untested(verdict)):
        numbers = "".join(f"<td class=n>{shown(one.get(key))}" for key in ("value", "threshold", "p", "adjusted"))
        yield f"<tr><td>{escape(str(one['statistic']))}{numbers}<td>{'drift' if one.get('drifted') else ''}</tr>"
    yield "</table>"
    yield from _shape(row["counts"])
    if verdict.get("unseen"):
        named = ", ".join(f"{one['value']} ({one['rows']})" for one in verdict["unseen"])
        more = verdict["unseen_values"] - len(verdict["unseen"])
        yield f"<p>Not in the reference: {escape(named)}{f' and {more} more' if more > 0 else ''}.</p>"
    profile = profiles.get((row["reference"], row["feature"]))
    if profile is not None and len(row["counts"].get("bins", ())) == profile.bins:
        yield from _distribution(profile, row["counts"])
    yield "</section>"


def _shape(counts: Mapping[str, Any]) -> Iterator[str]:
    """Quantiles of numbers, how many values are distinct, and the most frequent numbers."""
    quantiles = counts.get("quantiles") or {}
    if quantiles:
        shares = sorted(quantiles, key=float)
        yield f"<table><tr><th>Quantile{''.join(f'<th class=n>{float(share):.3g}' for share in shares)}</tr>"
        yield f"<tr><td>Window{''.join(f'<td class=n>{shown(quantiles[share])}' for share in shares)}</tr></table>"
    if counts.get("distinct"):
        often = ", ".join(f"{shown(one['value'])} (about {one['count']} times)" for one in counts.get("top", ())[:5])
        yield f"<p class=muted>Distinct values: {counts['distinct']}{f'; most often {often}' if often else ''}.</p>"


def _distribution(profile: FeatureProfile, counts: Mapping[str, Any]) -> Iterator[str]:
    """Shares of the reference and of the window, bin by bin; the least frequent bins together beyond `MOST_BINS`."""
    bins: list[tuple[str, int, int]] = [
        (bin_name(profile, at), profile.counts[at], int(counts["bins"][at])) for at in range(profile.bins)
    ]
    if not profile.by_edges:
        bins.sort(key=lambda one: -(one[1] + one[2]))
    rest, bins = bins[MOST_BINS:], bins[:MOST_BINS]
    if rest:
        bins.append((f"{len(rest)} others", sum(one[1] for one in rest), sum(one[2] for one in rest)))
    for key, word in _BESIDE.items():
        beside, now_beside = int(getattr(profile, key)), int(counts.get(key) or 0)
        if beside or now_beside:
            bins.append((word, beside, now_beside))
    before, now = max(1, sum(one[1] for one in bins)), max(1, sum(one[2] for one in bins))
    most = max((max(one[1] / before, one[2] / now) for one in bins), default=0.0) or 1.0
    yield f"<p class=muted>{_swatch('reference')} reference; {_swatch('window')} window</p>"
    yield f'<svg viewBox="0 0 920 {26 * len(bins)}" width="100%" role="img" aria-label="both distributions">'
    for number, (word, one, other) in enumerate(bins):
        y = 26 * number
        yield f'<text x="0" y="{y + 14}" font-size="11">{escape(word if len(word) <= 34 else word[:33] + "…")}</text>'
        for offset, key, share in ((0, "reference", one / before), (11, "window", other / now)):
            wide = 560 * share / most
            yield f'<rect x="230" y="{y + offset}" width="{wide:.1f}" height="10" fill="{_SIDES[key]}"/>'
            yield f'<text x="{236 + wide:.1f}" y="{y + offset + 9}" font-size="10">{share:.1%}</text>'
    yield "</svg>"


_BESIDE = {"below": "below the reference", "above": "above it", "other": "unseen", "missing": "missing"}
_SIDES = {"reference": "#8aa0bd", "window": "#d9822b"}


def _swatch(key: str) -> str:
    fill = _FILLS.get(key) or _SIDES[key]
    return f'<svg width="11" height="11"><rect width="11" height="11" fill="{fill}"/></svg>'


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['feature']} @{row['version']}" if row["version"] else str(row["feature"])


def moment(at_ms: int) -> str:
    """A time to the minute, UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M}"


def shown(value: Any) -> str:
    """A number to three digits; nothing for none."""
    return "" if value is None else f"{value:.3g}"
