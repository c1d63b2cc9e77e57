"""What rules about monitors have in common: which monitors they mean."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from alerting.every_rule import RuleBase
from vedette.errors import InvalidInput
from vedette.events.check_series import KNOWN_LABELS, labels_in
from vedette.events.selectors import parse_selector
from vedette.events.signals import Signal


def _parses(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        found = parse_selector(value)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    # No monitor has these, so the rule would mean none.
    if any(matcher.label in KNOWN_LABELS - {"name", "monitor"} for matcher in found.matchers):
        raise ValueError('labels of monitors, their name or number, as {team="shop",name=~"shop-.*",monitor!="3"}')
    return value


class OfMonitors(RuleBase):
    """A rule about one monitor, those that a selector means, or all."""

    monitor: int | None = Field(default=None, description="null: every monitor, or those of `monitors`")
    monitors: Annotated[str | None, AfterValidator(_parses)] = Field(
        default=None,
        max_length=1000,
        examples=['{team="shop",name=~"checkout.*"}'],
        description="by name, number (monitor) and their own labels; null: every monitor, or `monitor`",
    )

    @model_validator(mode="after")
    def _one_way(self) -> OfMonitors:
        if self.monitor is not None and self.monitors is not None:
            raise ValueError("either monitor or monitors, not both")
        return self

    def is_about(self, signal: Signal) -> bool:
        """Whether a monitor's signal is about one that the rule means by its number; labels may change."""
        return self.monitor in {None, signal.detail.get("monitor")}

    def has_labels(self, signal: Signal) -> bool:
        """Whether the monitor has the name and the labels that the rule asks for, if it does; it may have had them
        until now."""
        if self.monitors is None:
            return True
        own = labels_in(str(signal.detail.get("labels") or ""))
        known = {**own, "name": str(signal.detail.get("name") or ""), "monitor": str(signal.detail.get("monitor"))}
        return all(m.matches(known.get(m.label, "")) for m in parse_selector(self.monitors).matchers)
