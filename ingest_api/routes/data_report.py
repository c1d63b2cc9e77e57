"""A data profile as one page of HTML, with pictures, whole in itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ingest_api.routes.drift_report import STYLE, moment, shown

MOST_PAIRS = 40


def data_report(about: Mapping[str, Any], now_ms: int) -> str:
    """The page of a data profile as the store gives it."""
    name = escape(f"{about['name']} {about['version']}".strip())
    parts = [
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Data of {name}</title><style>{STYLE}</style>",
        f"</head><body><h1>Data of {name}</h1><p class=muted>Reference {about['reference']} of",
        f"{moment(about['created_ms'])} UTC: {about['rows']} rows, {len(about['columns'])} columns;",
        f"made {moment(now_ms)} UTC by Vedette</p>",
        *(part for column in about["columns"] for part in _column(column)),
        *_relations(about["correlations"]),
        "</body></html>",
    ]
    return "\n".join(parts)


def _column(column: Mapping[str, Any]) -> Iterator[str]:
    rows = max(1, column["rows"])
    facts = [f"{column['missing']} missing ({column['missing'] / rows:.1%})", f"{column['distinct']} distinct"]
    facts += [f"{column[key]} {key.replace('_', ' ')}" for key in _ODD if column.get(key)]
    yield f"<section><h2>{escape(column['name'])}</h2><p class=muted>{column['kind']}: {', '.join(facts)}</p>"
    if column.get("quantiles"):
        named = [("mean", column["mean"]), ("deviation", column["deviation"]), ("skewness", column["skewness"])]
        named += [(_QUANTILE.get(share, f"{float(share):.0%}"), value) for share, value in column["quantiles"].items()]
        yield "<table><tr>" + "".join(f"<th class=n>{word}" for word, _ in named) + "</tr><tr>"
        yield "".join(f"<td class=n>{shown(value)}" for _, value in named) + "</tr></table>"
    if column.get("histogram"):
        yield from _histogram(column["histogram"])
    elif column.get("top"):
        most = column["top"][0]["count"]
        yield f'<svg viewBox="0 0 920 {16 * len(column["top"])}" width="100%" role="img" aria-label="frequent values">'
        for number, one in enumerate(column["top"]):
            word = str(one["value"])
            word = word if len(word) < 38 else f"{word[:37]}…"
            wide = 520 * one["count"] / most
            yield f'<text x="0" y="{16 * number + 11}" font-size="11">{escape(word)}'
            yield f'</text><rect x="260" y="{16 * number + 2}" width="{wide:.1f}" height="11" fill="#8aa0bd"/>'
            yield f'<text x="{266 + wide:.1f}" y="{16 * number + 11}" font-size="10">{one["count"]}</text>'
        yield "</svg>"
    yield "</section>"


def _histogram(found: Mapping[str, Any]) -> Iterator[str]:
    counts, edges = found["counts"], found["edges"]
    most, width = max(*counts, 1), 900 / len(counts)
    yield '<svg viewBox="0 0 920 140" width="100%" role="img" aria-label="histogram">'
    for number, count in enumerate(counts):
        high = 110 * count / most
        said = f"{shown(edges[number])} to {shown(edges[number + 1])}: {count}"
        at = f'x="{10 + number * width:.1f}" y="{112 - high:.1f}" width="{width - 1:.1f}" height="{high:.1f}"'
        yield f'<rect {at} fill="#8aa0bd"><title>{said}</title></rect>'
    yield f'<text x="10" y="130" font-size="11">{shown(edges[0])}</text>'
    yield f'<text x="910" y="130" font-size="11" text-anchor="end">{shown(edges[-1])}</text></svg>'


def _relations(pairs: list[Mapping[str, Any]]) -> Iterator[str]:
    if not pairs:
        return
    yield "<h2>What goes together</h2><table><tr><th>Columns<th class=n>Pearson<th class=n>Spearman"
    yield "<th class=n>Cramér's V<th class=n>Rows</tr>"
    for pair in pairs[:MOST_PAIRS]:
        numbers = "".join(f"<td class=n>{shown(pair.get(key))}" for key in ("pearson", "spearman", "cramers_v"))
        yield f"<tr><td>{escape(pair['a'])} and {escape(pair['b'])}{numbers}<td class=n>{pair['n']}</tr>"
    yield "</table>"


_ODD = ("not_numbers", "infinite", "zeros", "negative")
_QUANTILE = {"0": "least", "0.5": "median", "1": "most"}
