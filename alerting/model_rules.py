"""Rules about models: when drift, silence or quality is an alert."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from alerting.every_rule import Pattern
from alerting.limited import Limited
from alerting.rules.of_models import OfModels
from vedette.events.patterns import matches_whole
from vedette.events.signals import Signal


class Drift(OfModels):
    """A feature of a model has drifted, by the tests and the k of m windows that the model's own settings name."""

    kind: Literal["drift"]
    feature: Pattern = Field(default=None, description="a regular expression for whole names; null: every feature")
    segment: Pattern = Field(
        default=None,
        description="a regular expression for whole names of segments: drift in each of them; null: in all rows",
    )
    windows: int = Field(default=1, ge=1, le=100, description="drifted windows in a row, of those that say anything")

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the model, the feature and the segment."""
        if not self.is_of(signal):
            return False
        segment = signal.detail.get("segment")
        if (segment is None) != (self.segment is None):
            return False
        if self.segment is not None and not matches_whole(self.segment, str(segment)):
            return False
        return self.feature is None or matches_whole(self.feature, str(signal.detail.get("feature")))

    def holds(self, signal: Signal) -> bool | None:
        """Whether drift is raised; None if the signal is about something else."""
        if signal.kind != "drift" or not self.is_about(signal):
            return None
        if self.windows > 1 and signal.state == "drift" and signal.detail.get("window_state", "drift") != "drift":
            return None  # raised still, but not by this window
        return signal.state == "drift"

    def begins_anew(self, signal: Signal) -> bool:
        """Whether the signal breaks a row of drifted windows, though drift stays raised by the model's own settings."""
        return self.windows > 1 and signal.state == "drift" and signal.detail.get("window_state") == "ok"

    def title(self, signal: Signal) -> str:
        """Which feature, by which statistic; which value nobody knew, if one came; and of all columns together, which
        of them moved."""
        said = signal.detail
        where = f" in segment {said['segment']}" if "segment" in said else ""
        what = f"{said.get('feature') or 'all columns together'} of {said.get('name')} has drifted{where}"
        if "statistic" in said:
            what += f": {said['statistic']} {signal.value:.3g}"
        if "unseen" in said:
            many = int(said["unseen_values"] or 0) - 1
            what += f", unseen: {str(said['unseen'])[:40]!r}" + (f" and {many} more" if many > 0 else "")
        return "; ".join([what, *(str(said[key]) for key in ("moved", "correlation") if key in said)])


class ModelSilent(OfModels):
    """No rows of a model come any more."""

    kind: Literal["model_silent"]

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the model."""
        return self.is_of(signal)

    def holds(self, signal: Signal) -> bool | None:
        """Whether its data have stopped; None if the signal is about something else."""
        if signal.kind != "model" or not self.is_about(signal):
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


class Quality(Limited, OfModels):
    """A metric of a model's quality is below or above a limit, or away from a baseline, in the last windows."""

    kind: Literal["quality"]
    metric: Metric
    windows: int = Field(default=1, ge=1, le=10, description="windows in a row")
    rows: int = Field(default=30, ge=1, description="windows with fewer labelled rows say nothing")

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the model and the metric."""
        return signal.detail.get("metric", self.metric) == self.metric and self.is_of(signal)

    def holds(self, signal: Signal) -> bool | None:
        """Whether the last windows are all beyond the limit; None if too few say anything, or it is about another."""
        if signal.kind != "quality" or not self.is_about(signal):
            return None
        if signal.state != "known":
            return False
        last = self._last(signal)
        return all(self.beyond(value) for _, value in last) if len(last) == self.windows else None

    def title(self, signal: Signal) -> str:
        """Which metric, its value, the limit, and the window."""
        last = self._last(signal)
        start, value = last[-1] if last else (0, signal.value)
        begun = datetime.fromtimestamp(start / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        again = f", {self.windows} windows in a row" if self.windows > 1 else ""
        what = f"{self.metric} of {signal.detail.get('name')} is {value:.3g}"
        return f"{what}, {self.limit_words()}{again}: window of {begun} UTC"

    def _last(self, signal: Signal) -> list[tuple[int, float]]:
        found = [one.split(":") for one in str(signal.detail.get("recent") or "").split()]
        enough = [(int(start), float(value)) for start, value, rows in found if int(rows) >= self.rows]
        return enough[-self.windows :]
