"""The rule about metrics of models: numbers that clients report under names of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from alerting.limited import Limited
from alerting.rules.of_models import OfModels
from vedette.events.model_metrics import MOST_RECENT
from vedette.events.signals import Signal


class _Window(NamedTuple):
    start_ms: int
    values: int
    mean: float
    min: float
    max: float

    def number(self, name: Literal["mean", "min", "max", "count"]) -> float:
        """The one that a rule compares."""
        return {"mean": self.mean, "min": self.min, "max": self.max, "count": float(self.values)}[name]


class ModelMetric(Limited, OfModels):
    """A metric that clients report of a model is beyond a limit in some of its last windows."""

    kind: Literal["model_metric"]
    metric: str = Field(min_length=1, max_length=200, description="its name, as it is reported")
    of_values: Literal["mean", "min", "max", "count"] = Field(
        default="mean", description="which number of a window is compared"
    )
    wanted: int = Field(default=1, ge=1, le=MOST_RECENT, description="in so many")
    of: int = Field(default=1, ge=1, le=MOST_RECENT, description="of so many last windows that have enough values")
    values: int = Field(default=1, ge=1, description="windows with fewer values say nothing")

    @model_validator(mode="after")
    def _some_of_all(self) -> ModelMetric:
        if self.wanted > self.of:
            raise ValueError("wanted must not be more than of")
        return self

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the model and the metric."""
        return signal.detail.get("metric", self.metric) == self.metric and self.is_of(signal)

    def holds(self, signal: Signal) -> bool | None:
        """Whether enough of the last windows are beyond the limit; None if too few say anything, or it is about
        another metric. Windows before those that a signal tells of say nothing any more."""
        if signal.kind != "metric" or not self.is_about(signal):
            return None
        if signal.state != "known":
            return False
        told = self._told(signal)
        last = self._chosen(told)
        beyond = sum(self.beyond(one.number(self.of_values)) for one in last)
        if beyond >= self.wanted:
            return True
        unknown = 0 if len(told) >= MOST_RECENT else self.of - len(last)
        return False if beyond + unknown < self.wanted else None

    def title(self, signal: Signal) -> str:
        """Which metric, its value in the newest window that is beyond the limit, the limit, and that window; or that
        nothing is reported any more."""
        what = self.metric if self.of_values == "mean" else f"{self.of_values} of {self.metric}"
        if signal.state != "known":
            return f"{what} of {signal.detail.get('name')} is reported no more"
        beyond = [one for one in self._chosen(self._told(signal)) if self.beyond(one.number(self.of_values))]
        start, value = (beyond[-1].start_ms, beyond[-1].number(self.of_values)) if beyond else (0, signal.value)
        begun = datetime.fromtimestamp(start / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        often = f", {len(beyond)} of {self.of} windows" if self.of > 1 else ""
        said = f"{what} of {signal.detail.get('name')} is {value:.4g}, {self.limit_words()}{often}"
        return f"{said}: window of {begun} UTC"

    def _chosen(self, told: list[_Window]) -> list[_Window]:
        return [one for one in told if one.values >= self.values][-self.of :]

    @staticmethod
    def _told(signal: Signal) -> list[_Window]:
        told = [one.split(":") for one in str(signal.detail.get("recent") or "").split()]
        return [_Window(int(one[0]), int(one[1]), float(one[2]), float(one[3]), float(one[4])) for one in told]
