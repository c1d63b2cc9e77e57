"""Reports that are due: each time is taken once, by whichever worker; what nobody sent in time is left out and told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tests.integration.store.decisions import add_channels
from tests.patience import PATIENCE_S
from vedette.clock import SystemClock
from vedette.errors import Conflict, NotFound, StoreUnavailable
from vedette.notifying.report import HOUR_MS, LATEST_MS, ReportSpec
from vedette.store import accounts
from vedette.store.pool import Connection, Store
from vedette.store.report_definitions import put_report, report_of
from vedette.store.report_runs import GRACE_MS, Ran, run_due, run_now, runs_of

Missed = list[list[int]]


def add_report(store: Store, name: str = "day", when: str = "0 8 * * *", channels: int = 2) -> int:
    found = add_channels(store, *(f"{name}-{number}" for number in range(channels)))
    spec = ReportSpec(name=name, kind="daily", channels=found, when=when)
    return int(put_report(store, accounts.ensure_account(store, "default"), spec, SystemClock().now_ms())["id"])


def due(store: Store, report: int, ago_ms: int = 0) -> int:
    """Let it be made, or some time ago; by the clock of the database, which decides. When it was due."""
    row = store.row(
        "UPDATE reports SET next_at = date_trunc('milliseconds', now() - make_interval(secs => %s / 1000.0))"
        " WHERE id = %s RETURNING (extract(epoch FROM next_at) * 1000)::bigint AS ms",
        ago_ms + GRACE_MS,
        report,
    )
    assert row is not None
    return int(row["ms"])


class Maker:
    """Makes a report of a few words, and notes which times before it was told were left out."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.missed: Missed = []
        self.fails = fails
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(
        self, connection: Connection, account: int, spec: ReportSpec, due_ms: int, now_ms: int, missed: Sequence[int]
    ) -> dict[str, Any]:
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)
        if self.fails is not None and spec.name == "bad":
            raise self.fails
        self.missed.append(list(missed))
        return {"name": spec.name, "due_ms": due_ms}


def told(store: Store) -> list[dict[str, Any]]:
    return store.rows("SELECT body->'report'->>'name' AS name, channel_id FROM notifications ORDER BY position")


def test_a_report_that_is_due_is_put_into_the_outbox_once_for_each_channel(store: Store) -> None:
    report, make = add_report(store), Maker()
    due(store, report, -HOUR_MS)
    assert run_due(store, make) is None
    at = due(store, report)
    assert run_due(store, make) == Ran(report, at)
    assert [row["name"] for row in told(store)] == ["day", "day"]
    (run,) = runs_of(store, report)
    assert (run["due_ms"], run["state"], run["by_hand"]) == (at, "made", None)
    assert report_of(store, 1, report)["next_ms"] > at
    assert run_due(store, make) is None


