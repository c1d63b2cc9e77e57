"""Taking over: somebody is on call instead of whom the rotation names, for a while."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vedette.errors import InvalidInput
from vedette.notifying.schedule import MOST_OVERRIDES, Override, ScheduleSpec

MOST_MINUTES = 366 * 24 * 60
_KEPT_MS = 30 * 86_400_000
"""For how long overrides that are over stay in their schedule: they keep their channels from being removed."""


class TakeOver(BaseModel):
    """From `from_ms` (null: now) for `minutes`, or until `to_ms`, `channel` is on call."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"channel": 4, "minutes": 480}]})

    channel: int = Field(ge=0, lt=1 << 63)
    from_ms: int | None = Field(default=None, ge=0, lt=1 << 42, description="milliseconds UTC; null: now")
    to_ms: int | None = Field(default=None, ge=0, lt=1 << 42)
    minutes: int | None = Field(default=None, ge=1, le=MOST_MINUTES)

    @model_validator(mode="after")
    def _one_end(self) -> TakeOver:
        if (self.to_ms is None) == (self.minutes is None):
            raise ValueError("either to_ms or minutes must be given")
        return self

    def override(self, now_ms: int) -> Override:
        """As the schedule keeps it; `InvalidInput` unless it ends after now and its begin, and within a year."""
        begin = now_ms if self.from_ms is None else self.from_ms
        end = self.to_ms if self.to_ms is not None else begin + (self.minutes or 0) * 60_000
        if not max(begin, now_ms) < end <= begin + MOST_MINUTES * 60_000:
            allowed = f"an end after now ({now_ms}) and the begin ({begin}), at most {MOST_MINUTES} minutes later"
            raise InvalidInput(*(("to_ms", end) if self.minutes is None else ("minutes", self.minutes)), allowed)
        return Override(from_ms=begin, to_ms=end, channel=self.channel)


def with_override(spec: ScheduleSpec, override: Override, now_ms: int) -> ScheduleSpec:
    """The schedule with one more override, which counts before those that it has. Those that were over a month ago
    are left out; `InvalidInput` if too many remain."""
    kept = [one for one in spec.overrides if one.to_ms > now_ms - _KEPT_MS]
    if len(kept) >= MOST_OVERRIDES:
        raise InvalidInput("overrides", len(kept) + 1, f"at most {MOST_OVERRIDES} in one schedule")
    return spec.model_copy(update={"overrides": [*kept, override]})


def without_override(spec: ScheduleSpec, override: Override) -> ScheduleSpec | None:
    """The schedule without an override of these times and this channel; None if it has none such."""
    if override not in spec.overrides:
        return None
    return spec.model_copy(update={"overrides": [one for one in spec.overrides if one != override]})
