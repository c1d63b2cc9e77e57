"""A rule is changed, and its flow killed before it has written down where it stood: no alert stays open for ever."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alerting.book import RuleBook
from dataflows.alerts import Logged, SubjectLogic, write_transitions
from dataflows.leftovers import SURE_MS, Leftovers
from vedette.clock import FakeClock
from vedette.events.signals import AlertTransition, Signal
from vedette.store import accounts, alerts
from vedette.store.pool import Store
from vedette.store.recording import record

T0 = 1_700_000_000_000
SUBJECT = "series:web-1/cpu"


@dataclass
class Flow:
    """One subject's part of a flow that has just begun."""

    store: Store
    clock: FakeClock
    snapshot: bytes | None = None

    def __post_init__(self) -> None:
        book, leftovers = RuleBook(self.store, self.clock), Leftovers(self.store, self.clock)
        self.logic = SubjectLogic(book, self.clock, self.snapshot, leftovers)

    def hear(self, *values: float, at: int) -> None:
        """A reading a second, from `at` ms after the begin on, in the log at once."""
        some = [
            Logged(T0 + at + 1000 * n, Signal("series", 1, SUBJECT, T0 + at + 1000 * n, value=value))
            for n, value in enumerate(values)
        ]
        decided, _ = self.logic.on_batch(some)
        write_transitions(self.store, [one for one in decided if isinstance(one, tuple)], lambda one: None)


@pytest.fixture
def rule(store: Store) -> int:
    """A rule that fires above 10."""
    account = accounts.ensure_account(store, "default")
    alerts.add_channel(store, account, "a", "webhook", {"url": "http://a/"})
    made = alerts.add_rule(store, account, "High", "threshold", {"series": "cpu", "above": 10})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    return made


def change(store: Store, rule: int, **fields: float | str) -> None:
    config = {"series": "cpu", "above": 10, **fields}
    alerts.change_rule(store, 1, rule, "High", "threshold", config, lambda subject, detail: True)


def lives(store: Store) -> list[list[str]]:
    """The states of each alert, in order."""
    rows = store.rows("SELECT alert_id, state FROM alert_transitions ORDER BY at, id")
    order = list(dict.fromkeys(row["alert_id"] for row in rows))
    return [[row["state"] for row in rows if row["alert_id"] == alert] for alert in order]


def told(store: Store) -> list[str]:
    rows = store.rows("SELECT body->>'event' AS event FROM notifications ORDER BY position")
    return [row["event"] for row in rows]


def test_an_alert_that_a_changed_rule_does_not_raise_again_ends(store: Store, rule: int) -> None:
    Flow(store, FakeClock(T0)).hear(15, at=0)
    assert lives(store) == [["firing"]]
    change(store, rule, above=20)
    again = Flow(store, FakeClock(T0 + 5000))
    again.hear(15, at=0)  # read again
    assert lives(store) == [["firing"]]
    again.hear(15, at=5000 + SURE_MS)
    assert (lives(store), told(store)) == ([["firing", "resolved"]], ["start", "end"])
    (row,) = alerts.alerts_of(store, 1, None, 9)
    assert (row["state"], row["ended_ms"]) == ("resolved", T0 + 5000 + SURE_MS)
    again.hear(25, 1, at=100_000)
    assert lives(store) == [["firing", "resolved"]] * 2


def test_one_that_began_otherwise_goes_on_as_another(store: Store, rule: int) -> None:
    Flow(store, FakeClock(T0)).hear(15, 25, at=0)
    change(store, rule, above=20)
    again = Flow(store, FakeClock(T0 + 5000))
    again.hear(15, 25, at=0)
    again.hear(25, at=5000 + SURE_MS)
    assert lives(store) == [["firing", "resolved"], ["firing"]]


def test_what_the_state_knows_or_waits_for_goes_on(store: Store, rule: int) -> None:
    first = Flow(store, FakeClock(T0))
    first.hear(15, at=0)
    known = Flow(store, FakeClock(T0 + 5000), first.logic.snapshot())
    known.hear(15, at=5000 + SURE_MS)
    assert lives(store) == [["firing"]]
    change(store, rule, for_s=120)
    waiting = Flow(store, FakeClock(T0 + 5000))
    waiting.hear(15, at=0)
    waiting.hear(15, 15, at=5000 + SURE_MS)
    assert lives(store) == [["firing"]]
    waiting.hear(15, 1, at=130_000)
    assert (lives(store), told(store)) == ([["firing", "resolved"]], ["start", "end"])
    waiting.hear(1, at=140_000)
    assert lives(store) == [["firing", "resolved"]]


def test_while_it_may_hear_again_what_it_has_heard_nothing_ends(store: Store, rule: int) -> None:
    Flow(store, FakeClock(T0)).hear(1, 1, 15, at=0)
    again = Flow(store, FakeClock(T0 + 5000))
    again.hear(1, 1, at=0)
    assert lives(store) == [["firing"]]
    again.hear(15, at=2000)
    again.hear(15, at=5000 + SURE_MS)
    assert (lives(store), told(store)) == ([["firing"]], ["start"])


def test_one_that_began_by_the_rule_as_it_was_before_it_was_about_others_ends(store: Store, rule: int) -> None:
    """The flow's rules may be a second old."""
    late = Flow(store, FakeClock(T0))
    late.hear(1, at=0)
    change(store, rule, series="memory")
    late.hear(15, at=1000)
    assert lives(store) == [["firing"]]
    again = Flow(store, FakeClock(T0 + 5000))
    again.hear(15, at=1000)
    again.hear(15, at=5000 + SURE_MS)
    assert lives(store) == [["firing", "resolved"]]


def test_an_alert_of_a_rule_that_hears_other_signals_of_the_subject_is_not_meant(store: Store, rule: int) -> None:
    store.execute("INSERT INTO monitors (account_id, name, url, config) VALUES (1, 'shop', 'http://shop/', '{}')")
    trend = alerts.add_rule(store, 1, "Trend", "trend", {})
    detail: dict[str, str | int | float | None] = {"monitor": 1, "trend": "step"}
    begun = AlertTransition(2, 1, 1, trend, "Trend", "monitor:1", "firing", T0, "down", detail=detail)
    record(store, [(begun, ())])
    book, leftovers = RuleBook(store, FakeClock(T0)), Leftovers(store, FakeClock(T0))
    for kind, told in (("monitor", {"monitor": 1}), ("trend", {"monitor": 1, "trend": "decline"})):
        logic = SubjectLogic(book, FakeClock(T0), None, leftovers)
        signal = Signal(kind, 1, "monitor:1", T0 + SURE_MS, "over", detail=told)  # type: ignore[arg-type]
        assert list(logic.on_batch([Logged(T0 + SURE_MS, signal)])[0]) == []
