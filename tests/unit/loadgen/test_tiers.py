"""The rows that are expected of a load are those that the plain oracle of the rollup computes, value by value."""

from __future__ import annotations

import math

import pytest

from launch.loadgen import samples
from launch.loadgen.plan import Plan
from launch.loadgen.tiers import Expected, tiers_of
from tests.unit.windows.oracle import Oracle
from vedette.events.samples import Packer

T0 = 1_700_000_000_000


@pytest.mark.parametrize("interval_ms", [4_000, 25_000, 60_000, 1_800_000])
def test_expected_rows_are_those_of_the_oracle(interval_ms: int) -> None:
    plan = Plan(9, T0, interval_ms, 1, 6, 150, 1, 50)
    oracle, packer = Oracle(lateness_ms=5_000), Packer()
    for batch in samples.batches(plan, 0, range(plan.steps)):
        oracle.add(packer.pack(batch, 1))
    found = {}
    for tier in tiers_of(plan):
        for bucket, (n, values) in Expected.of(plan, 0, plan.steps).rows(plan, tier).items():
            for column, name in enumerate(samples.names(plan)):
                numbers = [None if math.isnan(matrix[column]) else float(matrix[column]) for matrix in values]
                found[tier.name, plan.source(0), name, bucket] = (n, *numbers)
    wanted = {
        key: (row.n, row.sum, row.low, row.high, next(iter(row.lasts.values()))) for key, row in oracle.rows.items()
    }
    assert found == wanted
    assert (oracle.duplicates, oracle.late) == (0, 0)


def test_of_nothing_no_row_is_expected() -> None:
    plan = Plan(9, T0, 1000, 1, 3, 10, 1, 5)
    assert Expected.of(plan, 0, 0).rows(plan, tiers_of(plan)[0]) == {}
