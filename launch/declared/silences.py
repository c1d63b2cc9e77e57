"""Silences as files declare them: by name, from one time to another in ISO 8601 with its zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from vedette.notifying.labels import AlertSelector

_ALLOWED = "a time in ISO 8601 with its zone, such as 2026-11-30T22:00:00+01:00"


def instant_ms(text: str) -> int:
    """Milliseconds UTC; `ValueError` says what is allowed."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise ValueError(_ALLOWED)


def shown_instant(ms: int) -> str:
    """The same time in ISO 8601, UTC; to the second where it is a whole one."""
    found = datetime.fromtimestamp(ms / 1000, UTC)
    return found.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")


def _instant(text: str) -> str:
    return shown_instant(instant_ms(text))


Instant = Annotated[
    str,
    Field(max_length=40, description=_ALLOWED, json_schema_extra={"format": "date-time"}),
    AfterValidator(_instant),
]


class DeclaredSilence(BaseModel):
    """A silence with a name, which no other has that is not over."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    selector: AlertSelector
    reason: str = Field(default="", max_length=2000)
    begin: Instant | None = Field(default=None, alias="from", description="as it is; for a new one: now")
    end: Instant = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> DeclaredSilence:
        if self.begin is not None and instant_ms(self.end) <= instant_ms(self.begin):
            raise ValueError(f"to ({self.end}): a time after from ({self.begin})")
        return self

    def fields(self) -> dict[str, Any]:
        """As files say it; without `from` where that is left as it is."""
        found = {"selector": self.selector, "reason": self.reason, "from": self.begin, "to": self.end}
        return {name: value for name, value in found.items() if value is not None}


def is_over(fields: dict[str, Any], now_ms: int) -> bool:
    """Whether a silence's end has come."""
    return instant_ms(fields["to"]) <= now_ms


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A silence of the API's, as files say it."""
    times = {"from": shown_instant(row["from_ms"]), "to": shown_instant(row["to_ms"])}
    return {"selector": row["selector"], "reason": row["reason"], **times}


def request(body: dict[str, Any]) -> dict[str, Any]:
    """The API's request for a silence of a file."""
    times = {"from": "from_ms", "to": "to_ms"}
    return {times.get(name, name): instant_ms(one) if name in times else one for name, one in body.items()}
