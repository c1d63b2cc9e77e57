"""On-call schedules: a rotation of channels, handed over at a local time of day, and overrides."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vedette.maintenance import Zone
from vedette.notifying.route import Time

_MOST_DAYS = 365


class Override(BaseModel):
    """Somebody else is on call for a while. Of several that hold, the last one of the list counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_ms: int = Field(ge=0, lt=1 << 42, description="milliseconds UTC")
    to_ms: int = Field(ge=0, lt=1 << 42)
    channel: int

    @model_validator(mode="after")
    def _in_order(self) -> Override:
        if self.to_ms <= self.from_ms:
            raise ValueError(f"to_ms ({self.to_ms}) must be after from_ms ({self.from_ms})")
        return self


class ScheduleSpec(BaseModel):
    """Each of `rotation` is on call for `days` days, from `handover` of the day `first` on, in turn and for ever."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "team", "rotation": [3, 4], "days": 7, "first": "2026-11-30", "handover": "09:00"}]
        },
    )

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    rotation: list[int] = Field(min_length=1, max_length=100, description="channels")
    days: int = Field(default=7, ge=1, le=_MOST_DAYS)
    first: date
    handover: Time = "09:00"
    zone: Zone = "UTC"
    overrides: Annotated[list[Override], Field(max_length=1000)] = Field(default_factory=list)

    def config(self) -> dict[str, Any]:
        """What is stored beside the name."""
        return self.model_dump(mode="json", exclude={"name"})

    def channels(self) -> set[int]:
        """All that it names."""
        return {*self.rotation, *(override.channel for override in self.overrides)}

    def on_call(self, at_ms: int) -> int:
        """The channel on call at `at_ms` (UTC). Days are those of the zone, so a handover keeps its time of day when
        the clocks are changed. Before `first`, the rotation is continued backwards."""
        for override in reversed(self.overrides):
            if override.from_ms <= at_ms < override.to_ms:
                return override.channel
        local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.zone))
        passed = (local.date() - self.first).days
        if f"{local:%H:%M}" < self.handover:
            passed -= 1
        return self.rotation[passed // self.days % len(self.rotation)]
