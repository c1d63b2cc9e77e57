"""What rules about models have in common: which models they mean."""

from __future__ import annotations

from pydantic import Field, model_validator

from alerting.every_rule import Pattern, RuleBase
from vedette.events.patterns import matches_whole
from vedette.events.signals import Signal


class OfModels(RuleBase):
    """A rule about one model, those whose names match a pattern, or all. A model's name never changes."""

    model: int | None = Field(default=None, description="null: every model, or those of `models`")
    models: Pattern = Field(
        default=None,
        examples=["churn-.*"],
        description="a regular expression for whole names; null: every model, or `model`",
    )

    @model_validator(mode="after")
    def _one_way(self) -> OfModels:
        if self.model is not None and self.models is not None:
            raise ValueError("either model or models, not both")
        return self

    def means(self, model: int | None, name: str) -> bool:
        """Whether the model of that number and name is meant."""
        return self.model in {None, model} and (self.models is None or matches_whole(self.models, name))

    def is_of(self, signal: Signal) -> bool:
        """Whether a signal is about a model that is meant."""
        number = signal.detail.get("model", self.model)
        return self.means(number if isinstance(number, int) else None, str(signal.detail.get("name") or ""))
