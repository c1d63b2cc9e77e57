"""Tiers: the rollup rows that a load must lead to, computed from the plan, and compared with those in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from launch.loadgen import samples
from launch.loadgen.finding import Finding
from launch.loadgen.ledger import Ledger
from launch.loadgen.plan import Plan
from launch.loadgen.samples import Floats
from vedette.events.samples import layout_id
from vedette.store.cells import Shape
from vedette.store.pool import Store
from vedette.windows.tiers import MINUTE, TIERS, Tier

_AT_ONCE = 20
"""Sources whose rows are fetched together."""
_MATRICES = ("sums", "minima", "maxima", "last values")
Row = tuple[int, tuple[Floats, ...]]
"""Reports, and for each name the sum, minimum, maximum and last value."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a source reported: the values, and of them what is added up, and what the extremes are of."""

    raw: Floats
    added: Floats
    rated: Floats

    @classmethod
    def of(cls, plan: Plan, source: int, steps: int) -> Expected:
        """Of a counter the increase is added up (a smaller value means that it began anew), the extremes are of its
        rate per second, and its first report has neither."""
        raw = samples.values(plan, source, range(steps))
        added, rated = raw.copy(), raw.copy()
        if steps:
            columns = samples.counters(plan)
            now, before = raw[1:, columns], raw[:-1, columns]
            grown = np.where(now >= before, now - before, now)
            added[1:, columns], added[0, columns] = grown, 0.0
            rated[1:, columns], rated[0, columns] = grown / (plan.interval_ms / 1000.0), np.nan
        return cls(raw, added, rated)

    def rows(self, plan: Plan, tier: Tier) -> dict[int, Row]:
        """The rows of a tier, by the start of their window (ms UTC)."""
        if not len(self.raw):
            return {}
        times = plan.start_ms + plan.interval_ms * np.arange(len(self.raw), dtype=np.int64)
        buckets = times - times % tier.width_ms
        starts = np.flatnonzero(np.r_[True, buckets[1:] != buckets[:-1]])
        ends = np.r_[starts[1:], len(buckets)]
        matrices = (
            np.add.reduceat(self.added, starts, axis=0),
            np.fmin.reduceat(self.rated, starts, axis=0),
            np.fmax.reduceat(self.rated, starts, axis=0),
            self.raw[ends - 1],
        )
        return {
            int(buckets[start]): (int(ends[at] - start), tuple(matrix[at] for matrix in matrices))
            for at, start in enumerate(starts)
        }


def tiers_of(plan: Plan) -> tuple[Tier, ...]:
    """The tiers that hold the load: who reports once a minute or less often has no finer ones."""
    return TIERS if plan.interval_ms < TIERS[MINUTE].width_ms else TIERS[MINUTE:]


def known_sources(store: Store, plan: Plan) -> dict[str, tuple[int, int]]:
    """Identity and account of the load's sources, as far as the catalogue knows them."""
    names = [plan.source(number) for number in range(plan.sources)]
    rows = store.rows("SELECT name, id, account_id FROM sources WHERE name = ANY(%s)", names)
    return {row["name"]: (int(row["id"]), int(row["account_id"])) for row in rows}


def compare_tiers(store: Store, ledger: Ledger) -> list[Finding]:
    """A finding for each tier: every row, of every source, with every value."""
    plan = ledger.plan
    known = known_sources(store, plan)
    findings = {tier.name: Finding(f"tier {tier.name}") for tier in TIERS}
    shape = Shape(plan.names, tuple(samples.counters(plan)))
    layout = layout_id(samples.layout(plan))
    for start in range(0, plan.sources, _AT_ONCE):
        chosen = range(start, min(plan.sources, start + _AT_ONCE))
        ids = {number: known[plan.source(number)][0] for number in chosen if plan.source(number) in known}
        stored = {tier.name: _stored(store, tier, list(ids.values())) for tier in TIERS}
        for number in chosen:
            expected = Expected.of(plan, number, ledger.steps(plan.lane_of(number)))
            for tier in TIERS:
                wanted = expected.rows(plan, tier) if tier in tiers_of(plan) else {}
                found = stored[tier.name].get(ids.get(number, 0), {})
                place = f"{plan.source(number)} at"
                _compare(findings[tier.name], place, wanted, _unpacked(found, layout, shape), found)
    return list(findings.values())


_Stored = dict[tuple[int, int], tuple[int, bytes]]
"""By layout and window: reports, and cells."""


def _stored(store: Store, tier: Tier, sources: list[int]) -> dict[int, _Stored]:
    rows = store.rows(
        "SELECT source_id, layout_id, (extract(epoch FROM bucket) * 1000)::bigint AS ms, n, cells"  # noqa: S608 - a tier
        f" FROM rollup_{tier.name} WHERE source_id = ANY(%s)",
        sources,
    )
    found: dict[int, _Stored] = {}
    for row in rows:
        found.setdefault(int(row["source_id"]), {})[int(row["layout_id"]), int(row["ms"])] = row["n"], row["cells"]
    return found


def _unpacked(found: _Stored, layout: int, shape: Shape) -> dict[int, Row]:
    chosen = sorted((ms, n, bytes(cells)) for (of, ms), (n, cells) in found.items() if of == layout)
    matrices = shape.unpack([cells for _, _, cells in chosen])
    return {ms: (n, tuple(matrix[at] for matrix in matrices)) for at, (ms, n, _) in enumerate(chosen)}


def _compare(finding: Finding, place: str, wanted: Mapping[int, Row], found: Mapping[int, Row], all_: _Stored) -> None:
    for ms in sorted({ms for _, ms in all_} - set(wanted)):
        finding.note("extra", f"{place} {ms}")
    for ms, (n, values) in wanted.items():
        if ms not in found:
            finding.note("missing", f"{place} {ms}")
        elif finding.count(found[ms][0], n, f"{place} {ms}"):
            wrong = list(_differences(found[ms][1], values))
            if wrong:
                finding.note("different", f"{place} {ms} ({wrong[0][0]})", wrong[0][1], wrong[0][2])
            else:
                finding.right += 1


def _differences(
    found: tuple[Floats, ...], expected: tuple[Floats, ...]
) -> Iterator[tuple[str, list[float], list[float]]]:
    for name, here, there in zip(_MATRICES, found, expected, strict=True):
        if not np.array_equal(here, there, equal_nan=True):
            yield name, here.tolist(), there.tolist()
