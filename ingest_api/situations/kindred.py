"""Kindred: what a situation's alerts are about, what has to do with that, and what has not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vedette.situations.alert import Alert, Watched, telling
from vedette.situations.score import Kin
from vedette.situations.situation import Situation
from vedette.store import around
from vedette.store.pool import Store


@dataclass(frozen=True, slots=True)
class Kindred:
    """Own and akin monitors, hosts and models; `shared` are telling labels of its alerts."""

    monitors: frozenset[int]
    akin_monitors: frozenset[int]
    hosts: frozenset[str]
    akin_hosts: frozenset[str]
    models: frozenset[int]
    shared: frozenset[tuple[str, str]]
    watched: Mapping[int, Watched]

    def monitor(self, number: int) -> Kin:
        """How near a monitor is."""
        return "own" if number in self.monitors else "akin" if number in self.akin_monitors else "other"

    def host(self, name: str) -> Kin:
        """How near a host is."""
        return "own" if name.lower() in self.hosts else "akin" if name.lower() in self.akin_hosts else "other"

    def model(self, number: int) -> Kin:
        """How near a model is."""
        return "own" if number in self.models else "other"

    def any_of(self, monitors: Iterable[int]) -> Kin:
        """How near the nearest of several monitors is."""
        found = {self.monitor(number) for number in monitors}
        return "own" if "own" in found else "akin" if "akin" in found else "other"

    def alert(self, alert: Alert) -> Kin:
        """How near an alert of another situation is."""
        kin: list[Kin] = []
        if alert.monitor is not None:
            kin.append(self.monitor(alert.monitor))
        if alert.source is not None:
            kin.append(self.host(alert.source))
        if alert.model is not None:
            kin.append(self.model(alert.model))
        if "own" in kin:
            return "own"
        return "akin" if "akin" in kin or self.shared & set(telling(alert, self.watched)) else "other"


def kindred(store: Store, account: int, situation: Situation, watched: Mapping[int, Watched]) -> Kindred:
    """Of a situation, by the dependencies and roles of now."""
    monitors = {alert.monitor for alert in situation.alerts if alert.monitor is not None}
    named = {alert.source for alert in situation.alerts if alert.source is not None}
    hosts = {name.lower() for name in named} | {
        host for number in monitors if number in watched and (host := watched[number].host) is not None
    }
    parents = {watched[number].parent for number in monitors if number in watched}
    akin = {
        number
        for number, one in watched.items()
        if one.parent in monitors
        or number in parents
        or (one.parent is not None and one.parent in parents)
        or one.host in hosts
    }
    same_role = around.roles_shared(store, account, sorted(named | hosts))
    return Kindred(
        frozenset(monitors),
        frozenset(akin - monitors),
        frozenset(hosts),
        frozenset({name.lower() for name in same_role} - hosts),
        frozenset(alert.model for alert in situation.alerts if alert.model is not None),
        frozenset(label for alert in situation.alerts for label in telling(alert, watched)),
        watched,
    )