def test_a_report_waits_until_alerts_that_began_before_it_are_in_the_tables(store: Store) -> None:
    report, make = add_report(store), Maker()
    due(store, report, -GRACE_MS // 2)
    assert run_due(store, make) is None
    due(store, report)
    assert run_due(store, make) is not None


def test_two_workers_at_once_make_it_once(store: Store) -> None:
    report, make = add_report(store), Maker()
    at = due(store, report)
    make.go_on.clear()
    with ThreadPoolExecutor(1) as other:
        first = other.submit(run_due, store, make)
        assert make.begun.wait(PATIENCE_S)
        assert run_due(store, make) is None
        make.go_on.set()
        assert first.result(PATIENCE_S) == Ran(report, at)
    assert run_due(store, make) is None
    assert len(told(store)) == 2


def test_the_same_time_again_after_the_clock_was_put_back_sends_nothing(store: Store) -> None:
    report, make = add_report(store), Maker()
    at = due(store, report)
    run_due(store, make)
    store.execute("UPDATE reports SET next_at = to_timestamp(%s / 1000.0)", at)
    assert run_due(store, make) == Ran(report, at)
    assert (len(told(store)), len(make.missed)) == (2, 1)


def test_a_worker_whose_connection_is_cut_has_done_nothing(store: Store) -> None:
    report, make = add_report(store), Maker()

    def cut(connection: Connection, *values: Any) -> dict[str, Any]:
        store.execute("SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
        connection.execute("SELECT 1")
        raise AssertionError("the connection is cut")

    at = due(store, report)
    with pytest.raises(StoreUnavailable):
        run_due(store, cut)
    assert (told(store), runs_of(store, report)) == ([], [])
    store.execute("UPDATE reports SET wait_until = NULL")
    assert run_due(store, make) == Ran(report, at)
    assert len(told(store)) == 2


def test_a_report_that_cannot_be_made_keeps_no_other_from_being_made(store: Store) -> None:
    bad, good = add_report(store, "bad"), add_report(store, "good")
    first, second = due(store, bad, 60_000), due(store, good)
    make = Maker(fails=ZeroDivisionError("a fault"))
    with pytest.raises(ZeroDivisionError):
        run_due(store, make)
    assert run_due(store, make) == Ran(good, second)
    assert run_due(store, make) is None
    make.fails = None
    store.execute("UPDATE reports SET wait_until = now() WHERE id = %s", bad)
    assert run_due(store, make) == Ran(bad, first)


def test_what_is_late_is_sent_and_what_is_too_late_is_left_out_and_said(store: Store) -> None:
    report, make = add_report(store), Maker()
    lost = due(store, report, LATEST_MS + HOUR_MS)
    ran = run_due(store, make)
    assert ran is not None
    assert "12 hours" in (ran.skipped or "")
    assert (told(store), [run["state"] for run in runs_of(store, report)]) == ([], ["skipped"])
    due(store, report, 0)
    assert run_due(store, make) is not None
    due(store, report, -10)
    while run_due(store, make) is None:  # until the clock has come there
        pass
    assert make.missed == [[lost], []]


def test_of_two_times_that_have_come_only_the_later_is_sent(store: Store) -> None:
    far = (datetime.now(UTC).minute + 30) % 60  # no hour of it comes while this runs
    report, make = add_report(store, when=f"{far} * * * *"), Maker()
    at = due(store, report, LATEST_MS - HOUR_MS)
    found = []
    while (ran := run_due(store, make)) is not None:
        found.append(ran)
    assert found[0].due_ms == at
    assert [one.skipped is None for one in found] == [False] * (len(found) - 1) + [True]
    assert (len(told(store)), len(make.missed)) == (2, 1)
    assert len(make.missed[0]) == min(10, len(found) - 1)


def test_of_what_waits_for_a_disabled_channel_only_the_newest_is_kept(store: Store) -> None:
    report, make = add_report(store), Maker()
    store.execute("UPDATE channels SET disabled_reason = '410' WHERE name = 'day-0'")
    for ago in (2 * HOUR_MS, HOUR_MS):
        due(store, report, ago)
        assert run_due(store, make) is not None
    states = [[one["state"] for one in run["notifications"]] for run in runs_of(store, report)]
    assert states == [["pending", "pending"], ["dropped", "pending"]]


def test_a_report_that_is_sent_by_hand_drops_older_ones_as_well(store: Store) -> None:
    report, make = add_report(store), Maker()
    store.execute("UPDATE channels SET disabled_reason = '410' WHERE name = 'day-0'")
    for at in (1000, 2000):
        run_now(store, make, 1, report, "ann", at)
    states = [[one["state"] for one in run["notifications"]] for run in runs_of(store, report)]
    assert states == [["pending", "pending"], ["dropped", "pending"]]


def test_a_definition_that_does_not_hold_any_more_is_left_out_and_the_reason_said(store: Store) -> None:
    report, make = add_report(store), Maker()
    store.execute("""UPDATE reports SET config = config || '{"zone": "Mars"}'""")
    due(store, report)
    with pytest.raises(ValidationError):
        run_due(store, make)
    assert runs_of(store, report) == []
    store.execute("UPDATE reports SET wait_until = NULL")
    due(store, report, LATEST_MS)
    ran = run_due(store, make)
    assert ran is not None
    assert "zone" in (ran.skipped or "")
    assert [run["reason"] for run in runs_of(store, report)] == [ran.skipped]
    assert run_due(store, make) is None


def test_a_channel_that_was_removed_since_is_nobody_to_be_told(store: Store) -> None:
    report = add_report(store)
    due(store, report)
    store.execute("DELETE FROM channels WHERE name = 'day-0'")
    run_due(store, Maker())
    assert len(told(store)) == 1


def test_a_name_stands_once_and_a_report_of_another_account_is_not_there(store: Store) -> None:
    report = add_report(store)
    with pytest.raises(Conflict):
        put_report(store, 1, ReportSpec(name="day", kind="daily", channels=[1]), 0)
    with pytest.raises(NotFound):
        put_report(store, 1, ReportSpec(name="night", kind="daily", channels=[1]), 0, report + 1)
    with pytest.raises(NotFound):
        report_of(store, 2, report)
