"""Rules: when a signal about a subject is an alert."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, field_validator, model_validator

from alerting.every_rule import Pattern, RuleBase, Severity
from alerting.model_rules import Drift, ModelSilent, Quality
from vedette.errors import InvalidInput
from vedette.events.patterns import matches_whole
from vedette.events.selectors import Selector, parse_selector
from vedette.events.signals import Signal, SignalKind


def is_silent(signal: Signal) -> bool:
    """Whether the signal itself says that nobody is to be called: for maintenance, or since a parent is down."""
    return bool(signal.detail.get("maintenance") or signal.detail.get("suppressed_by"))


class EndpointDown(RuleBase):
    """An endpoint fails at a location, `after_failures` times in a row."""

    kind: Literal["endpoint_down"]
    severity: Severity = "critical"
    monitor: int | None = Field(default=None, description="null: every monitor")
    after_failures: int = Field(default=1, ge=1, le=100)

    def holds(self, signal: Signal) -> bool | None:
        """Whether the signal means trouble; None if it says nothing about this rule."""
        if signal.kind != "endpoint" or self.monitor not in {None, signal.detail.get("monitor")}:
            return None
        if signal.state != "down":
            return False  # it is up, or nobody looks any more
        if is_silent(signal):
            return None
        failures = signal.detail.get("failures")
        return True if isinstance(failures, int) and failures >= self.after_failures else None


class Outage(RuleBase):
    """A monitor is down: a quorum of its locations has failed."""

    kind: Literal["outage"]
    severity: Severity = "critical"
    monitor: int | None = Field(default=None, description="null: every monitor")
    partial: bool = Field(default=False, description="also while fewer locations than the quorum fail")

    def holds(self, signal: Signal) -> bool | None:
        """Whether the monitor is down; None if the signal is about something else, or nobody is to be called."""
        if signal.kind != "monitor" or self.monitor not in {None, signal.detail.get("monitor")}:
            return None
        if signal.state != "down" and not (self.partial and signal.state == "partial"):
            return False
        return None if is_silent(signal) else True


class Trend(RuleBase):
    """A monitor's Apdex has changed for good: a step, or a slow decline.

    It is over with a step the other way, or a step in neither after seven days: then the new level is the usual one.
    A decline is over when it is no longer seen.
    """

    kind: Literal["trend"]
    monitor: int | None = Field(default=None, description="null: every monitor")
    direction: Literal["down", "up"] = "down"
    minimum: float = Field(default=0.0, ge=0, le=1, description="smallest change of Apdex that matters")
    declines: bool = Field(default=True, description="slow declines too, not only steps")

    def holds(self, signal: Signal) -> bool | None:
        """Whether the Apdex has moved that way by enough; None if the signal says nothing about this rule."""
        if signal.kind != "trend" or self.monitor not in {None, signal.detail.get("monitor")}:
            return None
        if signal.state != self.direction:
            return False
        if signal.detail.get("trend") == "decline" and not self.declines:
            return None
        return True if abs(signal.value) >= self.minimum else None


class HostSilent(RuleBase):
    """A host has stopped reporting."""

    kind: Literal["host_silent"]
    severity: Severity = "critical"
    source: Pattern = Field(default=None, description="a regular expression for whole names; null: every host")

    def holds(self, signal: Signal) -> bool | None:
        """Whether the host is silent; None if the signal is about something else."""
        name = signal.subject.removeprefix("source:")
        if signal.kind != "host" or (self.source is not None and not matches_whole(self.source, name)):
            return None
        return signal.state == "silent"


class HostFlag(RuleBase):
    """Something is wrong with a host's agent: several machines report under its name, or its clock is off."""

    kind: Literal["host_flag"]
    flag: Literal["clone", "clock"]

    def holds(self, signal: Signal) -> bool | None:
        """Whether the flag is up; None if the signal is about something else."""
        return signal.state != "ok" if signal.kind == self.flag else None

    def title(self, signal: Signal) -> str:
        """What the flag means, in a line."""
        host = signal.subject.partition(":")[2]
        if self.flag == "clone":
            return f"several machines report as {host}"
        return f"the clock of {host} is off by {signal.value / 1000:.0f} s"


