"""Joining: the series of one source that an expression is about, window by window, and what it says of them.

A window is looked at once all series that are expected have come in it, and again when they all have come anew; else
once it is closed. Where nothing is expected, at first and after a silence, that is the only time. So what is found
depends on reports only, not on when a flush came between them, and rows of windows give the same. A series is
expected, and its last value counts where it has not come, for the question's time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.events.signals import Signal
from vedette.expressions.grouping import MOST_READINGS, MOST_SERIES, Group, Labels, Question, grouped

Values = Mapping[str, tuple[int, float]]
"""By canonical name, when it was read (ms UTC) and the value; NaN where there is none."""
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """What an expression says as of `at` (ms UTC): whether it holds, the number that it looks at, what was read.

    Where that is not known, `holds` is None, and `why` says why not.
    """

    labels: Labels
    at: int
    holds: bool | None
    value: float
    readings: str
    why: str

    def signal(self, account: int, source: str, question: Question) -> Signal:
        """As rules hear of it."""
        subject = question.subject(source, self.labels)
        if self.holds is None:
            return Signal("expression", account, subject, self.at, "unknown", detail={"why": self.why})
        state = "true" if self.holds else "false"
        return Signal("expression", account, subject, self.at, state, self.value, {"readings": self.readings})


@dataclass(slots=True)
class Joined:
    """One question about one source.

    `latest` are the last values by series, with the window (ms UTC) they came in; `open` the windows that are not
    looked at yet, `done` the newest one that was. `told` are the combinations of which it was last known what holds;
    that one has gone is told once, and then it is forgotten.
    Bounded by the series that came within the question's time.
    """

    latest: dict[str, tuple[int, float]] = field(default_factory=dict)
    open: dict[int, dict[str, tuple[int, float]]] = field(default_factory=dict)
    done: int = -1
    told: set[Labels] = field(default_factory=set)
    _names: tuple[str, ...] = ()
    _groups: tuple[Group, ...] | None = ()
    """The combinations of just these names; made again after a restart."""

    def __getstate__(self) -> tuple[object, ...]:
        return self.latest, self.open, self.done, self.told

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.latest, self.open, self.done, self.told = state
        self._names, self._groups = (), ()

    def take(self, window: int, values: Values) -> None:
        """Values that came in a window, the newest of a series; those of a window before one that was looked at are
        left out."""
        if values and window >= self.done:
            here = self.open.setdefault(window, {})
            here |= {name: one for name, one in values.items() if name not in here or one[0] >= here[name][0]}

    def look(self, question: Question, is_closed: Callable[[int], bool]) -> Iterator[Finding]:
        """What the windows say that can be looked at now, in their order."""
        for window in sorted(self.open):
            if not (self._is_whole(question, window) or is_closed(window)):
                return
            yield from self._looked(question, window)

    def is_news(self, finding: Finding) -> bool:
        """Whether alerting must hear of it: always, but that nothing is known, once."""
        if finding.holds is not None:
            self.told.add(finding.labels)
            return True
        if finding.labels not in self.told:
            return False
        self.told.discard(finding.labels)
        return True

    def _is_whole(self, question: Question, window: int) -> bool:
        oldest = window - question.within_ms
        expected = {name for name, (at, _) in self.latest.items() if at >= oldest}
        return bool(expected) and expected <= self.open[window].keys()

    def _looked(self, question: Question, window: int) -> Iterator[Finding]:
        values = self.open.pop(window)
        self.done, oldest = window, window - question.within_ms
        self.latest |= {name: (window, value) for name, (_, value) in values.items()}
        self.latest = {name: one for name, one in self.latest.items() if one[0] >= oldest}
        at = max(when for when, _ in values.values())
        groups, why = self._grouped(question)
        if why:
            for labels in sorted(self.told) or [()]:
                yield Finding(labels, at, None, 0.0, "", why)
            return
        for labels in sorted(self.told - {group.labels for group in groups}):
            why = f"no series with these labels came for {question.within_ms // 1000} s"
            yield Finding(labels, at, None, 0.0, "", why)
        for group in groups:
            yield self._found(question, group, at)

    def _grouped(self, question: Question) -> tuple[tuple[Group, ...], str]:
        """The combinations of the last values, or why there are too many."""
        if len(self.latest) > MOST_SERIES:
            return (), f"it is about more than {MOST_SERIES} series of the source"
        names = tuple(sorted(self.latest))
        if names != self._names:
            self._names, self._groups = names, grouped(question, names)
        if self._groups is None:
            return (), f"it reads more than {MOST_READINGS} values of the source, of all combinations of labels"
        return self._groups, ""

    def _found(self, question: Question, group: Group, at: int) -> Finding:
        expression, latest = question.expression, self.latest
        readings = [[latest[name][1] for name in names] for names in group.names]
        holds = expression.holds(readings)
        if holds is None:
            return Finding(group.labels, at, None, 0.0, "", expression.why(readings))
        return Finding(group.labels, at, holds, expression.measured(readings), _said(question, readings), "")


def _said(question: Question, readings: list[list[float]]) -> str:
    """`memory.used 1.5e+10, memory.total 1.6e+10`; of several series how many there are."""
    parts = [
        f"{name} {values[0]:.6g}" if len(values) == 1 and not math.isnan(values[0]) else f"{name} of {len(values)}"
        for name, values in zip(question.expression.names, readings, strict=True)
    ]
    text = ", ".join(parts)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
