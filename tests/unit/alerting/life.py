"""A subject's life as a model checker drives it: a log that is read on, snapshots, crashes, timers, and a table."""

from __future__ import annotations

import pickle
from typing import Any

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import rule_adapter
from alerting.timers import Standing, news
from vedette.events.signals import AlertTransition, Signal

T0 = 1_700_000_000_000


def rules_of(*configs: dict[str, Any]) -> list[Rule]:
    return [
        Rule(n, 7, rule_adapter.validate_python({"name": f"r{n}", **config})) for n, config in enumerate(configs, 1)
    ]


class Life:
    """One key of the flow. `log` holds when the log took a signal, and the signal; `table` what was recorded, by
    identity, in the order in which it was: whatever comes again changes nothing, as in the database."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self.now_ms = T0
        self.log: list[tuple[int, Signal]] = []
        self.table: dict[int, AlertTransition] = {}
        self.causes: dict[int, int] = {}
        """Where in the log the cause of each transition stands."""
        self.state = SubjectState()
        self.read_to = 0
        self.snapshots: list[tuple[int, bytes]] = [(0, pickle.dumps(self.state))]

    def append(self, signal: Signal) -> None:
        self.log.append((self.now_ms, signal))

    def read(self, count: int | None = None) -> None:
        """The flow reads on, and records."""
        end = len(self.log) if count is None else min(self.read_to + count, len(self.log))
        for at in range(self.read_to, end):
            logged_ms, signal = self.log[at]
            for found in self._apply(self.state, signal, logged_ms):
                self.table.setdefault(found.id, found)
                self.causes.setdefault(found.id, at)
        self.read_to = end

    def _apply(self, state: SubjectState, signal: Signal, logged_ms: int) -> list[AlertTransition]:
        # The log gives everybody a signal of their own.
        own: Signal = pickle.loads(pickle.dumps(signal))
        return state.apply(own, self.rules, Titles(), logged_ms)

    def ask(self, standing: Standing | None) -> Signal | None:
        """The timer goes off if it is due; what it would say, which is not in the log yet."""
        if not self.state.due_ms or self.now_ms < self.state.due_ms:
            return None
        return news(self.state, self.now_ms, standing, self.rules, Titles(), lambda number: None)

    def snapshot(self) -> None:
        self.snapshots.append((self.read_to, pickle.dumps(self.state)))

    def crash(self, back: int) -> None:
        """The flow begins again at one of the last snapshots; the later ones are gone."""
        self.snapshots = self.snapshots[: max(1, len(self.snapshots) - back)]
        self.read_to, stored = self.snapshots[-1]
        self.state = pickle.loads(stored)

    def undisturbed(self) -> dict[int, AlertTransition]:
        """What a flow records that reads the same log once, from its beginning, and never dies."""
        state, found = SubjectState(), {}
        for logged_ms, signal in self.log[: self.read_to]:
            for one in self._apply(state, signal, logged_ms):
                assert one.id not in found, "doubled"
                found[one.id] = one
        return found

    def check(self) -> None:
        """Nothing lost, doubled or out of order: of each rule start, doubts and their ends, end; and so again."""
        for rule in self.rules:
            mine = [one for one in self.table.values() if one.rule == rule.id]
            opened, doubted, last_at = 0, False, -1
            for one in mine:
                assert one.at > last_at, "out of order"
                last_at = one.at
                if one.state == "firing":
                    assert not opened, "a start before the end of the alert before"
                    opened, doubted = one.alert, False
                else:
                    assert one.alert == opened, f"{one.state} of an alert that is not open"
                    if one.state == "resolved":
                        opened = 0
                    else:
                        assert (one.state == "unknown") is not doubted, "doubts and their ends take turns"
                        doubted = one.state == "unknown"
            starts = [one.alert for one in mine if one.state == "firing"]
            assert len(set(starts)) == len(starts)

    def open_alerts(self) -> set[int]:
        """Rules with an open alert in the table."""
        found = set()
        for one in self.table.values():
            if one.state == "firing":
                found.add(one.rule)
            elif one.state == "resolved":
                found.discard(one.rule)
        return found
