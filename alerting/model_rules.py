"""Rules about models: when drift, silence or quality is an alert."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, model_validator

from alerting.every_rule import Pattern, RuleBase
from vedette.events.patterns import matches_whole
from vedette.events.signals import Signal


class Drift(RuleBase):
    """A feature of a model has drifted, by the tests and the k of m windows that the model's own settings name."""

    kind: Literal["drift"]
    model: int | None = Field(default=None, description="null: every model")
    feature: Pattern = Field(default=None, description="a regular expression for whole names; null: every feature")
    segment: Pattern = Field(
        default=None,
        description="a regular expression for whole names of segments: drift in each of them; null: in all rows",
    )
    windows: int = Field(default=1, ge=1, le=100, description="drifted windows in a row, of those that say anything")

    def holds(self, signal: Signal) -> bool | None:
        """Whether drift is raised; None if the signal is about something else."""
        if signal.kind != "drift" or self.model not in {None, signal.detail.get("model")}:
            return None
        segment = signal.detail.get("segment")
        if (segment is None) != (self.segment is None):
            return None
        if self.segment is not None and not matches_whole(self.segment, str(segment)):
            return None
        feature = str(signal.detail.get("feature"))
        if self.feature is not None and not matches_whole(self.feature, feature):
            return None
        if self.windows > 1 and signal.state == "drift" and signal.detail.get("window_state", "drift") != "drift":
            return None  # raised still, but not by this window
        return signal.state == "drift"

    def begins_anew(self, signal: Signal) -> bool:
        """Whether the signal breaks a row of drifted windows, though drift stays raised by the model's own settings."""
        return self.windows > 1 and signal.state == "drift" and signal.detail.get("window_state") == "ok"

    def title(self, signal: Signal) -> str:
        """Which feature, by which statistic; and which value nobody knew, if one came."""
        said = signal.detail
        where = f" in segment {said['segment']}" if "segment" in said else ""
        what = f"{said.get('feature')} of {said.get('name')} has drifted{where}"
        if "statistic" in said:
            what += f": {said['statistic']} {signal.value:.3g}"
        if "unseen" in said:
            many = int(said["unseen_values"] or 0) - 1
            what += f", unseen: {str(said['unseen'])[:40]!r}" + (f" and {many} more" if many > 0 else "")
        return what


class ModelSilent(RuleBase):
    """No rows of a model come any more."""

    kind: Literal["model_silent"]
    model: int | None = Field(default=None, description="null: every model")

    def holds(self, signal: Signal) -> bool | None:
        """Whether its data have stopped; None if the signal is about something else."""
        if signal.kind != "model" or self.model not in {None, signal.detail.get("model")}:
            return None
        return signal.state == "no_data"

    def title(self, signal: Signal) -> str:
        """Which model."""
        return f"no rows of {signal.detail.get('name')} come any more"


Metric = Literal[
    "accuracy",
    "precision",
    "recall",
    "f1",
    "log_loss",
    "brier",
    "auc",
    "calibration_error",
    "mae",
    "rmse",
    "bias",
    "estimated_accuracy",
    "estimated_precision",
    "estimated_recall",
    "estimated_f1",
    "estimated_auc",
]


class Quality(RuleBase):
    """A metric of a model's quality is below or above a limit, or away from a baseline, in the last windows."""

    kind: Literal["quality"]
    model: int | None = Field(default=None, description="null: every model")
    metric: Metric
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    baseline: float | None = Field(default=None, allow_inf_nan=False, description="what is usual")
    delta: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="how far from it is too far")
    windows: int = Field(default=1, ge=1, le=10, description="windows in a row")
    rows: int = Field(default=30, ge=1, description="windows with fewer labelled rows say nothing")

    @model_validator(mode="after")
    def _one_limit(self) -> Quality:
        given = [self.above is not None, self.below is not None, self.baseline is not None or self.delta is not None]
        if sum(given) != 1 or (self.baseline is None) != (self.delta is None):
            raise ValueError("either above, or below, or both baseline and delta must be given")
        return self

    def holds(self, signal: Signal) -> bool | None:
        """Whether the last windows are all beyond the limit; None if too few say anything, or it is about another."""
        if signal.kind != "quality" or signal.detail.get("metric", self.metric) != self.metric:
            return None
        if self.model not in {None, signal.detail.get("model", self.model)}:
            return None
        if signal.state != "known":
            return False
        last = self._last(signal)
        return all(self._beyond(value) for _, value in last) if len(last) == self.windows else None

    def title(self, signal: Signal) -> str:
        """Which metric, its value, the limit, and the window."""
        last = self._last(signal)
        start, value = last[-1] if last else (0, signal.value)
        begun = datetime.fromtimestamp(start / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        limit = f"above {self.above:g}" if self.above is not None else f"below {self.below or 0.0:g}"
        if self.baseline is not None:
            limit = f"outside {self.baseline:g} ± {self.delta:g}"
        again = f", {self.windows} windows in a row" if self.windows > 1 else ""
        return f"{self.metric} of {signal.detail.get('name')} is {value:.3g}, {limit}{again}: window of {begun} UTC"

    def _last(self, signal: Signal) -> list[tuple[int, float]]:
        found = [one.split(":") for one in str(signal.detail.get("recent") or "").split()]
        enough = [(int(start), float(value)) for start, value, rows in found if int(rows) >= self.rows]
        return enough[-self.windows :]

    def _beyond(self, value: float) -> bool:
        if self.above is not None:
            return value > self.above
        if self.below is not None:
            return value < self.below
        return abs(value - (self.baseline or 0.0)) > (self.delta or 0.0)
