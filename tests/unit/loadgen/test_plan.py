"""A plan's load: the same each time, exact in eighths, with resets, and cut into requests without a gap."""

from __future__ import annotations

import numpy as np
import pytest

from launch.loadgen import checks, samples
from launch.loadgen.plan import CHECKS_LANE, Plan
from vedette.errors import ConfigurationError
from vedette.events.checks import check_result
from vedette.events.samples import Packer, check_batch

PLAN = Plan(3, 1_700_000_000_000, 4_000, 7, 5, 200, 3, 40, (11, 12), 2)


def test_values_are_the_same_however_they_are_asked_for() -> None:
    whole = samples.values(PLAN, 4, range(200))
    parts = [samples.values(PLAN, 4, range(at, at + 50)) for at in range(0, 200, 50)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert not np.array_equal(whole, samples.values(PLAN, 5, range(200)))


def test_values_are_eighths_and_counters_begin_anew() -> None:
    found = samples.values(PLAN, 0, range(200))
    assert np.array_equal(found * 8, np.rint(found * 8))
    for column in samples.counters(PLAN):
        falls = np.flatnonzero(np.diff(found[:, column]) < 0)
        assert 2 <= len(falls) <= 10


def test_another_seed_is_another_load() -> None:
    other = Plan(4, *(getattr(PLAN, name) for name in Plan.__slots__[1:]))
    assert not np.array_equal(samples.values(PLAN, 0, range(9)), samples.values(other, 0, range(9)))


def test_the_requests_of_a_lane_hold_every_step_once() -> None:
    for lane in PLAN.all_lanes():
        steps = [step for request in range(PLAN.requests(lane)) for step in PLAN.steps_of(lane, request)]
        assert steps == list(range(200))
    assert sorted(source for lane in range(3) for source in PLAN.sources_of(lane)) == list(range(7))
    assert all(number in PLAN.sources_of(PLAN.lane_of(number)) for number in range(7))


def test_its_reports_are_taken_as_they_are_and_have_the_plan_s_layout() -> None:
    packer = Packer()
    for batch in samples.batches(PLAN, 1, range(3)):
        check_batch(batch, PLAN.start_ms, PLAN.end_ms)
        packed = packer.pack(batch, 1)
        assert packed.layout == samples.layout(PLAN)
    assert packed.values == samples.values(PLAN, 4, range(2, 3)).tobytes()


def test_its_results_are_allowed_and_have_every_outcome() -> None:
    found = checks.results(PLAN, range(200))
    for result in found:
        check_result(result, PLAN.start_ms, PLAN.end_ms + 1000)
    assert {result.outcome for result in found} == {"up", "degraded", "down", "missed", "probe_error"}
    assert len({(r.monitor, r.location, r.scheduled_ms) for r in found}) == len(found) == 800


def test_without_monitors_there_is_no_lane_of_checks() -> None:
    assert CHECKS_LANE in PLAN.all_lanes()
    assert CHECKS_LANE not in Plan(1, 0, 1, 1, 1, 1, 1, 1).all_lanes()


@pytest.mark.parametrize(
    ("shape", "said"),
    [((2, 1, 1, 3, 1), "--senders: 3"), ((5_001, 1, 1, 1, 1), "--sources: 5001")],
)
def test_a_plan_that_cannot_be_is_refused(shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Plan(1, 0, 1000, *shape)
