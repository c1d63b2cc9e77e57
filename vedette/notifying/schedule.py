"""On-call schedules: a rotation of channels, handed over at a local time of day, and overrides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vedette.maintenance import Zone
from vedette.notifying.route import Time

_MOST_DAYS = 365
MOST_OVERRIDES = 1000


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


@dataclass(frozen=True, slots=True)
class Shift:
    """One channel's time on call, in ms UTC; `to_ms` is None if it never ends. `override`: not by the rotation."""

    from_ms: int
    to_ms: int | None
    channel: int
    override: bool


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
    overrides: Annotated[list[Override], Field(max_length=MOST_OVERRIDES)] = Field(default_factory=list)

    def config(self) -> dict[str, Any]:
        """What is stored beside the name."""
        return self.model_dump(mode="json", exclude={"name"})

    def channels(self) -> set[int]:
        """All that it names."""
        return {*self.rotation, *(override.channel for override in self.overrides)}

    def on_call(self, at_ms: int) -> int:
        """The channel on call at `at_ms` (UTC). Days are those of the zone, so a handover keeps its time of day when
        the clocks are changed: where they repeat that time it is at the first, where they leave it out as much later.
        Before `first`, the rotation is continued backwards."""
        override = self.override_at(at_ms)
        return self._of_turn(self._turn(at_ms)) if override is None else override.channel

    def override_at(self, at_ms: int) -> Override | None:
        """The override that counts at `at_ms`."""
        return next((one for one in reversed(self.overrides) if one.from_ms <= at_ms < one.to_ms), None)

    def shifts(self, from_ms: int, to_ms: int) -> Iterator[Shift]:
        """Who is on call from when until when: the first shift holds at `from_ms` and is cut there, the last one holds
        before `to_ms` and is told until its end."""
        at_ms: int | None = from_ms
        while at_ms is not None and at_ms < to_ms:
            override = self.override_at(at_ms)
            if override is None:
                turn = self._turn(at_ms)
                end_ms, channel = self._end_of_turn(turn, at_ms), self._of_turn(turn)
            else:
                end_ms, channel = self._end_of_override(override.channel, at_ms), override.channel
            yield Shift(at_ms, end_ms, channel, override is not None)
            at_ms = end_ms

    def _turn(self, at_ms: int) -> int:
        """How many turns of `days` days have passed since `first`; negative before it."""
        day = (datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.zone)).date() - self.first).days
        while self._handover_ms(day) > at_ms:
            day -= 1
        return day // self.days

    def _of_turn(self, turn: int) -> int:
        return self.rotation[turn % len(self.rotation)]

    def _handover_ms(self, day: int) -> int:
        clock = time.fromisoformat(self.handover)
        moment = datetime.combine(self.first + timedelta(day), clock, ZoneInfo(self.zone))
        return int(moment.timestamp()) * 1000

    def _end_of_turn(self, turn: int, at_ms: int) -> int | None:
        """When the rotation comes to another channel, or an override begins."""
        later = (turn + ahead for ahead in range(1, len(self.rotation)))
        other = next((one for one in later if self._of_turn(one) != self._of_turn(turn)), None)
        ends = [one.from_ms for one in self.overrides if one.from_ms > at_ms]
        return min(ends if other is None else [*ends, self._handover_ms(other * self.days)], default=None)

    def _end_of_override(self, channel: int, at_ms: int) -> int:
        """When no override names that channel any more: one of their edges, since each has an end."""
        edges = sorted({ms for one in self.overrides for ms in (one.from_ms, one.to_ms) if ms > at_ms})
        return next(ms for ms in edges if (then := self.override_at(ms)) is None or then.channel != channel)
