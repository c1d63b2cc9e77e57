"""The samples of a load: gauges, counters that begin anew now and then, and deltas, all multiples of an eighth.

Such numbers are added without rounding, so every sum is exact in whatever order it was made.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from launch.loadgen.chance import drawn
from launch.loadgen.plan import Plan
from vedette.events.samples import Kind, SampleBatch, make_layout

Floats = npt.NDArray[np.float64]
_KINDS: tuple[Kind, ...] = ("gauge", "counter", "delta")
_EIGHTH = 0.125


def names(plan: Plan) -> list[str]:
    """The names of a report's values, in canonical order."""
    return [f"load.n{number:04}_{_KINDS[number % 3]}" for number in range(plan.names)]


def kinds(plan: Plan) -> dict[str, Kind]:
    """The kinds of those that are not gauges."""
    return {name: _KINDS[number % 3] for number, name in enumerate(names(plan)) if number % 3}


def counters(plan: Plan) -> list[int]:
    """The columns of counters."""
    return list(range(1, plan.names, 3))


def layout(plan: Plan) -> bytes:
    """The layout of every report."""
    return make_layout(names(plan), kinds(plan))


def values(plan: Plan, source: int, steps: range) -> Floats:
    """What a source reports: steps by names."""
    step = np.arange(steps.start, steps.stop, dtype=np.int64)[:, None]
    column = np.arange(plan.names, dtype=np.int64)[None, :]
    chance = drawn(plan.seed, source, step, column)
    gauges = (chance % np.uint64(16_001)).astype(np.float64) - 8_000
    deltas = (chance % np.uint64(801)).astype(np.float64)
    # In each step a counter grows by 16 and what chance gives on top; after some steps its process begins anew.
    life = drawn(plan.seed, source, column) % np.uint64(50) + np.uint64(20)
    age = (step.astype(np.uint64) + drawn(plan.seed, source, column, 1) % life) % life
    totals = age.astype(np.float64) * 128 + (chance % np.uint64(128)).astype(np.float64)
    kind = column % len(_KINDS)
    return np.asarray(np.where(kind == 0, gauges, np.where(kind == 1, totals, deltas)) * _EIGHTH)


def batches(plan: Plan, lane: int, steps: range) -> list[SampleBatch]:
    """The reports of a lane's sources, step by step for each."""
    called, of_kinds = names(plan), kinds(plan)
    return [
        SampleBatch(
            *(plan.source(source), plan.start_ms, step + 1, plan.time(step)),
            *(dict(zip(called, row, strict=True)), of_kinds, plan.interval_ms),
        )
        for source in plan.sources_of(lane)
        for step, row in zip(steps, values(plan, source, steps).tolist(), strict=True)
    ]
