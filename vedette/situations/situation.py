"""A situation: alerts that belong together. It begins with the first, and is over when all of them have ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vedette.situations.alert import SEVERITIES, Alert, Watched
from vedette.situations.links import Link, links


@dataclass(frozen=True, slots=True)
class Situation:
    """Its alerts in the order of their starts, and for each but the first the surest link to one before it."""

    alerts: tuple[Alert, ...]
    because: Mapping[int, Link]

    @property
    def id(self) -> int:
        """The number of its first alert. That of any other of its alerts finds it too."""
        return self.alerts[0].id

    @property
    def started_ms(self) -> int:
        """When its first alert began (ms UTC)."""
        return self.alerts[0].started_ms

    @property
    def ended_ms(self) -> int | None:
        """When the last of its alerts ended (ms UTC); None while one is open."""
        ends = [alert.ended_ms for alert in self.alerts if alert.ended_ms is not None]
        return max(ends) if len(ends) == len(self.alerts) else None

    @property
    def lead(self) -> Alert:
        """The first of its gravest alerts: what it is called by."""
        return min(self.alerts, key=lambda alert: (-_gravity(alert), alert.order))

    def quiet(self) -> list[tuple[int, int]]:
        """The times (ms UTC) in which it seemed over, until another alert reopened it."""
        found, until = [], self.alerts[0].until_ms
        for alert in self.alerts[1:]:
            if alert.started_ms > until:
                found.append((int(until), alert.started_ms))
            until = max(until, alert.until_ms)
        return found

    def goes_on_in(self, from_ms: int, to_ms: int) -> bool:
        """Whether any of it lies in from_ms ≤ t < to_ms."""
        ended = self.ended_ms
        return self.started_ms < to_ms and (ended is None or ended >= from_ms)


def _gravity(alert: Alert) -> int:
    return SEVERITIES.index(alert.severity) if alert.severity in SEVERITIES else 0


def situations(alerts: Iterable[Alert], monitors: Mapping[int, Watched]) -> list[Situation]:
    """All situations of these alerts, the first first. The order of `alerts` does not matter."""
    known = {alert.id: alert for alert in alerts}
    leader = {number: number for number in known}

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    because: dict[int, Link] = {}
    for link in links(known.values(), monitors):
        first, second = find(link.earlier), find(link.later)
        if first != second:
            leader[second] = first
        best = because.get(link.later)
        if best is None or link < best:
            because[link.later] = link
    members: dict[int, list[Alert]] = {}
    for alert in sorted(known.values(), key=lambda alert: alert.order):
        members.setdefault(find(alert.id), []).append(alert)
    return [
        Situation(tuple(found), {alert.id: because[alert.id] for alert in found if alert.id in because})
        for found in members.values()
    ]
