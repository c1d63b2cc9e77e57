"""An alert as situations see it: when it went on, what it is about, and by what it can be told to belong to others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from vedette.notifying.labels import labels_of

SEVERITIES = ("", "info", "warning", "critical")
"""From the least on."""
TELLING = ("location", "role", "plugin", "parent")
"""Labels that say why several alerts may begin at a time; a role is each of the host's roles."""
_OF_HOSTS = frozenset({"source", "clone", "clock", "plugin", "series", "expression"})
_OF_MODELS = frozenset({"model", "segment", "quality", "metric"})
"""Kinds of subjects that name a host, or a model."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Times are ms UTC; `ended_ms` is None while it is open. `labels` are those that routes choose by."""

    id: int
    rule: str
    subject: str
    title: str
    severity: str
    state: str
    started_ms: int
    ended_ms: int | None
    labels: Mapping[str, str] = field(default_factory=dict)
    acknowledged_by: str | None = None

    @property
    def until_ms(self) -> float:
        """When it ended; infinite while it is open."""
        return math.inf if self.ended_ms is None else self.ended_ms

    @property
    def order(self) -> tuple[int, int]:
        """Its place among others: by start, and by number where two began at once."""
        return self.started_ms, self.id

    @property
    def monitor(self) -> int | None:
        """The number of the monitor that it is about."""
        if self.subject.partition(":")[0] != "monitor":  # a series may have a label of this name
            return None
        return _number(self.labels.get("monitor", ""))

    @property
    def source(self) -> str | None:
        """The host that it is about."""
        kind = self.subject.partition(":")[0]
        return self.labels.get("source") if kind in _OF_HOSTS else None

    @property
    def model(self) -> int | None:
        """The number of the model that it is about."""
        kind, _, rest = self.subject.partition(":")
        if kind not in _OF_MODELS:
            return None
        return _number(rest.partition("/")[0].partition("@")[0])


@dataclass(frozen=True, slots=True)
class Watched:
    """A monitor as it is now: its name, the monitor that it depends on, and the host that its URL names."""

    name: str
    parent: int | None = None
    host: str | None = None


def alert_labels(rule: str, subject: str, severity: str, roles: str | None, location: str | None) -> dict[str, str]:
    """The labels of an alert whose first transition says these `roles` and this `location`."""
    return labels_of(rule, subject, severity, {"roles": roles, "location": location})


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def host_of(url: str) -> str | None:
    """The host that a URL names, in small letters; None for none, and for what means another machine everywhere."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    if not host or host == "localhost":
        return None
    try:
        if ip_address(host).is_loopback:
            return None
    except ValueError:
        pass
    return host.lower()


def things(alert: Alert, monitors: Mapping[int, Watched]) -> Iterator[tuple[str, str]]:
    """What it is about, each with its kind: a monitor and the host of its URL, a host, a model."""
    if alert.monitor is not None:
        yield "monitor", str(alert.monitor)
        watched = monitors.get(alert.monitor)
        if watched is not None and watched.host is not None:
            yield "host", watched.host
    if alert.source is not None:
        yield "host", alert.source.lower()
    if alert.model is not None:
        yield "model", str(alert.model)


def telling(alert: Alert, monitors: Mapping[int, Watched]) -> Iterator[tuple[str, str]]:
    """Its labels of `TELLING`; `parent` is the monitor that its monitor depends on."""
    for label in ("location", "plugin"):
        if alert.labels.get(label):
            yield label, alert.labels[label]
    for role in alert.labels.get("role", "").split():
        yield "role", role
    watched = None if alert.monitor is None else monitors.get(alert.monitor)
    if watched is not None and watched.parent is not None:
        yield "parent", str(watched.parent)