class PluginNotice(RuleBase):
    """A plugin has something to say: each is an alert of its own that ends as it begins."""

    kind: Literal["plugin_notice"]
    severity: Severity = "info"
    source: Pattern = Field(default=None, description="a regular expression for whole host names; null: every host")
    plugin: Pattern = Field(default=None, description="the same for names of plugin instances; null: every plugin")

    def holds(self, signal: Signal) -> bool | None:
        """Whether it is a notice of these plugins; None if the signal is about something else."""
        if signal.kind != "notice":
            return None
        source, _, plugin = signal.subject.removeprefix("plugin:").rpartition("/")
        asked = ((self.source, source), (self.plugin, plugin))
        return True if all(pattern is None or matches_whole(pattern, name) for pattern, name in asked) else None

    def title(self, signal: Signal) -> str:
        """What the plugin said, in its own words."""
        return str(signal.detail.get("title") or signal.subject)


class Threshold(RuleBase):
    """A series is above or below a limit, for a while."""

    kind: Literal["threshold"]
    series: str = Field(examples=['cpu.used_ratio{source="web-1"}'])
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    for_s: int = Field(default=0, ge=0, le=86_400, description="how long it must have held")

    @field_validator("series")
    @classmethod
    def _parses(cls, value: str) -> str:
        try:
            parse_selector(value)
        except InvalidInput as error:
            raise ValueError(error.allowed) from error
        return value

    @model_validator(mode="after")
    def _one_limit(self) -> Threshold:
        if (self.above is None) == (self.below is None):
            raise ValueError("either above or below must be given")
        return self

    def selector(self) -> Selector:
        """The parsed selector."""
        return parse_selector(self.series)

    def holds(self, signal: Signal) -> bool | None:
        """Whether the value is beyond the limit; None if the signal is about another series."""
        if not minds(self, signal):
            return None
        selector = self.selector()
        if selector.names_role():
            name = signal.subject.partition("/")[2]
            if not selector.matches_series(name, str(signal.detail.get("roles") or "").split()):
                return False  # it may have had the role until now: an alert of then is over
        return signal.value > self.above if self.above is not None else signal.value < (self.below or 0.0)


AnyRule = (
    EndpointDown | HostSilent | Threshold | Outage | Trend | HostFlag | PluginNotice | Drift | ModelSilent | Quality
)
RuleSpec = Annotated[AnyRule, Field(discriminator="kind")]
rule_adapter: TypeAdapter[AnyRule] = TypeAdapter(RuleSpec)


_KINDS: dict[str, SignalKind] = {
    "endpoint_down": "endpoint",
    "outage": "monitor",
    "trend": "trend",
    "host_silent": "host",
    "plugin_notice": "notice",
    "drift": "drift",
    "model_silent": "model",
    "quality": "quality",
    "threshold": "series",
}


def minds(rule: AnyRule, signal: Signal) -> bool:
    """Whether the rule may have anything to say about the signal's subject, whatever its state and the host's roles.

    The same for all signals of one kind about one subject. Where it is False, `holds` is None.
    """
    if isinstance(rule, HostFlag):
        return rule.flag == signal.kind
    if _KINDS[rule.kind] != signal.kind:
        return False
    if isinstance(rule, Threshold):
        return _is_about(rule.series, signal.subject)
    monitor = getattr(rule, "monitor", None)
    return monitor is None or monitor == signal.detail.get("monitor")


def minds_subject(rule: AnyRule, account: int, subject: str, detail: dict[str, str | int | float | None]) -> bool:
    """The same of an alert's subject, with the detail of the signal that raised it."""
    kind = rule.flag if isinstance(rule, HostFlag) else _KINDS[rule.kind]
    return minds(rule, Signal(kind, account, subject, 0, detail=detail))


@lru_cache(maxsize=1 << 17)
def _is_about(selector: str, subject: str) -> bool:
    """Whether a selector means the series of a subject, whatever the host's roles."""
    source, _, name = subject.removeprefix("series:").partition("/")
    found = parse_selector(selector)
    return found.matches_source(source) and found.matches_series(name, None)


def hold_ms(rule: AnyRule) -> int:
    """How long the rule's condition must hold before it fires."""
    return rule.for_s * 1000 if isinstance(rule, Threshold) else 0
