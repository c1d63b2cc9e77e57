"""Routes: which channels are told of an alert, at once and later on if nobody takes it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from vedette.maintenance import Zone
from vedette.notifying.labels import AlertSelector, matches

_WEEK_S = 7 * 86_400
Time = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Hours(BaseModel):
    """Hours of some days of the week, in the local time of `zone`. `until` before `since` is in the next day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        default_factory=lambda: list(range(7)), min_length=1, max_length=7, description="0 is Monday"
    )
    since: Time = Field(examples=["09:00"])
    until: Time = Field(examples=["17:30"])
    zone: Zone = "UTC"

    def hold(self, at_ms: int) -> bool:
        """Whether `at_ms` (UTC) lies within."""
        # By what clocks on the wall show: an hour that they leave out or repeat moves neither end.
        local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.zone))
        now, today, yesterday = f"{local:%H:%M}", local.weekday(), (local.weekday() - 1) % 7
        if self.since < self.until:
            return today in self.days and self.since <= now < self.until
        return (today in self.days and now >= self.since) or (yesterday in self.days and now < self.until)


class Step(BaseModel):
    """Who is told when the alert has been firing for `after_s` and nobody has acknowledged it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_s: int = Field(default=0, ge=0, le=_WEEK_S)
    channels: list[int] = Field(default_factory=list, max_length=1000)
    groups: list[int] = Field(default_factory=list, max_length=100, description="all channels of each, as it is then")
    schedules: list[int] = Field(default_factory=list, max_length=20, description="whoever is on call then")

    @model_validator(mode="after")
    def _somebody(self) -> Step:
        if not (self.channels or self.groups or self.schedules):
            raise ValueError("channels, groups or schedules: at least one")
        return self


class RouteSpec(BaseModel):
    """Alerts that match take these steps. The first route that matches counts; none: all channels at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "nights",
                    "match": '{severity="critical"}',
                    "hours": {"since": "18:00", "until": "08:00", "zone": "Europe/Berlin"},
                    "steps": [{"channels": [1]}, {"after_s": 900, "schedules": [1]}],
                    "remind_s": 3600,
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    position: int = Field(default=0, ge=0, le=1_000_000, description="smaller ones are asked first")
    match: AlertSelector | None = Field(default=None, description="null: every alert")
    hours: Hours | None = Field(default=None, description="null: at any time")
    steps: list[Step] = Field(default_factory=list, max_length=20, description="empty: nobody is told")
    remind_s: int | None = Field(default=None, ge=60, le=_WEEK_S, description="tell again while nobody acknowledges")
    group_s: int = Field(default=0, ge=0, le=3600, description="wait so long for others, to go as one message")

    @model_validator(mode="after")
    def _in_order(self) -> RouteSpec:
        times = [step.after_s for step in self.steps]
        if times != sorted(set(times)):
            raise ValueError(f"steps: each after_s greater than the one before ({times})")
        return self

    def config(self) -> dict[str, Any]:
        """What is stored beside name and position."""
        return self.model_dump(exclude={"name", "position"})

    def takes(self, labels: Mapping[str, str], at_ms: int) -> bool:
        """Whether an alert with these labels, at this time (ms UTC), goes this way."""
        return (self.match is None or matches(self.match, labels)) and (self.hours is None or self.hours.hold(at_ms))


def route_for(routes: Sequence[RouteSpec], labels: Mapping[str, str], at_ms: int) -> RouteSpec | None:
    """The first of `routes`, which stand in the order in which they are asked, that takes the alert."""
    return next((route for route in routes if route.takes(labels, at_ms)), None)
