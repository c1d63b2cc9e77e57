"""All of alerting in one process, by one fake clock which is the database's too: what a model checker drives."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

import msgspec

from alerting.book import RuleBook
from alerting.machine import subject_of
from alerting.rules import AnyRule, minds_subject, rule_adapter
from dataflows.alerts import Decided, Logged, SubjectLogic, write_transitions
from dataflows.leftovers import Leftovers
from sinks.log import Publication
from tests.integration.alerting.hearers import Hearers
from vedette.clock import FakeClock
from vedette.events.codec import encode_json
from vedette.events.signals import AlertTransition, Signal
from vedette.monitors import MonitorSpec
from vedette.notifying.route import RouteSpec, Step
from vedette.store import accounts, alerts, monitors, routing
from vedette.store.pool import Store

T0_MS = 1_800_000_000_000
TABLES = "alerts, alert_transitions, notifications, silences, routes, channels, rules, monitors, sources, accounts"
STEP_S, REMIND_S, GROUP_S = 600, 1800, 20
RULES: tuple[dict[str, Any], ...] = (
    {"name": "Silent", "kind": "host_silent"},
    {"name": "Outage", "kind": "outage"},
    {"name": "Degraded", "kind": "degraded", "for_s": 60},
    {"name": "High", "kind": "threshold", "series": "cpu", "above": 10, "for_s": 20, "clear_below": 5, "channels": [3]},
    {"name": "Gone", "kind": "absence", "series": "cpu", "for_s": 60},
    {"name": "Notices", "kind": "plugin_notice"},
)
CHANGES: tuple[tuple[int, dict[str, Any]], ...] = (
    (0, {"source": "b"}),
    (0, {"source": "a", "severity": "info"}),
    (1, {"monitor": 2}),
    (1, {"partial": True}),
    (2, {"for_s": 0}),
    (3, {"above": 15}),
    (3, {"for_s": 0, "channels": []}),
    (3, {"series": "memory"}),
    (4, {"series": 'cpu{source="b"}'}),
    (4, {"for_s": 600}),
)
"""What rules are changed to, by their places in `RULES`, and back."""


_DEFAULTS = (
    "DO $$ DECLARE one record; BEGIN FOR one IN SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND column_default = 'now()' LOOP"
    " EXECUTE format('ALTER TABLE %%I ALTER COLUMN %%I SET DEFAULT fake.now()', one.table_name, one.column_name);"
    " END LOOP; EXECUTE format('ALTER DATABASE %%I SET search_path = fake, pg_catalog, public',"
    " current_database()); END $$"
)


def give_a_clock(store: Store) -> None:
    """Make the database's time one that is set: `now()` of all connections from now on, also where columns have it."""
    for statement in (
        "CREATE SCHEMA fake",
        "CREATE TABLE fake.clock (at timestamptz NOT NULL)",
        "INSERT INTO fake.clock VALUES ('epoch')",
        "CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM fake.clock'",
        _DEFAULTS,
    ):
        store.execute(statement)


