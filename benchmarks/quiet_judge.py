"""The default rules over simulated signals: the flow's own machines and timers, by the simulation's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from alerting.machine import SubjectState, subject_of
from alerting.rules import Rule, minds
from alerting.timers import Standing, news, next_ask_ms
from alerting.titles import Titles
from vedette.events.signals import AlertTransition, Signal

Standings = Callable[[str, int], Standing | None]
"""What is known of a source at a time (ms UTC)."""


@dataclass
class Judge:
    """All subjects under all rules; `transitions` is what came of it, in order."""

    rules: Sequence[Rule]
    standings: Standings = lambda source, at_ms: None
    transitions: list[AlertTransition] = field(default_factory=list)
    signals: int = 0
    _subjects: dict[str, tuple[SubjectState, list[Rule]]] = field(default_factory=dict)
    _timed: set[str] = field(default_factory=set)

    def hear(self, signal: Signal, logged_ms: int) -> None:
        """A signal that the log took at `logged_ms`."""
        self.signals += 1
        key = subject_of(signal)
        found = self._subjects.get(key)
        if found is None:
            found = self._subjects[key] = (SubjectState(), [one for one in self.rules if minds(one.spec, signal)])
        state, rules = found
        self.transitions += state.apply(signal, rules, Titles(), logged_ms)
        if state.due_ms:
            self._timed.add(key)

    def pass_time(self, now_ms: int) -> None:
        """Let the timers go off that are due before `now_ms`."""
        for key in sorted(self._timed):
            state, rules = self._subjects[key]
            asked_ms = 0
            while (due_ms := next_ask_ms(state, asked_ms)) and due_ms < now_ms:
                asked_ms = due_ms
                last = state.last
                source = "" if last is None else last.subject.removeprefix("series:").partition("/")[0]
                word = news(state, due_ms, self.standings(source, due_ms), rules, Titles(), lambda number: None)
                if word is not None:
                    self.transitions += state.apply(word, rules, Titles(), due_ms)
            if not state.due_ms:
                self._timed.discard(key)
