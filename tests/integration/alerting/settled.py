"""What must be true of a life of alerts: after each step, and in the end, when everything was let settle.

- Each start, end, acknowledgement and reminder reaches a receiver once, in the order of its alert; a second step not
  before its time, and nothing that a silence held back before there was none.
- Each alert has one start and at most one end; what was decided is what a flow decides that reads the log once and
  never dies, if no rule was changed meanwhile.
- In the end nothing waits. What fires was told to whoever its plan names, and is brought to mind again; when all is
  well, nothing fires any more, and whoever was told a start was told its end.
- While an alert is acknowledged, snoozed or silenced, no step is taken and nobody is reminded.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.integration.alerting.alerting_life import REMIND_S, STEP_S, Life
from tests.integration.alerting.hearers import Heard
from vedette.errors import Conflict
from vedette.notifying.labels import labels_of, matches
from vedette.store import hands, silences

ENDS = {"end", "one-off"}


@dataclass
class Silence:
    """As it was made; `to_ms` is earlier if it was ended."""

    number: int
    selector: str
    from_ms: int
    to_ms: int


@dataclass
class Known:
    """What the checker knows of an alert by itself: when the second receiver may hear of it, when it was recorded, its
    labels, and what people did (ms UTC)."""

    second_ms: int
    recorded_ms: int
    labels: dict[str, str]
    acknowledged: list[list[int]] = field(default_factory=list)
    """From when, and until when if it was given back."""
    snoozed: list[tuple[int, int]] = field(default_factory=list)
    deeds: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Acknowledgements and their ends, and who had heard of the start by then."""
    by_hand: bool = False


