"""Rules about series: a value beyond a limit, a change against the time before, a series that is reported no more."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from alerting.rules.endpoints import is_silent
from alerting.rules.of_series import OfSeries, is_about, name_of
from vedette.events.check_series import SHARES, named
from vedette.events.signals import Signal

DAY_S = 86_400
SHARE_S = 600
"""Over so long is the mean taken of what checks say one by one, if a rule does not say."""


class Threshold(OfSeries):
    """A series is above or below a limit, or outside of two, for a while; and with that, until it is well within."""

    kind: Literal["threshold"]
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    outside: list[Annotated[float, Field(allow_inf_nan=False)]] | None = Field(
        default=None, min_length=2, max_length=2, description="below the first or above the second", examples=[[10, 90]]
    )
    over_s: int | None = Field(
        default=None,
        ge=0,
        le=DAY_S,
        description="compared is the mean of the readings of the last so many seconds; 0: each reading by itself;"
        f" null: that, but {SHARE_S} for endpoint.apdex, check.failure_ratio and the like",
    )
    for_s: int = Field(default=0, ge=0, le=DAY_S, description="how long it must have held")
    clear_above: float | None = Field(
        default=None, allow_inf_nan=False, description="over only above this; null: above `below`"
    )
    clear_below: float | None = Field(
        default=None, allow_inf_nan=False, description="over only below this; null: below `above`"
    )
    clear_for_s: int = Field(default=0, ge=0, le=DAY_S, description="and for so long")

    @model_validator(mode="after")
    def _one_limit(self) -> Threshold:
        if sum(limit is not None for limit in (self.above, self.below, self.outside)) != 1:
            raise ValueError("either above or below must be given, or outside")
        if self.outside is not None and self.outside[0] >= self.outside[1]:
            raise ValueError("outside must be a lower and a higher number")
        low, high = self.bounds()
        least = low if self.clear_above is None else self.clear_above
        most = high if self.clear_below is None else self.clear_below
        if not low <= least <= most <= high:
            raise ValueError("clear_above and clear_below must lie within the limits, clear_above lower")
        if (self.clear_above is not None and low == -math.inf) or (self.clear_below is not None and high == math.inf):
            raise ValueError("clear_below goes with above, clear_above with below, both with outside")
        return self

    @model_validator(mode="after")
    def _is_share(self) -> Threshold:
        name = named(self.selector())
        if self.over_s is not None and self.over_s < 60 and name is not None and name.partition(".")[2] in SHARES:
            raise ValueError(f"over_s of at least 60 for {name}: a single check says 0 or 1")
        return self

    @cached_property
    def mean_ms(self) -> int:
        """Over how many milliseconds the mean is taken; 0 if each reading counts by itself."""
        if self.over_s is not None:
            return self.over_s * 1000
        name = named(self.selector())
        return SHARE_S * 1000 if name is not None and name.partition(".")[2] in SHARES else 0

    def bounds(self) -> tuple[float, float]:
        """The limits; one that is not set is infinite."""
        if self.outside is not None:
            return self.outside[0], self.outside[1]
        return (-math.inf if self.below is None else self.below), (math.inf if self.above is None else self.above)

    def holds(self, signal: Signal) -> bool | None:
        """Whether the value is beyond a limit; None if the signal is about something else, or has no mean where one is
        asked for."""
        if not is_about(self, signal):
            return None
        if not self.has_role(signal):
            return False
        if is_silent(signal) or (self.mean_ms and "readings" not in signal.detail):
            return None
        if self.above is not None:
            return signal.value > self.above
        if self.below is not None:
            return signal.value < self.below
        low, high = self.bounds()
        return not low <= signal.value <= high

    def cleared(self, signal: Signal) -> bool:
        """Whether a value that is not beyond the limits is so well within them that an alert may end."""
        low, high = self.bounds()
        low = low if self.clear_above is None else self.clear_above
        high = high if self.clear_below is None else self.clear_below
        return low <= signal.value <= high or not self.has_role(signal)

    def limit(self) -> float | str | None:
        """The limit, or both."""
        if self.outside is not None:
            return f"{self.outside[0]:g} to {self.outside[1]:g}"
        return self.above if self.above is not None else self.below

    def title(self, signal: Signal) -> str:
        """Which series, the limit, the value."""
        source, series = name_of(signal)
        how = "outside" if self.outside is not None else "above" if self.above is not None else "below"
        limit = self.limit()
        told = limit if isinstance(limit, str) else f"{limit:g}"
        if not self.mean_ms:
            return f"{series} of {source} is {how} {told} (it is {signal.value:g})"
        return f"{series} of {source} is {how} {told} ({signal.value:.4g} in the last {_long(self.mean_ms)})"


def _long(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes} min" if not seconds else f"{ms // 1000} s"


class Change(OfSeries):
    """The mean of a series over a window has changed against that of an earlier window.

    Windows are aligned to the clock (UTC), one after the other, and judged as the next begins. One with less than half
    as many readings as the other says nothing.
    """

    kind: Literal["change"]
    window_s: int = Field(default=3600, ge=60, le=DAY_S, multiple_of=10)
    against: Literal["before", "yesterday", "last_week"] = Field(
        default="before", description="the window before, or the same one 24 hours or 7 days ago"
    )
    direction: Literal["up", "down", "either"] = "either"
    by: float = Field(gt=0, allow_inf_nan=False, description="how far is too far, as `unit` says")
    unit: Literal["percent", "absolute"] = "percent"
    floor: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="nothing is said while both means are smaller than this"
    )

    @model_validator(mode="after")
    def _fits(self) -> Change:
        least = {"before": 60, "yesterday": 300, "last_week": 1800}[self.against]
        if self.window_s < least:
            raise ValueError(f"window_s of at least {least} for {self.against}")
        if self.against != "before" and DAY_S % self.window_s:
            raise ValueError(f"a window_s that divides a day, for {self.against}")
        return self

    def back(self) -> int:
        """How many windows earlier the other one is."""
        return {"before": 1, "yesterday": DAY_S // self.window_s, "last_week": 7 * DAY_S // self.window_s}[self.against]

    def holds(self, signal: Signal) -> bool | None:
        """Whether the mean has changed too much; None unless the signal has `before`, the other window's mean."""
        if not is_about(self, signal):
            return None
        if not self.has_role(signal):
            return False
        before = signal.detail.get("before")
        if is_silent(signal) or not isinstance(before, int | float):
            return None
        if max(abs(signal.value), abs(before)) < self.floor:
            return False
        moved = self.moved(signal.value, before)
        return (self.direction != "down" and moved > self.by) or (self.direction != "up" and moved < -self.by)

    def moved(self, value: float, before: float) -> float:
        """The change, in percent of what was before or absolute. From zero, any change in percent is infinite."""
        if self.unit == "absolute":
            return value - before
        if before == 0:
            return 0.0 if value == 0 else math.copysign(math.inf, value)
        return (value - before) / abs(before) * 100

    def limit(self) -> float | str | None:
        """How far is too far."""
        return self.by

    def title(self, signal: Signal) -> str:
        """Which series, how far, both means."""
        source, series = name_of(signal)
        before = signal.detail.get("before")
        if not isinstance(before, int | float):
            return f"{series} of {source} has changed"
        moved = self.moved(signal.value, before)
        far = f"{abs(moved):.3g}{' %' if self.unit == 'percent' else ''}"
        how = "risen" if moved > 0 else "fallen"
        when = {"before": "the window before", "yesterday": "yesterday", "last_week": "last week"}[self.against]
        return f"{series} of {source} has {how} by {far}: {signal.value:.4g}, {when} {before:.4g}"


class Absence(OfSeries):
    """A series is reported no more while its host reports, or while others do if its host does not say how often.

    A series must have been heard of once since the rule was made. While its host is silent, it is not known whether the
    series is there: that is what rules of the kind `host_silent` tell.
    """

    kind: Literal["absence"]
    for_s: int = Field(default=600, ge=30, le=30 * DAY_S, description="how long it must have been missing")

    def holds(self, signal: Signal) -> bool | None:
        """False if the series is there; True if a timer says that it has been missing for too long."""
        if not is_about(self, signal):
            return None
        if signal.kind == "series" or not self.has_role(signal):
            return False
        return True if signal.state == "missing" and signal.value >= self.for_s * 1000 else None

    def limit(self) -> float | str | None:
        """Seconds."""
        return self.for_s

    def title(self, signal: Signal) -> str:
        """Which series, and since when."""
        source, series = name_of(signal)
        return f"{series} of {source} is reported no more"
