"""The settings of a model: how its windows are made, and how they are judged."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from ingest_api.routes.model_segments import Segmenting
from vedette.events.features import PREDICTION
from vedette.windows.drift_config import FEWEST_ROWS, MOST_SLIDES

NAME_RULE = "a letter or digit and then letters, digits, _ . - (at most 100)"


class Judging(Segmenting):
    """How a model's windows are made and judged."""

    model_config = ConfigDict(extra="forbid")

    window_s: int = Field(default=3600, ge=60, le=31 * 86_400, description="length of a window in seconds")
    slide_s: int | None = Field(
        default=None, ge=10, description="a window ends every so many seconds; null: every window_s, none overlap"
    )
    window_rows: int | None = Field(
        default=None,
        ge=FEWEST_ROWS,
        le=10_000_000,
        description="a window is so many rows in the order of arrival, however long they take; null: window_s",
    )
    alpha: float = Field(
        default=0.05, gt=0, le=0.5, description="share of quiet windows that may show drift, over all features together"
    )
    correction: Literal["benjamini_hochberg", "holm"] = "benjamini_hochberg"
    tolerated: float = Field(default=0.0, ge=0, le=10, description="PSI between populations that does not matter")
    wanted: int = Field(default=1, ge=1, le=1000, description="drift is raised when so many windows drifted …")
    of: int = Field(default=1, ge=1, le=1000, description="… of the last so many")
    cooldown: int = Field(default=0, ge=0, le=1000, description="windows after its end in which it is not raised again")
    multivariate_s: int | None = Field(
        default=None,
        ge=60,
        le=31 * 86_400,
        description="length of windows in which all columns are looked at together; null: they are not",
    )
    charts: list[
        Literal[
            "limits",
            "limits_and_sides",
            "western_electric",
            "nelson",
            "nelson_1",
            "nelson_2",
            "nelson_3",
            "nelson_4",
            "nelson_5",
            "nelson_6",
            "nelson_7",
            "nelson_8",
        ]
    ] = Field(default_factory=list, max_length=12, description="rules of control charts; empty: no charts")
    chart_width: float = Field(default=3.0, ge=2, le=6, description="standard errors from a chart's centre to a limit")
    task: Literal["classification", "regression"] | None = Field(default=None, description="null: no quality")
    prediction: str = Field(default=PREDICTION, min_length=1, max_length=200, description="column that is compared")
    positive: StrictBool | StrictInt | StrictFloat | StrictStr | None = Field(
        default=None, description="classification: the positive label; null: 1 and true"
    )
    threshold: float = Field(default=0.5, gt=0, le=1, description="classification: score from which a row is positive")
    outcome_wait_s: int = Field(default=604_800, ge=60, le=90 * 86_400, description="how long outcomes may come after")

    @model_validator(mode="after")
    def _possible(self) -> Judging:
        if self.wanted > self.of:
            raise ValueError("wanted must not be above of")
        if self.slide_s is not None:
            if self.window_rows is not None:
                raise ValueError("slide_s must not be given with window_rows")
            if self.window_s % self.slide_s or self.window_s > MOST_SLIDES * self.slide_s:
                raise ValueError(f"slide_s must divide window_s into at most {MOST_SLIDES} parts")
        if self.task != "classification" and (self.positive is not None or self.threshold != 0.5):
            raise ValueError("positive and threshold need task classification")
        if isinstance(self.positive, float) and not math.isfinite(self.positive):
            raise ValueError("positive must be finite")
        return self


class NewModel(Judging):
    """A model to be registered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "churn", "window_s": 3600}]})

    name: str = Field(description=NAME_RULE)
