"""Error budgets: counts of windows against a plain recount, and when there is a signal."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from vedette.events.budgets import WINDOWS_S, Counts, counts_of, counts_text
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.signals import Signal
from vedette.windows.budget import HOUR_MS, MINUTE_MS, SLOW_MS, Budget, BudgetShard
from vedette.windows.maintenance import Once
from vedette.windows.votes import Policy

T0 = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000
DAY = 86_400
POLICY = Policy()


def known(*monitors: int) -> BudgetShard:
    """A shard that has counted monitors for so long that it covers all windows."""
    shard = BudgetShard()
    for monitor in monitors or (1,):
        shard.monitors[monitor] = Budget(7, since_ms=T0 - 4 * DAY * 1000)
    return shard


def check(second: int, outcome: Outcome = "up", ms: float = 10, monitor: int = 1) -> CheckRecord:
    at = T0 + second * 1000
    return CheckRecord(monitor, "x", at, at, outcome, ms, account=7)


def told(shard: BudgetShard, *checks: CheckRecord, policy: Policy = POLICY) -> list[Signal]:
    for one in checks:
        shard.fold(one, policy, one.scheduled_ms)
    return shard.take()


def counts(signal: Signal) -> dict[str, Counts]:
    return counts_of(signal.detail["budget"])


def test_a_fleet_in_which_all_is_good_says_nothing() -> None:
    assert told(known(), *(check(second) for second in range(0, 8 * 3600, 60))) == []


def test_a_failure_is_told_as_the_next_minute_begins_then_each_five_minutes_and_at_last_that_none_is_left() -> None:
    shard = known()
    first = told(shard, check(0), check(60, "down"), check(119), check(120), check(180))
    assert [(one.subject, one.state, one.at - T0) for one in first] == [("monitor:1", "spent", 120_000)]
    assert set(counts(first[0]).values()) == {Counts(3, 1, 1)}
    later = told(shard, *(check(second) for second in range(240, 3 * DAY + 3600, 60)))
    assert {one.at % SLOW_MS for one in later} == {0}
    assert [one.state for one in later].count("whole") == 1
    assert (later[-1].state, counts(later[-1])["3d"].down) == ("whole", 0)
    assert len(later) == (later[-1].at - T0) // SLOW_MS


def test_slow_checks_are_not_satisfied_though_they_are_up() -> None:
    (signal,) = told(known(), check(0, ms=501), check(1, ms=500), check(60))
    assert counts(signal)["5m"] == Counts(2, 0, 1)


def test_missed_slots_and_the_probe_s_own_faults_do_not_count_nor_does_what_is_in_maintenance() -> None:
    shard, quiet = known(), Policy(windows=(Once(T0, T0 + 60_000),))
    assert told(shard, check(0, "missed"), check(1, "probe_error"), check(60)) == []
    assert told(known(), check(0, "down"), check(60), check(120), policy=quiet) == []
    (signal,) = told(shard, check(61, "down"), check(120, "missed"))
    assert counts(signal)["1h"] == Counts(2, 1, 1)


def test_a_slot_ahead_of_the_log_s_time_pushes_nothing_out() -> None:
    shard = known()
    told(shard, check(0, "down"))
    shard.fold(check(30 * DAY), POLICY, T0 + 60_000)
    (signal,) = shard.take()
    assert (signal.at, counts(signal)["5m"].down) == (T0 + 60_000, 1)


def test_a_pause_ends_it_and_what_was_burnt_is_told_again_after_it() -> None:
    shard = known()
    told(shard, check(0, "down"), check(60))
    paused = Policy(paused=True, changed_ms=T0 + 90_000)
    for _ in range(2):
        shard.review(lambda monitor: paused, lambda monitor: False)
    assert [(one.state, one.at - T0) for one in shard.take()] == [("paused", 90_000)]
    assert [one.state for one in told(shard, check(600))] == ["spent"]


def test_of_a_monitor_that_was_removed_nothing_is_kept() -> None:
    shard = known()
    told(shard, check(0, "down"), check(60, monitor=2))
    shard.review(lambda monitor: POLICY, lambda monitor: monitor == 1)
    assert shard.monitors.keys() == {2}


def test_a_monitor_costs_a_snapshot_the_bytes_that_are_promised() -> None:
    shard = known()
    told(shard, check(0))
    one = len(pickle.dumps(shard, protocol=5))
    told(shard, *(check(second) for second in range(0, DAY, 7)), check(0, monitor=2))
    assert len(pickle.dumps(shard, protocol=5)) - one < 3_000


streams = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 900), st.integers(0, 8 * 3600), st.integers(0, 4 * DAY)),
        st.sampled_from(["up", "up", "down", "missed"]),
        st.sampled_from([10.0, 900.0]),
    ),
    max_size=60,
)


@given(streams)
def test_the_counts_are_those_of_a_plain_recount(stream: list[tuple[int, Outcome, float]]) -> None:
    shard = known()
    seen: list[CheckRecord] = []
    for one in [check(*said) for said in stream]:
        for signal in told(shard, one):
            for name, found in counts(signal).items():
                seconds = WINDOWS_S[name]
                width = MINUTE_MS if seconds <= 3600 else SLOW_MS if seconds <= 21_600 else HOUR_MS
                begin = ((signal.at - 1) // width + 1) * width - seconds * 1000
                within = [c for c in seen if begin <= c.scheduled_ms < signal.at and c.outcome != "missed"]
                down = sum(c.outcome == "down" for c in within)
                unsatisfied = sum(c.outcome == "down" or c.total_ms > 500 for c in within)
                assert found == (len(within), down, unsatisfied)
        seen.append(one)


@given(streams, st.sets(st.integers(0, 59)))
def test_from_any_snapshot_on_and_in_any_batches_the_signals_are_the_same(
    stream: list[tuple[int, Outcome, float]], breaks: set[int]
) -> None:
    checks = [check(*said) for said in stream]
    whole, broken = told(known(), *checks), known()
    found: list[Signal] = []
    for number, one in enumerate(checks):
        broken.fold(one, POLICY, one.scheduled_ms)
        if number in breaks:
            found += broken.take()
            broken = pickle.loads(pickle.dumps(broken))
    assert found + broken.take() == whole


def test_counts_come_back_from_their_text_and_what_is_no_count_is_left_out() -> None:
    given = {"5m": Counts(3, 1, 2), "3d": Counts(9, 0, 0)}
    assert counts_of(counts_text(given)) == given
    assert counts_of("5m=3/1/2 9y=1/1/1 1h=1/1 6h=a/b/c 1d=1/-1/1 x") == {"5m": Counts(3, 1, 2)}
    assert counts_of(None) == {}


def test_a_window_says_nothing_until_checks_were_counted_for_as_long() -> None:
    shard = BudgetShard()
    found = told(shard, *(check(second, "down" if second == 60 else "up") for second in range(0, 3 * DAY + 120, 60)))
    named = {one.at - T0: set(counts(one)) for one in found}
    assert named[120_000] == set()
    assert named[300_000] == {"5m"}
    assert named[3_600_000] == {"5m", "30m", "1h"}
    assert named[21_600_000] == {"5m", "30m", "1h", "6h"}
    assert named[3 * DAY * 1000] == set(WINDOWS_S)


def test_what_comes_after_a_pause_is_counted_and_not_told() -> None:
    shard = known()
    told(shard, check(0, "down"), check(60))
    paused = Policy(paused=True, changed_ms=T0 + 90_000)
    shard.review(lambda monitor: paused, lambda monitor: False)
    assert [one.state for one in shard.take()] == ["paused"]
    assert told(shard, check(80), check(125), policy=paused) == []
    (signal,) = told(shard, check(600))
    assert (signal.state, counts(signal)["1h"]) == ("spent", Counts(4, 1, 1))


def test_a_snapshot_that_does_not_say_since_when_covers_what_comes_later() -> None:
    budget = Budget.__new__(Budget)
    budget.__setstate__((None, {"account": 3, "newest_ms": 600_000, "spent": True, "rings": Budget(3).rings}))
    assert not budget.covers("5m", 660_000)
    assert budget.covers("5m", 900_000)
    assert (budget.account, budget.spent) == (3, True)
