"""Reports: what is told at set times, to whom, and over which time; the definition, and its times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from vedette.errors import InvalidInput
from vedette.maintenance import Zone
from vedette.notifying.labels import AlertSelector
from vedette.windows.cron import parse_cron
from vedette.windows.schedule import Times, longest_pause_s

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LATEST_MS = 12 * HOUR_MS
"""A report that nobody sent for so long after its time is left out."""
_WEEK_DAYS = 7
_LOOKED_BACK_DAYS = (1, 2, 9, 33, 370, 1500)
"""How far back the time before is looked for, ever further; so a report covers four years at most."""
Kind = Literal["weekly", "daily"]
Part = Literal["uptime", "apdex", "worst", "load", "told", "held_back", "open", "changed", "drift", "hosts"]
PARTS: dict[Kind, tuple[Part, ...]] = {
    "weekly": ("uptime", "apdex", "worst", "load", "open", "drift", "hosts"),
    "daily": ("told", "held_back", "open", "changed", "uptime", "worst", "load"),
}
"""What a report has unless it says otherwise."""
WHEN: dict[Kind, str] = {"weekly": "0 8 * * mon", "daily": "0 8 * * *"}


def _when(value: str) -> str:
    try:
        cron = parse_cron("when", value)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    if len(cron.minutes) != 1:
        raise ValueError("a cron expression that names one minute of the hour: a report comes once an hour at most")
    if longest_pause_s(value) is None:
        raise ValueError("a cron expression that names a day that there is")
    return value


@dataclass(frozen=True, slots=True)
class Period:
    """What a report covers: `from_ms` ≤ t < `to_ms` (ms UTC); it is compared with what lies before, from `before_ms`
    to `from_ms`."""

    before_ms: int
    from_ms: int
    to_ms: int


class ReportSpec(BaseModel):
    """A weekly report covers the seven whole days (of the zone) before the one on which it comes, a daily one the time
    since the last that was made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "week", "kind": "weekly", "channels": [1], "when": "0 8 * * mon"}],
        },
    )

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    kind: Kind
    channels: list[int] = Field(min_length=1, max_length=50, description="who gets it")
    when: Annotated[str, Field(max_length=200), AfterValidator(_when)] = Field(
        default="", validate_default=False, description="a cron expression in local time; Monday, or each day, at 8:00"
    )
    zone: Zone = "UTC"
    parts: list[Part] = Field(default_factory=list, max_length=20, description="empty: those of the kind")
    monitors: list[int] = Field(default_factory=list, max_length=10_000, description="empty: every monitor")
    match: AlertSelector | None = Field(default=None, description="of alerts; null: every alert")

    @model_validator(mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any) -> Any:
        """An empty `when` is that of the kind, so that what is stored and shown says it."""
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in WHEN and not value.get("when"):
            return {**value, "when": WHEN[kind]}
        return value

    @model_validator(mode="after")
    def _parts_once(self) -> ReportSpec:
        if len(set(self.parts)) != len(self.parts):
            raise ValueError("parts: each once")
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("channels: each once")
        return self

    def config(self) -> dict[str, Any]:
        """What is stored beside the name."""
        return self.model_dump(mode="json", exclude={"name"})

    def shown_parts(self) -> tuple[Part, ...]:
        """The parts that it has, in their order."""
        return tuple(self.parts) or PARTS[self.kind]

    def next_ms(self, after_ms: int) -> int | None:
        """The first time later than `after_ms` (both ms UTC) at which it is due, by `Times`."""
        return Times(self.when, self.zone).after(after_ms)

    def last_ms(self, before_ms: int) -> int | None:
        """The last time before `before_ms` at which it was due; None if there was none in four years."""
        for days in _LOOKED_BACK_DAYS:
            found = None
            at = self.next_ms(before_ms - days * DAY_MS)
            while at is not None and at < before_ms:
                found, at = at, self.next_ms(at)
            if found is not None:
                return found
        return None

    def period(self, due_ms: int, sent_ms: int | None = None) -> Period:
        """What it covers if it comes at `due_ms`, and the one before was due at `sent_ms` (both ms UTC; None: none was
        made, so the time before by `when` counts)."""
        if self.kind == "weekly":
            local = datetime.fromtimestamp(due_ms / 1000, ZoneInfo(self.zone))
            midnights = [self._midnight(local, days) for days in (2 * _WEEK_DAYS, _WEEK_DAYS, 0)]
            return Period(*midnights)
        last = self.last_ms(due_ms) if sent_ms is None else sent_ms
        begin = due_ms - DAY_MS if last is None else last
        return Period(2 * begin - due_ms, begin, due_ms)

    def _midnight(self, local: datetime, days: int) -> int:
        """The beginning of the day so many days before (ms UTC), by the zone's own days, be they of 23 or 25 hours."""
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0, tzinfo=None) - timedelta(days=days)
        return round(day.replace(tzinfo=ZoneInfo(self.zone)).timestamp() * 1000)
