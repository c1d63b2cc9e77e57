"""Days that began without the shard: begun from the rows of their hours, and counted on as if nothing had happened."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.unit.windows.endpoint_oracle import DAY, HOUR, EndpointOracle
from tests.unit.windows.test_endpoint import LATENESS, Tables, assert_minutes, assert_rows, check
from vedette.events.checks import CheckRecord
from vedette.windows.days import fill, gaps
from vedette.windows.endpoint import EndpointShard

slots = st.integers(0, 300) | st.integers(6900, 7500) | st.integers(86_000, 86_800)
results = st.builds(
    lambda place, slot, outcome, ms: check(slot, outcome, ms, location=place),
    st.sampled_from("xy"),
    slots,
    st.sampled_from(["up", "down", "missed"]),
    st.sampled_from([10.0, 600.0]),
)
streams = st.lists(results, max_size=25)


def as_before(shard: EndpointShard) -> EndpointShard:
    """The snapshot that a version without days and minutes would have left."""
    for state in shard.places.values():
        del state.days
        for tally in (*state.minutes.values(), *state.hours.values()):
            del tally.minutes
    return pickle.loads(pickle.dumps(shard))  # type: ignore[no-any-return]


def go_on(shard: EndpointShard, tables: Tables, stream: list[CheckRecord]) -> None:
    """As the flow does with each batch."""
    if wanted := gaps(shard, stream):
        rows = [row for row in tables.hours.values() if (*row[:2], row.bucket_ms - row.bucket_ms % DAY) in wanted]
        fill(shard, wanted, rows)
    for result in stream:
        shard.fold(result)
    tables.take(shard.flush())


@given(streams, st.lists(streams, max_size=4), st.integers(0, 4))
@settings(max_examples=300, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_after_an_upgrade_days_hold_what_came_before_it(
    first: list[CheckRecord], later: list[list[CheckRecord]], crashed: int
) -> None:
    """Also if some batches were written after the snapshot, and come once more."""
    shard, tables, oracle = EndpointShard(LATENESS), Tables(), EndpointOracle(LATENESS)
    go_on(shard, tables, first)
    tables.days.clear()
    old = pickle.dumps(as_before(shard))
    for lost in range(2):
        again: EndpointShard = pickle.loads(old)
        for batch in later[:crashed] if not lost else later:
            go_on(again, tables, batch)
    for result in [*first, *(result for batch in later for result in batch)]:
        oracle.add(result)
    changed = {(*result_place(r), r.scheduled_ms - r.scheduled_ms % DAY) for batch in later for r in batch}
    counted = oracle.windows(DAY)
    found = {key: row for key, row in tables.days.items() if key in changed}
    expected = {key: row for key, row in counted.items() if key in found}
    assert_rows(found, expected)
    assert_minutes(found, {key: sets for key, sets in oracle.minutes(DAY).items() if key in found})
    assert_minutes(tables.hours, oracle.minutes(HOUR))


def result_place(result: CheckRecord) -> tuple[int, str]:
    return result.monitor, result.location


@pytest.mark.parametrize("begin", [7320, 9000])
def test_a_shard_that_lost_its_memory_does_not_shrink_the_day_to_what_the_log_still_holds(begin: int) -> None:
    """The log begins in the third hour: then that hour shrinks, but no hour before it."""
    tables = Tables()
    everything = [check(slot) for slot in range(0, 10_800, 60)]
    go_on(EndpointShard(), tables, everything)
    go_on(EndpointShard(), tables, everything[begin // 60 :])
    ((_, day),) = tables.days.items()
    assert day.up == sum(row.up for row in tables.hours.values())
    assert day.up == 120 + (10_800 - begin) // 60


def test_a_new_monitor_and_a_new_day_have_nothing_to_look_up() -> None:
    shard = EndpointShard()
    assert gaps(shard, [check(10)]) == {}
    shard.fold(check(86_350))
    assert gaps(shard, [check(86_410)]) == {}
    assert gaps(EndpointShard(), [check(7330)]) == {(1, "x", check(0).scheduled_ms): check(7200).scheduled_ms}


def test_a_late_result_makes_no_day_known() -> None:
    shard = EndpointShard(LATENESS)
    shard.fold(check(3 * 86_400))
    assert gaps(shard, [check(7300)]) == {}
