"""One heartbeat: what its pings lead to, and what changes of its definition do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vedette.events.checks import LONGEST_RUN_MS, check_result
from vedette.events.pings import KEPT_BYTES, Ping
from vedette.windows.beat import MOST_RUNS, Beat, Plan
from vedette.windows.schedule import Every, Times

HOUR = 3_600_000
T0 = 1_700_000_000_000
HOURLY = Plan(Every(HOUR), 60_000)


def beat(plan: Plan = HOURLY) -> Beat:
    return Beat(7, 1, plan)


def hear(one: Beat, at: int, said: Any = "success", **fields: Any) -> list[tuple[str, float, str | None]]:
    row, results = one.hear(Ping(7, 1, fields.pop("by_gateway", at), said, **fields), at)
    assert (row.monitor, row.at_ms, row.said) == (7, one.latest_ms, said)
    for result in results:
        check_result(result, 0, 1 << 42)
    return [(result.outcome, result.total_ms, result.error) for result in results]


def test_a_run_takes_the_time_between_its_own_start_and_end() -> None:
    one = beat()
    assert hear(one, T0, "start", rid="a") == hear(one, T0 + 1_000, "start", rid="b") == []
    assert hear(one, T0 + 5_000, rid="a") == [("up", 5_000, None)]
    assert hear(one, T0 + 6_000, "fail", rid="b") == [("down", 5_000, "fail: the job said so")]
    assert one.runs == {}


def test_an_end_of_an_unknown_run_has_no_time_and_ends_no_other() -> None:
    one = beat()
    hear(one, T0, "start", rid="a")
    assert hear(one, T0 + 1_000, rid="b") == hear(one, T0 + 2_000) == [("up", 0, None)]
    assert set(one.runs) == {"a"}


def test_times_of_a_run_are_the_gateways_and_never_below_zero_or_beyond_what_a_run_may_take() -> None:
    one = beat()
    for at, by_gateway, took in ((T0, T0 - 50, 0), (T0 + 10, T0 + 10 + 2 * LONGEST_RUN_MS, LONGEST_RUN_MS)):
        hear(one, at, "start", by_gateway=T0)
        assert hear(one, at + 5, by_gateway=by_gateway)[0][:2] == ("up", took)


def test_an_exit_status_is_kept_and_all_but_zero_are_failures() -> None:
    assert hear(beat(), T0, exit_status=0) == [("up", 0, None)]
    assert hear(beat(), T0, "fail", exit_status=255) == [("down", 0, "exit: status 255")]


def test_of_a_failing_ping_the_beginning_of_the_body_is_evidence() -> None:
    one = beat()
    (failed,) = one.hear(Ping(7, 1, T0, "fail", body="x" * KEPT_BYTES, body_bytes=KEPT_BYTES, rid="r"), T0)[1]
    assert failed.evidence == {"rid": "r", "body": "x" * 1000}
    (good,) = one.hear(Ping(7, 1, T0, "success", body="x", body_bytes=1), T0 + 1)[1]
    assert good.evidence is None


def test_two_pings_of_one_moment_are_two() -> None:
    one = beat()
    times = [one.hear(Ping(7, 1, T0, "success"), T0)[0].at_ms for _ in range(3)]
    assert times == [T0, T0 + 1, T0 + 2]


def test_runs_that_never_end_are_forgotten_before_they_are_too_many() -> None:
    one = beat()
    for number in range(MOST_RUNS + 5):
        hear(one, T0 + number, "start", rid=str(number))
    assert len(one.runs) == MOST_RUNS
    assert "4" not in one.runs
    assert "5" in one.runs


def test_a_first_start_is_expected_to_end() -> None:
    one = beat()
    hear(one, T0, "start")
    (missed,) = one.judge(T0 + HOUR + 60_000, [])
    assert (missed.outcome, missed.scheduled_ms, missed.started_ms) == ("down", T0 + HOUR, T0 + HOUR + 60_000)
    assert missed.error == "missed: no ping by 2023-11-14T23:14:20Z, expected 2023-11-14T23:13:20Z"


def test_while_a_run_with_a_limit_is_open_its_end_is_waited_for_and_nothing_else() -> None:
    one = beat(Plan(Every(HOUR), 60_000, 3 * HOUR))
    hear(one, T0)
    hear(one, T0 + HOUR, "start")
    assert one.judge(T0 + 4 * HOUR - 1, []) == []
    (overrun,) = one.judge(T0 + 4 * HOUR, [])
    assert (overrun.scheduled_ms, overrun.error) == (T0 + 4 * HOUR, "overrun: not ended 10800 s after its start")
    assert one.expected_ms == T0 + 5 * HOUR


def test_a_run_whose_end_may_have_been_lost_is_not_called_down() -> None:
    one = beat(Plan(Every(HOUR), 60_000, 3 * HOUR))
    hear(one, T0, "start")
    assert one.judge(T0 + 3 * HOUR, [(T0 + 1, T0 + 60_000)]) == []
    assert one.runs == {}


def test_cron_times_are_expected_in_their_zone_over_a_change_of_the_clocks() -> None:
    one = beat(Plan(Times("30 3 * * *", "Europe/Berlin"), 60_000))
    start = round(datetime(2024, 3, 29, 12, tzinfo=UTC).timestamp() * 1000)
    hear(one, start)
    due = [result.scheduled_ms for result in one.judge(start + 3 * 24 * HOUR, [])]
    times = [datetime.fromtimestamp(at / 1000, UTC).strftime("%d %H:%M") for at in due]
    assert times == ["30 02:30", "31 01:30", "01 01:30"]


def test_a_shorter_period_never_makes_a_heartbeat_overdue_at_once() -> None:
    one = beat(Plan(Every(24 * HOUR), 60_000))
    hear(one, T0)
    assert one.follow(HOURLY, T0 + 6 * HOUR)
    assert one.expected_ms == T0 + 7 * HOUR
    assert one.judge(T0 + 7 * HOUR + 59_999, []) == []
    assert len(one.judge(T0 + 7 * HOUR + 60_000, [])) == 1


def test_a_longer_period_counts_from_the_last_ping() -> None:
    one = beat()
    hear(one, T0)
    assert one.follow(Plan(Every(24 * HOUR), 60_000), T0 + HOUR // 2)
    assert one.expected_ms == T0 + 24 * HOUR


def test_the_same_plan_changes_nothing_even_where_pings_are_missing() -> None:
    one = beat()
    hear(one, T0)
    one.judge(T0 + 2 * HOUR, [])
    due = one.expected_ms
    assert not one.follow(Plan(Every(HOUR), 60_000), T0 + 2 * HOUR)
    assert one.expected_ms == due


def test_while_it_is_paused_nothing_is_expected_and_pings_are_noted_only() -> None:
    one = beat()
    hear(one, T0)
    hear(one, T0 + 1, "start")
    one.follow(Plan(Every(HOUR), 60_000, paused=True), T0 + 2)
    assert (one.expected_ms, one.runs, one.deadline()) == (None, {}, None)
    assert hear(one, T0 + 5 * HOUR, "fail") == hear(one, T0 + 5 * HOUR + 1, "start") == []
    assert one.judge(T0 + 9 * HOUR, []) == []
    assert one.follow(HOURLY, T0 + 9 * HOUR)
    assert one.expected_ms == T0 + 10 * HOUR
    assert one.pings == 4


def test_a_lower_limit_of_runs_does_not_overtake_those_that_are_open() -> None:
    one = beat(Plan(Every(HOUR), 60_000, 3 * HOUR))
    hear(one, T0, "start")
    one.follow(Plan(Every(HOUR), 60_000, HOUR // 2), T0 + HOUR)
    assert one.judge(T0 + HOUR, []) == []
    assert one.runs == {}


@pytest.mark.parametrize(("gap", "missed"), [((-70_000, -61_000), 1), ((-70_000, -59_000), 0), ((59_000, 70_000), 0)])
def test_a_gap_excuses_what_was_due_within_a_grace_of_it(gap: tuple[int, int], missed: int) -> None:
    one = beat()
    hear(one, T0)
    due = T0 + HOUR
    results = one.judge(due + 60_000, [(due + gap[0], due + gap[1])])
    assert len(results) == missed
    # As if a ping had come when the gap ended, or else when one was due.
    assert one.expected_ms == (due if missed else max(due, due + gap[1])) + HOUR
