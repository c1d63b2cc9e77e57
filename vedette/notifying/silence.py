"""Silences: alerts that match call nobody for a while. They are still raised, recorded and shown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vedette.notifying.labels import AlertSelector

MOST_MINUTES = 366 * 24 * 60


class SilenceSpec(BaseModel):
    """From `from_ms` (null: now) for `minutes`, or until `to_ms`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"selector": '{source="web-1"}', "minutes": 120, "reason": "new disk"}]},
    )

    name: str | None = Field(
        default=None, min_length=1, max_length=200, description="no other that is not over has it; null: none"
    )
    selector: AlertSelector
    reason: str = Field(default="", max_length=2000, pattern=r"^[^\x00]*$")
    from_ms: int | None = Field(default=None, ge=0, lt=1 << 42, description="milliseconds UTC; null: now")
    to_ms: int | None = Field(default=None, ge=0, lt=1 << 42)
    minutes: int | None = Field(default=None, ge=1, le=MOST_MINUTES)

    @model_validator(mode="after")
    def _one_end(self) -> SilenceSpec:
        if (self.to_ms is None) == (self.minutes is None):
            raise ValueError("either to_ms or minutes must be given")
        return self

    def span(self, now_ms: int) -> tuple[int, int]:
        """Begin and end in ms UTC; a `ValueError` unless the end lies after both the begin and now, and within a
        year."""
        begin = now_ms if self.from_ms is None else self.from_ms
        end = self.to_ms if self.to_ms is not None else begin + (self.minutes or 0) * 60_000
        if not max(begin, now_ms) < end <= begin + MOST_MINUTES * 60_000:
            raise ValueError(f"an end after now and the begin ({begin}), at most {MOST_MINUTES} minutes later")
        return begin, end
