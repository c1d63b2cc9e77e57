"""A maintenance window's definition: once, every week, or by a cron expression."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from vedette.errors import InvalidInput
from vedette.windows.cron import parse_cron
from vedette.windows.maintenance import Once, Repeating, Window, weekly

_WEEK_MINUTES = 7 * 24 * 60


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("the name of a time zone such as UTC or Europe/Berlin") from error
    return value


def _cron(value: str) -> str:
    try:
        parse_cron("cron", value)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    return value


Zone = Annotated[str, Field(max_length=100, examples=["Europe/Berlin"]), AfterValidator(_zone)]
Minutes = Annotated[int, Field(ge=1, le=_WEEK_MINUTES)]


class _Window(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    monitors: list[int] = Field(default_factory=list, max_length=10_000, description="empty: every monitor")

    def config(self) -> dict[str, Any]:
        """What is stored beside name and monitors."""
        return self.model_dump(exclude={"name", "monitors"})


class OnceSpec(_Window):
    """A window that comes once."""

    kind: Literal["once"]
    from_ms: int = Field(ge=0, lt=1 << 42, description="milliseconds UTC")
    to_ms: int = Field(ge=0, lt=1 << 42)

    @model_validator(mode="after")
    def _in_order(self) -> OnceSpec:
        if self.to_ms <= self.from_ms:
            raise ValueError(f"to_ms ({self.to_ms}) must be after from_ms ({self.from_ms})")
        return self

    def window(self) -> Window:
        """As it is asked."""
        return Once(self.from_ms, self.to_ms)


class WeeklySpec(_Window):
    """A window that comes every week."""

    kind: Literal["weekly"]
    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1, max_length=7, description="0 is Monday")
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(description="HH:MM")
    minutes: Minutes
    zone: Zone = "UTC"

    def window(self) -> Window:
        """As it is asked."""
        return weekly(tuple(self.days), self.start, self.minutes, self.zone)


class CronSpec(_Window):
    """A window that comes at the times of a cron expression."""

    kind: Literal["cron"]
    cron: Annotated[str, Field(max_length=200), AfterValidator(_cron)]
    minutes: Minutes
    zone: Zone = "UTC"

    def window(self) -> Window:
        """As it is asked."""
        return Repeating(self.cron, self.minutes, self.zone)


MaintenanceSpec = Annotated[OnceSpec | WeeklySpec | CronSpec, Field(discriminator="kind")]
_adapter: TypeAdapter[OnceSpec | WeeklySpec | CronSpec] = TypeAdapter(MaintenanceSpec)


_BESIDE = frozenset({"id", "name", "monitors", "created_ms"})


def windows_in(definition: dict[str, Any]) -> tuple[Window, ...]:
    """The window of a definition as it is stored or shown; none if this program does not understand it."""
    config = {name: value for name, value in definition.items() if name not in _BESIDE}
    try:
        return (_adapter.validate_python({"name": "stored", **config}).window(),)
    except ValueError:
        return ()
