"""Rules about hosts: silence, what is wrong with an agent, what plugins say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alerting.every_rule import Pattern, Severity
from alerting.rules.of_hosts import OfHosts
from vedette.events.patterns import matches_whole
from vedette.events.signals import Signal


class HostSilent(OfHosts):
    """A host has stopped reporting."""

    kind: Literal["host_silent"]
    severity: Severity = "critical"
    source: Pattern = Field(default=None, description="a regular expression for whole names; null: every host")

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the host, by its name."""
        name = signal.subject.removeprefix("source:")
        return super().is_about(signal) and (self.source is None or matches_whole(self.source, name))

    def holds(self, signal: Signal) -> bool | None:
        """Whether the host is silent; None if the signal is about something else."""
        if signal.kind != "host" or not self.is_about(signal):
            return None
        return signal.state == "silent" and self.has_role(signal)


class HostFlag(OfHosts):
    """Something is wrong with a host's agent: several machines report under its name, or its clock is off."""

    kind: Literal["host_flag"]
    flag: Literal["clone", "clock"]

    def holds(self, signal: Signal) -> bool | None:
        """Whether the flag is up; None if the signal is about something else."""
        if signal.kind != self.flag or not self.is_about(signal):
            return None
        return signal.state != "ok" and self.has_role(signal)

    def title(self, signal: Signal) -> str:
        """What the flag means, in a line."""
        host = signal.subject.partition(":")[2]
        if self.flag == "clone":
            return f"several machines report as {host}"
        return f"the clock of {host} is off by {signal.value / 1000:.0f} s"


class PluginNotice(OfHosts):
    """A plugin has something to say: each is an alert of its own that ends as it begins."""

    kind: Literal["plugin_notice"]
    severity: Severity = "info"
    source: Pattern = Field(default=None, description="a regular expression for whole host names; null: every host")
    plugin: Pattern = Field(default=None, description="the same for names of plugin instances; null: every plugin")

    def holds(self, signal: Signal) -> bool | None:
        """Whether it is a notice of these plugins; None if the signal is about something else."""
        if signal.kind != "notice" or not self.is_about(signal) or not self.has_role(signal):
            return None
        source, _, plugin = signal.subject.removeprefix("plugin:").rpartition("/")
        asked = ((self.source, source), (self.plugin, plugin))
        return True if all(pattern is None or matches_whole(pattern, name) for pattern, name in asked) else None

    def title(self, signal: Signal) -> str:
        """What the plugin said, in its own words."""
        return str(signal.detail.get("title") or signal.subject)