class Life:
    """A log, the flow of alerts with its snapshots, people's hands, receivers, and time.

    `log` holds when it took a signal, and the signal's bytes. `flying` are words of timers on their way into it.
    `changed`: rules, or what they are about, were changed, so that a replay may decide otherwise than the flow had.
    """

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, FakeClock(T0_MS)
        store.execute(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
        self._tell_the_database()
        self.hearers = Hearers(self.clock)
        self.account = accounts.ensure_account(store, "default")
        self.first, self.second, self.third = (
            alerts.add_channel(store, self.account, name, "webhook", {"url": f"http://{name}/", "secret": "s" * 16})
            for name in ("first", "second", "third")
        )
        self.route()
        for name in ("x", "y"):
            monitors.add(store, self.account, MonitorSpec(name=name, url=f"http://{name}/"))
        for number, name in enumerate("ab"):
            store.execute("INSERT INTO sources VALUES (%s, %s, %s, 10000, now(), now())", number, self.account, name)
        self.rules: dict[int, int] = {}
        for place in range(len(RULES)):
            self.make_rule(place)
        self.log: list[tuple[int, bytes]] = []
        self.flying: list[Signal] = []
        self.changed = False
        self.read_to, self.snapshots = 0, [(0, dict[str, bytes]())]
        self.begin()
        self.pass_time(1.0)

    def pass_time(self, seconds: float) -> None:
        """Let time pass everywhere."""
        self.clock.advance(seconds)
        self._tell_the_database()

    def _tell_the_database(self) -> None:
        self.store.execute("UPDATE fake.clock SET at = to_timestamp(%s / 1000.0)", self.clock.now_ms())

    def route(self, *, only: str = "", grouped: bool = True) -> None:
        """Set the account's only route: which alerts take it, and whether its messages wait for others."""
        self.store.execute("DELETE FROM routes")
        steps = [Step(channels=[self.first]), Step(after_s=STEP_S, channels=[self.second])]
        spec = RouteSpec(
            name="r", match=only or None, steps=steps, remind_s=REMIND_S, group_s=GROUP_S if grouped else 0
        )
        routing.put_route(self.store, self.account, spec)

    # Rules

    def make_rule(self, place: int) -> None:
        """Make a rule of `RULES` (anew)."""
        spec = self._spec(place, {})
        config = spec.model_dump(exclude={"name", "kind"})
        self.rules[place] = alerts.add_rule(self.store, self.account, spec.name, spec.kind, config)

    def remove_rule(self, place: int) -> None:
        """Remove it."""
        alerts.remove_rule(self.store, self.account, self.rules.pop(place))

    def change_rule(self, place: int, more: dict[str, Any]) -> None:
        """Change it, as the API does."""
        spec = self._spec(place, more)
        config = spec.model_dump(exclude={"name", "kind"})
        still = partial(minds_subject, spec, self.account)
        alerts.change_rule(self.store, self.account, self.rules[place], spec.name, spec.kind, config, still)

    @staticmethod
    def _spec(place: int, more: dict[str, Any]) -> AnyRule:
        found: AnyRule = rule_adapter.validate_python({**RULES[place], **more})
        return found

    # The flow

    def begin(self) -> None:
        """Start the flow at its last snapshot."""
        self.book = RuleBook(self.store, self.clock)
        self.leftovers: Leftovers | None = Leftovers(self.store, self.clock)
        self.read_to, kept = self.snapshots[-1]
        self.logics = {key: SubjectLogic(self.book, self.clock, state, self.leftovers) for key, state in kept.items()}

    def crash(self, back: int = 0) -> None:
        """Kill the flow; it begins again at its last snapshot, or `back` before it."""
        self.snapshots = self.snapshots[: max(1, len(self.snapshots) - back)]
        self.begin()

    def snapshot(self) -> None:
        """Keep where the flow stands."""
        self.snapshots.append((self.read_to, {key: logic.snapshot() for key, logic in self.logics.items()}))

    def say(self, signal: Signal) -> None:
        """Append a signal to the log."""
        self.log.append((self.clock.now_ms(), encode_json(signal)))

    def decide(self, count: int) -> list[Decided]:
        """Read on, and decide; nothing of it is recorded yet."""
        found: list[Decided] = []
        values: defaultdict[str, list[Logged]] = defaultdict(list)
        for logged_ms, data in self.log[self.read_to : self.read_to + count]:
            signal = msgspec.json.decode(data, type=Signal)
            values[f"{signal.account}/{subject_of(signal)}"].append(Logged(logged_ms, signal))
        self.read_to = min(self.read_to + count, len(self.log))
        for key, some in values.items():
            if key not in self.logics:
                self.logics[key] = SubjectLogic(self.book, self.clock, None, self.leftovers)
            decided, discard = self.logics[key].on_batch(some)
            found += [one for one in decided if isinstance(one, tuple)]
            if discard:
                del self.logics[key]
        return found

    def record(self, decided: list[Decided]) -> None:
        """Write it as the flow does."""

        def refuse(one: Publication) -> None:
            raise AssertionError(f"put aside: {one}")

        if decided:
            write_transitions(self.store, decided, refuse)

    def read(self, count: int = 1_000_000) -> None:
        """Read on, decide and record."""
        self.record(self.decide(count))

    def ask(self) -> list[Signal]:
        """What timers that are due would say; each is asked once."""
        now, said = self.clock.now_ms(), list[Signal]()
        for logic in self.logics.values():
            due = logic.notify_at()
            if due is not None and due.timestamp() * 1000 <= now:
                said += [one for one in logic.on_notify()[0] if isinstance(one, Signal)]
        return said

    def undisturbed(self) -> dict[int, AlertTransition]:
        """What a flow decides that reads the whole log once, with the rules as they are now, and never dies."""
        kept, life = (self.read_to, self.logics, self.leftovers), dict[int, AlertTransition]()
        self.read_to, self.logics, self.leftovers = 0, {}, None
        while self.read_to < len(self.log):
            for one, _ in self.decide(1):
                assert one.id not in life or one.state == "notice", "doubled"
                life[one.id] = one
        self.read_to, self.logics, self.leftovers = kept
        return life

    def recover(self) -> None:
        """All is well, for long enough."""
        for _ in range(2):
            for _ in range(3):
                self.pass_time(30)
                now = self.clock.now_ms()
                for host in "ab":
                    self.say(Signal("host", self.account, f"source:{host}", now, "active"))
                for number in (1, 2):
                    self.say(
                        Signal("monitor", self.account, f"monitor:{number}", now, "up", detail={"monitor": number})
                    )
                self.store.execute("UPDATE sources SET last_seen = now()")
                self.say(Signal("series", self.account, "series:a/cpu", now, value=1))
                self.read()
            self.pass_time(1000)
            self.store.execute("UPDATE sources SET last_seen = now() WHERE name = 'b'")
            for word in self.ask():
                self.say(word)
            self.read()

    # What people see

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts, in the order of their numbers."""
        return self.store.rows("SELECT * FROM alerts ORDER BY id")

    def firing(self) -> list[dict[str, Any]]:
        """Those that are open."""
        return [one for one in self.alerts() if one["ended_at"] is None]
