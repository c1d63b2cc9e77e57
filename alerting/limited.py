"""Limits on a number: above one, below one, or away from a baseline."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from alerting.every_rule import RuleBase


class Limited(RuleBase):
    """A rule that compares a number with exactly one of three: `above`, `below`, or `baseline` ± `delta`."""

    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    baseline: float | None = Field(default=None, allow_inf_nan=False, description="what is usual")
    delta: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="how far from it is too far")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        given = [self.above is not None, self.below is not None, self.baseline is not None or self.delta is not None]
        if sum(given) != 1 or (self.baseline is None) != (self.delta is None):
            raise ValueError("either above, or below, or both baseline and delta must be given")
        return self

    def beyond(self, value: float) -> bool:
        """Whether a value is above, below or outside."""
        if self.above is not None:
            return value > self.above
        if self.below is not None:
            return value < self.below
        return abs(value - (self.baseline or 0.0)) > (self.delta or 0.0)

    def limit(self) -> float | str | None:
        """The limit, or baseline ± delta."""
        if self.baseline is not None:
            return f"{self.baseline:g} ± {self.delta:g}"
        return self.above if self.above is not None else self.below

    def limit_words(self) -> str:
        """The same with how a value that is too far lies to it: `below 0.8`."""
        if self.above is not None:
            return f"above {self.above:g}"
        return f"below {self.below or 0.0:g}" if self.baseline is None else f"outside {self.limit()}"