class Ledger:
    """Notes what people do, and compares."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.silences: list[Silence] = []
        self.known: dict[int, Known] = {}

    @property
    def now_ms(self) -> int:
        """By the only clock there is."""
        return self.life.clock.now_ms()

    def look(self) -> None:
        """Get to know the alerts that were just recorded."""
        for row in self.life.store.rows(
            "SELECT a.id, a.rule_name, a.subject, a.severity, t.detail, a.plan->>'route' AS route,"
            " (extract(epoch FROM t.at) * 1000)::bigint AS at_ms FROM alerts a JOIN alert_transitions t"
            " ON t.alert_id = a.id AND t.state IN ('firing', 'notice') WHERE NOT a.id = ANY(%s)",
            list(self.known),
        ):
            labels = labels_of(row["rule_name"], row["subject"], row["severity"], row["detail"])
            self.known[row["id"]] = Known(row["at_ms"] + (STEP_S * 1000 if row["route"] else 0), self.now_ms, labels)

    def silence(self, selector: str, begins_ms: int, length_ms: int) -> None:
        """Somebody silences."""
        span = (self.now_ms + begins_ms, self.now_ms + begins_ms + length_ms)
        made = silences.add(self.life.store, self.life.account, selector, "", "ann", span)
        self.silences.append(Silence(made["id"], selector, *span))

    def holding(self) -> list[Silence]:
        """Silences that are not over."""
        return [one for one in self.silences if one.to_ms > self.now_ms]

    def end(self, one: Silence) -> None:
        """Somebody ends a silence."""
        silences.end(self.life.store, self.life.account, one.number)
        one.to_ms = min(one.to_ms, max(self.now_ms, one.from_ms))

    def silenced(self, known: Known, at_ms: int) -> bool:
        """Whether an alert is silenced at a time."""
        return any(one.from_ms <= at_ms < one.to_ms and matches(one.selector, known.labels) for one in self.silences)

    def do(self, deed: str, alert: int) -> None:
        """Somebody does something; a refusal is none."""
        now, known = self.now_ms, self.known[alert]
        more: dict[str, Any] = {
            "snooze": {"until_ms": now + 600_000},
            "comment": {"text": "hm"},
            "assign": {"to": "ben"},
        }.get(deed, {})
        try:
            getattr(hands, deed)(self.life.store, self.life.account, alert, "ann", **more)
        except Conflict:
            return
        who = frozenset(name for name, book in self.books() if any(one.event == "start" for one in book[str(alert)]))
        if deed == "acknowledge":
            known.acknowledged.append([now])
            known.deeds.append(("acknowledged", who))
            known.snoozed = [(since, min(until, now)) for since, until in known.snoozed]
        elif deed == "unacknowledge":
            known.acknowledged[-1].append(now)
            known.deeds.append(("unacknowledged", who))
        elif deed == "snooze":
            known.snoozed = [(since, min(until, now)) for since, until in known.snoozed] + [(now, now + 600_000)]
        elif deed == "resolve":
            known.by_hand = True

    def books(self) -> list[tuple[str, dict[str, list[Heard]]]]:
        """What each receiver has heard, by alert, in order."""
        found = []
        for name, book in sorted(self.life.hearers.books.items()):
            by_alert: defaultdict[str, list[Heard]] = defaultdict(list)
            for one in book:
                by_alert[one.alert].append(one)
            found.append((name, by_alert))
        return found

    # After each step

    def check_order(self) -> None:
        """Nothing came twice, out of order, too early, or though it was silenced."""
        for name, book in self.books():
            for alert, heard in book.items():
                self._check_one(name, self.known[int(alert)], heard)
        rows = self.life.store.rows("SELECT alert_id, state FROM alert_transitions ORDER BY alert_id, at, id")
        lives: defaultdict[int, list[str]] = defaultdict(list)
        for row in rows:
            lives[row["alert_id"]].append(row["state"])
        for states in lives.values():
            count = Counter(states)
            assert count["firing"] + count["notice"] == 1, f"not one start: {states}"
            assert count["resolved"] <= 1
            assert states[0] in {"firing", "notice"}, f"not the start first: {states}"
            doubts = [state for state in states if state in {"unknown", "known"}]
            assert all(doubts[at] != doubts[at + 1] for at in range(len(doubts) - 1)), (
                f"doubts do not take turns: {states}"
            )
        for row in self.life.alerts():
            ended = Counter(lives[row["id"]])
            assert (row["ended_at"] is not None) == bool(ended["resolved"] + ended["notice"])

    def _check_one(self, name: str, known: Known, heard: list[Heard]) -> None:
        events = [one.event for one in heard]
        assert len({one.key for one in heard}) == len(heard), f"told twice in one message: {events}"
        if events == ["one-off"]:
            assert not self.silenced(known, known.recorded_ms)
            return
        assert events[0] == "start", f"the start was not first: {events}"
        assert events.count("start") == 1
        assert "end" not in events[:-1], f"something after the end, or that twice: {events}"
        deeds = [event for event in events if event in {"acknowledged", "unacknowledged"}]
        assert all(deeds[at] != deeds[at + 1] for at in range(len(deeds) - 1)), f"deeds out of order: {events}"
        first = heard[0].at_ms
        moments = [known.recorded_ms, *(one.to_ms for one in self.silences if known.recorded_ms <= one.to_ms <= first)]
        assert any(not self.silenced(known, at) for at in moments), "told though it was silenced all the time"
        assert name != "second" or first >= known.second_ms, "a second step before its time"

    # In the end

    def settle(self, deliver: Callable[[], object]) -> None:
        """Let everything settle, first with what is the matter, then without it; check what must hold each time."""
        life = self.life
        life.read()
        self.look()
        life.pass_time(1)
        for one in self.holding():
            self.end(one)
        self._calm(deliver)
        self._check_what_fires()
        self._check_reminders(deliver)
        life.recover()
        self.look()
        self._calm(deliver)
        self.check_order()
        assert [one["subject"] for one in life.firing()] == [], "fires though all is well"
        self._check_books()
        self._check_decisions()
        self._check_quiet()

    def _calm(self, deliver: Callable[[], object]) -> None:
        waiting: list[dict[str, Any]] = []
        for _ in range(60):
            self.life.pass_time(30)
            deliver()
            waiting = self.life.store.rows(
                "SELECT * FROM notifications WHERE state <> ALL(%s)", ["delivered", "dropped"]
            )
            if not waiting:
                return
        raise AssertionError(f"something waits for ever: {waiting}")

    def _check_what_fires(self) -> None:
        books = dict(self.books())
        for row in self.life.firing():
            for name in self._at_once(row):
                assert books[name][str(row["id"])], f"fires and was never told to {name}: {row['title']}"

    def _at_once(self, row: dict[str, Any]) -> list[str]:
        """Receivers that the alert's plan names for its begin."""
        names = {self.life.first: "first", self.life.second: "second", self.life.third: "third"}
        steps = [step for step in row["plan"]["steps"] if step["after_s"] == 0] if row["plan"] else []
        return [names[channel] for step in steps for channel in step["channels"]]

    def _check_reminders(self, deliver: Callable[[], object]) -> None:
        since = self.now_ms
        for row in self.life.firing():
            if row["acknowledged_by"] is not None:
                self.do("unacknowledge", row["id"])
        for _ in range(4):
            self.life.pass_time(REMIND_S / 2)
            self._calm(deliver)
        books = dict(self.books())
        for row in self.life.firing():
            if row["unknown_since"] is not None or row["plan"].get("remind_s") is None:
                continue
            name = str(row["id"])
            for who in self._at_once(row):
                events = [one.event for one in books[who][name] if one.at_ms >= since]
                assert "reminded" in events, f"{who} was not reminded of {row['title']}"
            assert books["second"][name][0].event == "start", "a step that was due was not taken"

    def _check_books(self) -> None:
        rows = self.life.alerts()
        for name, book in self.books():
            for row in rows:
                known, heard = self.known[row["id"]], [one.event for one in book[str(row["id"])]]
                assert not heard or heard[-1] in ENDS, f"{name} was not told the end: {heard}"
                for deed in ("acknowledged", "unacknowledged"):
                    least = sum(one == deed and name in who for one, who in known.deeds)
                    most = sum(one == deed for one, _ in known.deeds)
                    assert least <= heard.count(deed) <= most, f"{deed} was told wrong: {known.deeds}, {heard}"
        for row in rows:
            known = self.known[row["id"]]
            if row["plan"] and not self.silenced(known, known.recorded_ms):
                for name in self._at_once(row):
                    heard = dict(self.books())[name][str(row["id"])]
                    assert heard, f"{name} was never told of {row['title']}"
        told = {one.key for book in self.life.hearers.books.values() for one in book}
        found = self.life.store.rows("SELECT id, carrier FROM notifications WHERE state = 'delivered'")
        assert told == {str(one["carrier"] or one["id"]) for one in found}

    def _check_decisions(self) -> None:
        if self.life.changed:
            return
        once = self.life.undisturbed().values()
        rows = self.life.store.rows("SELECT id, state FROM alert_transitions")
        for state in ("firing", "notice", "resolved"):
            assert {one["id"] for one in rows if one["state"] == state} == {
                one.id for one in once if one.state == state
            }
        doubts = {one["id"] for one in rows if one["state"] in {"unknown", "known"}}
        by_hand = {alert for alert, known in self.known.items() if known.by_hand}
        assert doubts <= {one.id for one in once}
        assert doubts >= {one.id for one in once if one.state in {"unknown", "known"} and one.alert not in by_hand}

    def _check_quiet(self) -> None:
        """Steps and reminders: not of what was acknowledged, snoozed or silenced."""
        for row in self.life.store.rows(
            "SELECT alert_id, body->>'update' AS update, (extract(epoch FROM created_at) * 1000)::bigint AS at_ms"
            " FROM notifications WHERE body->>'event' = 'start' OR body->>'update' = 'reminded'"
        ):
            known, at = self.known[row["alert_id"]], row["at_ms"]
            if at == known.recorded_ms:
                continue
            for span in known.acknowledged:
                assert not span[0] < at < (span[1] if len(span) > 1 else at + 1), "told though somebody has it"
            assert not any(since < at < until for since, until in known.snoozed), "told though it was put off"
            assert not self.silenced(known, at), "told though it was silenced"
