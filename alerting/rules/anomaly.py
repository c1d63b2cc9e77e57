"""The rule about anomalies: a series is far from what is usual at its hour of the week."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from alerting.rules.endpoints import is_silent
from alerting.rules.of_series import OfSeries, is_about, name_of
from vedette.events.signals import Signal


def _divides_an_hour(value: int) -> int:
    if 3600 % value or value % 60:
        raise ValueError("300, 600, 900, 1200, 1800 or 3600")
    return value


class Anomaly(OfSeries):
    """A series is far from what is usual at its hour of the week, farther than false alarms allow.

    What is usual is learned from the last four weeks, and how far is too far from all series of the rule together, so
    that in quiet weeks about `false_alarms_per_week` alerts come of all of them, or the rule's share of what the
    account allows. Compared are means of windows, in UTC.
    """

    kind: Literal["anomaly"]
    direction: Literal["above", "below", "both"] = "both"
    window_s: Annotated[int, AfterValidator(_divides_an_hour)] = Field(
        default=900, ge=300, le=3600, description="300, 600, 900, 1200, 1800 or 3600"
    )
    windows: int = Field(default=2, ge=1, le=12, description="so many windows in a row must be unusual")
    false_alarms_per_week: float | None = Field(
        default=None,
        ge=0.25,
        le=1000,
        description="of all series of the rule together; null: an equal share of what the account allows",
    )
    floor: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="nothing is unusual while it is no farther off than this"
    )

    def holds(self, signal: Signal) -> bool | None:
        """Whether what is told of a window is unusual; None unless the signal tells of one."""
        if not is_about(self, signal):
            return None
        if not self.has_role(signal):
            return False
        anomalous = signal.detail.get("anomalous")
        return None if anomalous is None or is_silent(signal) else bool(anomalous)

    def title(self, signal: Signal) -> str:
        """Which series, its value, and what would be usual."""
        source, series = name_of(signal)
        usual = signal.detail.get("usual")
        if not isinstance(usual, int | float):
            return f"{series} of {source} is unusual"
        return f"{series} of {source} is {signal.value:.4g}, usually {usual:.4g} at this hour of the week"
