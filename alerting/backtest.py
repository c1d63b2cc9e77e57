"""Backtests: a rule's state machines over what has been, as if it had been there.

The machines are those of the flow, and so are the timers: only the clock is the data's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from alerting.machine import SubjectState
from alerting.rules import Rule
from alerting.timers import Standing, news, next_ask_ms
from alerting.titles import Titles
from vedette.events.signals import AlertTransition, Signal

Standings = Callable[[int], Standing | None]
"""What was known of a host at a time (ms UTC)."""


@dataclass(slots=True)
class Episode:
    """One alert that there would have been; times in ms UTC, `ended_ms` None if it fires still at the end."""

    subject: str
    title: str
    started_ms: int
    ended_ms: int | None
    value: float | None
    flapping: bool
    unknown_ms: int = 0

    def shown(self, until_ms: int) -> dict[str, object]:
        """As the API shows it; one that fires still has lasted until `until_ms`."""
        return {
            "subject": self.subject,
            "title": self.title,
            "started_ms": self.started_ms,
            "ended_ms": self.ended_ms,
            "lasted_s": max(0, (until_ms if self.ended_ms is None else self.ended_ms) - self.started_ms) // 1000,
            "unknown_s": self.unknown_ms // 1000,
            "value": self.value,
            "flapping": self.flapping,
        }


@dataclass(slots=True)
class Trial:
    """One subject under one rule: signals in the order in which the log would have held them."""

    rule: Rule
    titles: Titles
    standings: Standings = lambda at_ms: None
    state: SubjectState = field(default_factory=SubjectState)
    episodes: list[Episode] = field(default_factory=list)
    _doubted_ms: int = 0

    def hear(self, signal: Signal, logged_ms: int) -> None:
        """A signal that the log took at `logged_ms`: first the timers that went off before."""
        self.pass_time(logged_ms)
        for found in self.state.apply(signal, [self.rule], self.titles, logged_ms):
            self._note(found)

    def pass_time(self, until_ms: int) -> None:
        """Let the timers go off that are due before `until_ms`."""
        asked_ms = 0
        while (due_ms := next_ask_ms(self.state, asked_ms)) and due_ms < until_ms:
            asked_ms = due_ms
            standing = self.standings(due_ms)
            word = news(self.state, due_ms, standing, [self.rule], self.titles, lambda number: None)
            if word is not None:
                for found in self.state.apply(word, [self.rule], self.titles, due_ms):
                    self._note(found)

    def _note(self, found: AlertTransition) -> None:
        if found.state in {"firing", "notice"}:
            ended_ms = found.at if found.state == "notice" else None
            flapping = "flapping" in found.detail
            self.episodes.append(Episode(found.subject, found.title, found.at, ended_ms, found.value, flapping))
            return
        last = self.episodes[-1]
        if found.state == "unknown":
            self._doubted_ms = found.at
        elif self._doubted_ms:
            last.unknown_ms += found.at - self._doubted_ms
            self._doubted_ms = 0
        if found.state == "resolved":
            last.ended_ms = found.at


@dataclass(frozen=True, slots=True)
class Reports:
    """When a host reported (ms UTC, ascending), how often it says it does, and when any host did; `every_ms` is how
    often a monitor is to be checked."""

    times: Sequence[int]
    interval_ms: int
    anybody: Sequence[int]
    every_ms: int = 0

    def standing(self, at_ms: int) -> Standing | None:
        """What was known at a time; None before the first report."""
        mine, newest = _last(self.times, at_ms), _last(self.anybody, at_ms)
        return None if mine is None else Standing(mine, self.interval_ms, max(mine, newest or mine), self.every_ms)


def _last(times: Sequence[int], at_ms: int) -> int | None:
    before = bisect_right(times, at_ms)
    return times[before - 1] if before else None


def of_series(
    rule: Rule,
    subject: str,
    readings: Iterable[tuple[int, float]],
    reports: Reports,
    until_ms: int,
    *,
    roles: str = "",
) -> list[Episode]:
    """The alerts about one series: readings (ms UTC, ascending, and value) up to `until_ms`."""
    detail: dict[str, str | int | float | None] = {"roles": roles} if roles else {}
    signals = (Signal("series", rule.account, subject, at, value=value, detail=dict(detail)) for at, value in readings)
    return of_signals(rule, signals, reports, until_ms)


def of_signals(
    rule: Rule, signals: Iterable[Signal], reports: Reports, until_ms: int, titles: Titles | None = None
) -> list[Episode]:
    """The same of any signals about one subject that the log took at their own times."""
    trial = Trial(rule, titles or Titles(), reports.standing)
    for signal in signals:
        trial.hear(signal, signal.at)
    trial.pass_time(until_ms)
    return trial.episodes
