"""Batches of one report, and the agent's own vitals."""

from __future__ import annotations

import dataclasses
import math

import pytest

from agent.collectors import Group
from agent.report import Identity, make_batches
from agent.vitals import Vitals, vitals_group
from vedette.events.samples import Packer, check_batch

IDENTITY = Identity("web-1", epoch=7, interval_ms=60_000)
VITALS = Vitals(60.0, 60.0, 0.3, 4e7, 12.0, 3.0, 100, 2, 5, 6, 1)


def test_each_group_is_a_batch_at_one_time_with_the_next_number() -> None:
    batches = make_batches(IDENTITY, [Group({"a": 1.0}, {"a": "counter"}), Group({"b": 2.0})], first_seq=5, ts=99)
    assert [(b.source, b.epoch, b.seq, b.ts, b.interval_ms) for b in batches] == [
        ("web-1", 7, 5, 99, 60_000),
        ("web-1", 7, 6, 99, 60_000),
    ]
    assert (batches[0].values, batches[0].kinds, batches[1].kinds) == ({"a": 1.0}, {"a": "counter"}, {})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_left_out_with_its_kind(value: float) -> None:
    [batch] = make_batches(IDENTITY, [Group({"a": value, "b": 1.0}, {"a": "counter"})], first_seq=1, ts=1)
    assert (batch.values, batch.kinds) == ({"b": 1.0}, {})


def test_a_group_without_values_makes_no_batch_and_no_hole_in_the_numbers() -> None:
    batches = make_batches(IDENTITY, [Group({}), Group({"a": math.nan}), Group({"b": 1.0})], first_seq=1, ts=1)
    assert [batch.seq for batch in batches] == [1]


def test_what_is_made_is_what_the_intake_accepts() -> None:
    for batch in make_batches(IDENTITY, [vitals_group(VITALS)], first_seq=1, ts=1000):
        check_batch(batch, 0, 2000)
        packed = Packer().pack(batch, 1)
        assert dict(zip(packed.names(), packed.floats(), strict=True)) == batch.values


def test_the_vitals_tell_the_share_of_a_core_since_the_report_before() -> None:
    assert vitals_group(VITALS).values == {
        "agent.cpu_ratio": pytest.approx(0.005),
        "agent.memory_bytes": 4e7,
        "agent.collect_ms": 12.0,
        "agent.late_ms": 3.0,
        "agent.spool_bytes": 100.0,
        "agent.spool_reports": 2.0,
        "agent.spool_dropped": 5.0,
        "agent.send_failures": 6.0,
        "agent.collector_errors": 1.0,
        "agent.uptime_s": 60.0,
    }


@pytest.mark.parametrize(("elapsed", "cpu"), [(0.0, 1.0), (-1.0, 1.0), (1.0, -1.0)])
def test_a_clock_that_stands_still_or_goes_back_gives_no_share(elapsed: float, cpu: float) -> None:
    group = vitals_group(dataclasses.replace(VITALS, elapsed_s=elapsed, cpu_s=cpu))
    assert group.values["agent.cpu_ratio"] == 0.0


def test_the_vitals_that_only_grow_are_counters() -> None:
    assert set(vitals_group(VITALS).kinds) == {
        "agent.spool_dropped",
        "agent.send_failures",
        "agent.collector_errors",
    }
