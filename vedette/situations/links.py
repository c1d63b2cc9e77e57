"""Links: which alerts belong together, and why.

Two alerts are linked, whichever came first, if the later one begins

- about the same subject, while the earlier is open or within `REOPEN_MS` of its end;
- about the same monitor, host or model, or a monitor that the other depends on or that depends on it, while the earlier
  is open or within `REOPEN_MS` of its end, and within `LATELY_MS` of its start;
- with a telling label in common (`alert.TELLING`) within `NEAR_MS` of its start, or by the same rule within `STORM_MS`.

A situation is all alerts that are linked, directly or through others. So it follows from the alerts alone, in whatever
order they are read: one that links two situations makes them one, and what is linked stays linked.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from vedette.situations.alert import Alert, Watched, telling, things

_MINUTE_MS = 60_000
REOPEN_MS = 30 * _MINUTE_MS
LATELY_MS = 6 * 60 * _MINUTE_MS
NEAR_MS = 5 * _MINUTE_MS
STORM_MS = 2 * _MINUTE_MS
_MOST_ABOVE = 20
SUBJECT, THING, HOST, DEPENDENCY, LABEL, RULE = range(6)


class Link(NamedTuple):
    """Why the later of two alerts belongs to the earlier: `what` and `which` name it. The least is the surest."""

    sureness: int
    what: str
    which: str
    earlier: int
    later: int


def links(alerts: Iterable[Alert], monitors: Mapping[int, Watched]) -> Iterator[Link]:
    """Enough links to tell all that belong together: of several alerts about one thing, each to one before it."""
    ordered = sorted(alerts, key=lambda alert: alert.order)
    subjects, abouts, likes, rules = (defaultdict[tuple[str, str], list[Alert]](list) for _ in range(4))
    for alert in ordered:
        subjects["subject", alert.subject].append(alert)
        rules["rule", alert.rule].append(alert)
        for thing in things(alert, monitors):
            abouts[thing].append(alert)
        for label in telling(alert, monitors):
            likes[label].append(alert)
    for key, members in subjects.items():
        yield from _going_on(SUBJECT, key, members)
    for key, members in abouts.items():
        yield from _going_on(HOST if key[0] == "host" else THING, key, members, LATELY_MS)
    yield from _depending(abouts, monitors)
    for key, members in likes.items():
        yield from _near(LABEL, key, members, NEAR_MS)
    for key, members in rules.items():
        yield from _near(RULE, key, members, STORM_MS)


def _near(sureness: int, key: tuple[str, str], members: Sequence[Alert], within_ms: int) -> Iterator[Link]:
    for earlier, later in pairwise(members):
        if later.started_ms - earlier.started_ms <= within_ms:
            yield Link(sureness, *key, earlier.id, later.id)


def _going_on(
    sureness: int, key: tuple[str, str], members: Sequence[Alert], lately: float = math.inf
) -> Iterator[Link]:
    """Each alert with the one before it whose reach goes furthest, if it begins within that."""
    furthest: tuple[float, int] | None = None
    for alert in members:
        if furthest is not None and alert.started_ms <= furthest[0]:
            yield Link(sureness, *key, furthest[1], alert.id)
        reach = _reach(alert, lately)
        if furthest is None or reach > furthest[0]:
            furthest = reach, alert.id


def _reach(alert: Alert, lately: float) -> float:
    return min(alert.until_ms + REOPEN_MS, alert.started_ms + lately)


class _Parent:
    """The alerts of a monitor that others depend on, in order: which of them cross one of another monitor.

    Those that an earlier one of their own reaches are linked to it already, so of the later ones the others (`_heads`)
    are enough.
    """

    def __init__(self, monitor: int, members: Sequence[Alert]) -> None:
        self._key = "parent", str(monitor)
        self._orders = [alert.order for alert in members]
        self._furthest: list[tuple[float, int]] = []
        self._heads: list[Alert] = []
        for alert in members:
            reach = _reach(alert, LATELY_MS), alert.id
            before = self._furthest[-1] if self._furthest else (-math.inf, 0)
            if alert.started_ms > before[0]:
                self._heads.append(alert)
            self._furthest.append(reach if reach[0] > before[0] else before)
        self._begun = [alert.started_ms for alert in self._heads]

    def links(self, alert: Alert) -> Iterator[Link]:
        """With the one before it that reaches furthest, and with those heads that begin within its own reach."""
        before = bisect_left(self._orders, alert.order)
        if before and self._furthest[before - 1][0] >= alert.started_ms:
            yield Link(DEPENDENCY, *self._key, self._furthest[before - 1][1], alert.id)
        last = bisect_right(self._begun, _reach(alert, LATELY_MS))
        for head in self._heads[bisect_left(self._begun, alert.started_ms) : last]:
            if head.order > alert.order:
                yield Link(DEPENDENCY, *self._key, alert.id, head.id)


def _depending(abouts: Mapping[tuple[str, str], Sequence[Alert]], monitors: Mapping[int, Watched]) -> Iterator[Link]:
    parents: dict[int, _Parent] = {}
    for child, above in _dependencies(abouts, monitors):
        if above not in parents:
            parents[above] = _Parent(above, abouts["monitor", str(above)])
        for alert in abouts["monitor", str(child)]:
            yield from parents[above].links(alert)


def _dependencies(
    abouts: Mapping[tuple[str, str], Sequence[Alert]], monitors: Mapping[int, Watched]
) -> Iterator[tuple[int, int]]:
    """Monitors with alerts, each with those with alerts that it depends on, at any distance."""
    alerting = sorted(int(which) for what, which in abouts if what == "monitor")
    known = set(alerting)
    for child in alerting:
        seen, above = {child}, monitors[child].parent if child in monitors else None
        for _ in range(_MOST_ABOVE):
            if above is None or above in seen:
                break
            if above in known:
                yield child, above
            seen.add(above)
            above = monitors[above].parent if above in monitors else None
