"""The life of alerts, model-checked: whatever happens in whatever order, nobody hears twice, too late or nothing.

Signals, restarts that read signals again, deeds, silences, time, and deliveries that fail, over a real outbox. At
the end all silences are over and everything is delivered; then the receivers' books must be right.
"""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import rule_adapter
from tests.integration.store.test_keeping import now_ms, pass_time
from vedette.errors import Conflict
from vedette.events.signals import AlertTransition, Signal
from vedette.notifying.route import RouteSpec, Step
from vedette.store import accounts, alerts, hands, outbox, routing, silences
from vedette.store.keeping import keep
from vedette.store.outbox import Notification
from vedette.store.pool import Store
from vedette.store.recording import record

SUBJECTS = ("source:a", "source:b", "source:c")
TABLES = "alerts, alert_transitions, notifications, silences, routes, channels"


class Life(RuleBasedStateMachine):
    """`snapshots` are what a flow may come back to, each with the signals that it has to read again."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.store.execute(f"TRUNCATE {TABLES} CASCADE")
        self.account = accounts.ensure_account(self.store, "default")
        self.first, self.second = (
            alerts.add_channel(self.store, self.account, name, "webhook", {"url": f"http://{name}/"}) for name in "ab"
        )
        steps = [Step(channels=[self.first]), Step(after_s=600, channels=[self.second])]
        routing.put_route(self.store, self.account, RouteSpec(name="r", steps=steps, remind_s=1800, group_s=20))
        spec = rule_adapter.validate_python({"name": "Silent", "kind": "host_silent"})
        self.rules = [Rule(1, self.account, spec)]
        self.states = {subject: SubjectState() for subject in SUBJECTS}
        self.snapshot = pickle.dumps(self.states)
        self.since: list[Signal] = []
        self.clock = now_ms(self.store) - 10_000_000
        self.heard: dict[int, list[tuple[str, str, int]]] = {self.first: [], self.second: []}
        self.open: list[Notification] = []

    def apply(self, signal: Signal) -> None:
        found: list[AlertTransition] = self.states[signal.subject].apply(signal, self.rules, Titles())
        record(self.store, [(transition, ()) for transition in found])

    @rule(subject=st.sampled_from(SUBJECTS), state=st.sampled_from(["silent", "active"]), same=st.booleans())
    def a_signal_comes(self, subject: str, state: str, same: bool) -> None:
        self.clock += 0 if same else 1000
        signal = Signal("host", self.account, subject, self.clock, state)
        self.since.append(signal)
        self.apply(signal)

    @rule()
    def a_snapshot_is_written(self) -> None:
        self.snapshot, self.since = pickle.dumps(self.states), []

    @rule()
    def the_flow_is_killed_and_reads_again(self) -> None:
        self.states = pickle.loads(self.snapshot)
        for signal in self.since:
            self.apply(signal)

    @rule(seconds=st.sampled_from([5, 25, 700, 2000]))
    def time_passes(self, seconds: int) -> None:
        pass_time(self.store, seconds)
        keep(self.store)

    @rule(subject=st.sampled_from([*SUBJECTS, "source:.*"]), minutes=st.sampled_from([1, 30]))
    def somebody_silences(self, subject: str, minutes: int) -> None:
        now = now_ms(self.store)
        selector = f'{{subject=~"{subject}"}}'
        silences.add(self.store, self.account, selector, "", "ann", (now - 1, now + minutes * 60_000))

    @rule(subject=st.sampled_from(SUBJECTS), then=st.sampled_from(["goes on", "is over", "outlives it"]))
    def an_alert_begins_in_silence(self, subject: str, then: str) -> None:
        self.somebody_silences(subject, 30)
        self.a_signal_comes(subject, "silent", False)
        if then == "outlives it":
            self.time_passes(2000)
        if then != "goes on":
            self.a_signal_comes(subject, "active", False)

    @rule(some=st.lists(st.sampled_from(SUBJECTS), min_size=2, max_size=3, unique=True))
    def several_begin_together(self, some: list[str]) -> None:
        for subject in some:
            self.a_signal_comes(subject, "silent", False)
        self.time_passes(25)

    @rule()
    def all_silences_are_ended(self) -> None:
        for row in silences.silences_of(self.store, self.account, over=False, limit=99):
            silences.end(self.store, self.account, row["id"])
        keep(self.store)

    def firing(self) -> list[int]:
        return [int(row["id"]) for row in alerts.alerts_of(self.store, self.account, "firing", 99)]

    @precondition(lambda self: self.firing())
    @rule(which=st.integers(0, 9), deed=st.sampled_from(["acknowledge", "unacknowledge", "snooze", "resolve"]))
    def somebody_does_something(self, which: int, deed: str) -> None:
        known = self.firing()
        alert = known[which % len(known)]
        more = {"until_ms": now_ms(self.store) + 600_000} if deed == "snooze" else {}
        try:
            getattr(hands, deed)(self.store, self.account, alert, "ann", **more)
        except Conflict:
            return

    @rule()
    def a_worker_claims(self) -> None:
        self.open += outbox.claim(self.store, 3, 3600.0)

    @precondition(lambda self: self.open)
    @rule(how=st.sampled_from(["delivered", "answer lost", "retry"]))
    def an_attempt_ends(self, how: str) -> None:
        notification = self.open.pop(0)
        if how != "retry":
            self.note(notification)
        if how == "delivered":
            outbox.delivered(self.store, notification.id, "ok")
        else:
            outbox.retry(self.store, notification.id, "?", 0.0, notification.attempts)

    def note(self, notification: Notification) -> None:
        """What a receiver takes that ignores keys which it has seen."""
        book = self.heard[notification.channel]
        if any(key == notification.id for *_, key in book):
            return
        told: list[dict[str, Any]] = notification.body.get("alerts") or [notification.body["alert"]]
        book += [(one["id"], notification.body["event"], notification.id) for one in told]

    @invariant()
    def nobody_hears_a_start_twice_or_an_end_first(self) -> None:
        for book in self.heard.values():
            for alert in {alert for alert, *_ in book}:
                events = [event for known, event, _ in book if known == alert]
                assert events[0] == "start"
                assert events.count("start") == 1
                assert events.count("end") <= 1
                assert "end" not in events[:-1]

    def teardown(self) -> None:
        """Everything settles; nothing is lost, nothing waits for ever, and what is over is over for everybody."""
        self.all_silences_are_ended()
        for notification in self.open:
            outbox.retry(self.store, notification.id, "?", 0.0, notification.attempts)
        for _ in range(200):
            pass_time(self.store, 30)
            keep(self.store)
            claimed = outbox.claim(self.store, 50, 3600.0)
            for notification in claimed:
                self.note(notification)
                outbox.delivered(self.store, notification.id, "ok")
            waiting = self.store.row("SELECT count(*) AS n FROM notifications WHERE state IN ('pending', 'withheld')")
            if not claimed and waiting == {"n": 0}:
                break
        self.nobody_hears_a_start_twice_or_an_end_first()
        assert waiting == {"n": 0}, "something waits for ever"
        for book in self.heard.values():
            started = {alert for alert, event, _ in book if event == "start"}
            ended = {alert for alert, event, _ in book if event == "end"}
            over = {row["id"] for row in alerts.alerts_of(self.store, self.account, "resolved", 999)}
            assert ended == started & over, "an end was told without need, or was not told"
        heard = {alert for alert, event, _ in self.heard[self.first] if event == "start"}
        assert set(map(str, self.firing())) <= heard, "an alert that fires was never told"


def test_whatever_happens_each_hears_once_in_order_and_nothing_is_stuck(store: Store) -> None:
    Life.store = store
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=80,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
