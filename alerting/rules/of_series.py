"""What rules about series have in common: which series a selector means, of a host or of a monitor's checks."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from alerting.every_rule import RuleBase
from vedette.errors import InvalidInput
from vedette.events.check_series import check_series_of, labels_in, matches
from vedette.events.selectors import Selector, parse_selector
from vedette.events.signals import Signal


def _parses(value: str) -> str:
    try:
        parse_selector(value)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    return value


def name_of(signal: Signal) -> tuple[str, str]:
    """Whose series a signal is about, and the series' canonical name.

    Of a host, its name; of checks, the monitor's name where the signal tells it, and the location.
    """
    checks = check_series_of(signal.subject)
    if checks is None:
        source, _, name = signal.subject.removeprefix("series:").partition("/")
        return source, name
    monitor = signal.detail.get("name") or f"monitor {checks.monitor}"
    return f"{monitor} at {checks.location}" if checks.location else str(monitor), checks.name


class OfSeries(RuleBase):
    """A rule about the series that a selector means."""

    series: Annotated[str, AfterValidator(_parses)] = Field(
        examples=['cpu.used_ratio{source="web-1"}', 'endpoint.apdex{name="Shop"}'],
        description="a selector of hosts' series, or of checks: endpoint.apdex, endpoint.failure_ratio,"
        " endpoint.duration_ms of a monitor at all locations together, check.… of each location by itself; with monitor"
        " (its number), location, name and the monitor's own labels",
    )

    def selector(self) -> Selector:
        """The parsed selector."""
        return parse_selector(self.series)

    def has_role(self, signal: Signal) -> bool:
        """Whether the host has the role that the rule asks for, or the monitor the name and the labels, if it does; it
        may have had them until now. A series of checks that is over has none."""
        if signal.state == "over":
            return False
        selector = self.selector()
        checks = check_series_of(signal.subject)
        if checks is not None:
            own = labels_in(str(signal.detail.get("labels") or ""))
            return matches(selector, checks, {**own, "name": str(signal.detail.get("name") or "")})
        if not selector.names_role():
            return True
        return selector.matches_series(name_of(signal)[1], str(signal.detail.get("roles") or "").split())


def is_about(rule: OfSeries, signal: Signal) -> bool:
    """Whether the signal, or a timer's word, is about a series that the rule's selector means, on whatever host, or
    with whatever labels of the monitor."""
    return signal.kind in {"series", "timer"} and _is_about(rule.series, signal.subject)


@lru_cache(maxsize=1 << 17)
def _is_about(selector: str, subject: str) -> bool:
    found = parse_selector(selector)
    if not subject.startswith("series:"):
        checks = check_series_of(subject)
        return checks is not None and matches(found, checks, None)
    source, _, name = subject.removeprefix("series:").partition("/")
    return found.matches_source(source) and found.matches_series(name, None)
