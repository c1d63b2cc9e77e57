"""Series of checks: what each check says of an endpoint, as readings that rules can be about.

`endpoint.*` are those of a monitor at all its locations together, `check.*` those of one location. The mean of `apdex`
over any time is the Apdex of that time; that of `failure_ratio` is the share of checks that failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from vedette.errors import InvalidInput
from vedette.events.checks import COUNTED, HEARTBEAT, CheckRecord
from vedette.events.names import format_series, split_labels
from vedette.events.selectors import Selector
from vedette.statistics.apdex import zone

SHARES = ("apdex", "failure_ratio")
"""Measures of which a single reading says little: only their mean over a time is of interest."""
MEASURES = (*SHARES, "duration_ms")
_SCORES = (1.0, 0.5, 0.0)
NAMES = tuple(f"{scope}.{measure}" for scope in ("endpoint", "check") for measure in MEASURES)
_OWN = frozenset({"__name__", "monitor", "location", "source"})
KNOWN_LABELS = _OWN | {"name", "rule", "subject", "severity", "role", "plugin", "model", "feature", "segment", "metric"}
"""Labels that monitors cannot have as their own."""
MAX_LABELS_TEXT = 500


@dataclass(frozen=True, slots=True)
class CheckSeries:
    """`measure` of a monitor, at one location or (None) at all together."""

    monitor: int
    location: str | None
    measure: str

    @property
    def name(self) -> str:
        """As selectors name it."""
        return f"{'endpoint' if self.location is None else 'check'}.{self.measure}"

    @property
    def subject(self) -> str:
        """`monitor:ID/NAME` or `monitor:ID@LOCATION/NAME`."""
        place = "" if self.location is None else f"@{self.location}"
        return f"monitor:{self.monitor}{place}/{self.name}"

    def label(self, label: str) -> str:
        """What a selector can ask of it, whatever the monitor's name and labels are; empty if it has none."""
        if label == "__name__":
            return self.name
        return str(self.monitor) if label == "monitor" else (self.location or "") if label == "location" else ""


@lru_cache(maxsize=1 << 16)
def check_series_of(subject: str) -> CheckSeries | None:
    """The series that a subject names; None for any other subject."""
    kind, _, rest = subject.partition(":")
    place, slash, name = rest.partition("/")
    number, at, location = place.partition("@")
    if kind != "monitor" or not slash or not number.isdigit() or name not in NAMES:
        return None
    return CheckSeries(int(number), location if at else None, name.partition(".")[2])


def readings_of(result: CheckRecord) -> Iterator[tuple[str, float]]:
    """The measures of a check, each with its value; none of one that says nothing about the endpoint.

    Of a failed check there is no duration; nor of a ping without a start.
    """
    if result.outcome not in COUNTED:
        return
    failed = result.outcome == "down"
    yield "apdex", _SCORES[zone(result.total_ms, result.apdex_t_ms, failed)]
    yield "failure_ratio", float(failed)
    if not failed and (result.total_ms > 0 or result.location != HEARTBEAT):
        yield "duration_ms", result.total_ms


@lru_cache(maxsize=4096)
def named(selector: Selector) -> str | None:
    """The series of checks that a selector asks for by name; None for all others: a pattern for names means hosts'."""
    return next(
        (m.text for m in selector.matchers if m.label == "__name__" and m.operator == "=" and m.text in NAMES), None
    )


def matches(selector: Selector, series: CheckSeries, labels: Mapping[str, str] | None) -> bool:
    """Whether the selector means the series of a monitor with these `labels`, its `name` among them.

    None: whatever these are.
    """
    # Each signal is held against each rule, so nothing is built, or looked up, for what differs in its name.
    is_named = False
    for m in selector.matchers:
        if m.label in _OWN:
            if not m.matches(series.label(m.label)):
                return False
            is_named = is_named or (m.label == "__name__" and m.operator == "=")
        elif labels is not None and not m.matches(labels.get(m.label, "")):
            return False
    return is_named


def place_of(selector: Selector) -> Selector:
    """What a selector asks whatever the monitor's name and labels are."""
    return Selector(tuple(m for m in selector.matchers if m.label in _OWN))


def may_match(selector: Selector, monitor: int, labels: Mapping[str, str]) -> bool:
    """Whether the selector means any series of a monitor with these `labels`, its `name` among them, at whatever
    location: few need to be looked at where one is asked for."""
    known = {**labels, "monitor": str(monitor), "source": ""}
    return all(m.matches(known.get(m.label, "")) for m in selector.matchers if m.label not in {"__name__", "location"})


def labels_text(labels: Mapping[str, str]) -> str:
    """The labels of a monitor as signals carry them: `a="x",b="y"`."""
    return format_series("_", tuple(sorted(labels.items())))[2:-1] if labels else ""


@lru_cache(maxsize=1 << 14)
def labels_in(text: str) -> Mapping[str, str]:
    """The labels in such a text; none of a text that is none. Many rules ask of each signal."""
    try:
        return MappingProxyType(split_labels(text, "labels"))
    except InvalidInput:
        return MappingProxyType({})
