"""Rules about endpoints: a location that fails, a monitor that is down, an Apdex that has changed for good."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alerting.every_rule import Severity
from alerting.rules.of_monitors import OfMonitors
from vedette.events.signals import Signal


def is_silent(signal: Signal) -> bool:
    """Whether the signal itself says that nobody is to be called: for maintenance, or since a parent is down."""
    return bool(signal.detail.get("maintenance") or signal.detail.get("suppressed_by"))


def is_of_silence(signal: Signal) -> bool:
    """Whether a monitor's signal says that nobody reports of it, or that this is over, and not how it is."""
    return "silent_s" in signal.detail


class EndpointDown(OfMonitors):
    """An endpoint fails at a location, `after_failures` times in a row."""

    kind: Literal["endpoint_down"]
    severity: Severity = "critical"
    after_failures: int = Field(default=1, ge=1, le=100)

    def holds(self, signal: Signal) -> bool | None:
        """Whether the signal means trouble; None if it says nothing about this rule."""
        if signal.kind != "endpoint" or not self.is_about(signal):
            return None
        if signal.state != "down" or not self.has_labels(signal):
            return False  # it is up, or nobody looks any more
        if is_silent(signal):
            return None
        failures = signal.detail.get("failures")
        return True if isinstance(failures, int) and failures >= self.after_failures else None


class Outage(OfMonitors):
    """A monitor is down: a quorum of its locations has failed. If `unknown`, also: nobody checks it."""

    kind: Literal["outage"]
    severity: Severity = "critical"
    partial: bool = Field(default=False, description="also while fewer locations than the quorum fail")
    unknown: bool = Field(default=False, description="also while nobody checks it: no probe has reported for a while")

    def holds(self, signal: Signal) -> bool | None:
        """Whether the monitor is down; None if the signal is about something else, or nobody is to be called."""
        if signal.kind != "monitor" or not self.is_about(signal):
            return None
        if not self.has_labels(signal):
            return False
        if is_of_silence(signal):
            return not signal.detail.get("heard") if self.unknown else None
        if signal.state != "down" and not (self.partial and signal.state == "partial"):
            return False
        return None if is_silent(signal) else True


class Degraded(OfMonitors):
    """A monitor answers, but not as it should (slow, a certificate that ends soon), and has for a while."""

    kind: Literal["degraded"]
    for_s: int = Field(default=600, ge=0, le=86_400, description="how long it must have been so")

    def holds(self, signal: Signal) -> bool | None:
        """Whether the monitor is degraded; None if the signal is about something else, or nobody is to be called.

        One that is down is not degraded any more: that is for rules of the kind `outage`. One that fails at too few
        locations to be down stays what it was.
        """
        if signal.kind != "monitor" or not self.is_about(signal):
            return None
        if not self.has_labels(signal):
            return False
        if is_of_silence(signal):
            return None
        if signal.state != "degraded":
            return None if signal.state == "partial" else False
        return None if is_silent(signal) else True


class Trend(OfMonitors):
    """A monitor's Apdex has changed for good: a step, or a slow decline.

    It is over with a step the other way, or a step in neither after seven days: then the new level is the usual one.
    A decline is over when it is no longer seen.
    """

    kind: Literal["trend"]
    direction: Literal["down", "up"] = "down"
    minimum: float = Field(default=0.0, ge=0, le=1, description="smallest change of Apdex that matters")
    declines: bool = Field(default=True, description="slow declines too, not only steps")

    def holds(self, signal: Signal) -> bool | None:
        """Whether the Apdex has moved that way by enough; None if the signal says nothing about this rule."""
        if signal.kind != "trend" or not self.is_about(signal):
            return None
        if signal.state != self.direction or not self.has_labels(signal):
            return False
        if signal.detail.get("trend") == "decline" and not self.declines:
            return None
        return True if abs(signal.value) >= self.minimum else None
