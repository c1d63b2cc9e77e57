"""Heartbeat monitors: when a job is to ping, and what is stored of the fields that it does not have."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from vedette.errors import InvalidInput
from vedette.events.checks import LONGEST_RUN_MS
from vedette.maintenance import Zone
from vedette.windows.cron import parse_cron
from vedette.windows.schedule import longest_pause_s

KIND = "heartbeat"
_YEAR_S = 31_536_000
PROBED = (
    "interval_s", "timeout_s", "apdex_t_ms", "degraded_above_ms", "down_above_ms", "ip_version", "locations", "quorum",
    "recheck", "confirm_locations",
)  # fmt: skip
"""Common fields of monitors that probes check; a heartbeat has none of them."""
STATED = ("interval_s", "timeout_s", "apdex_t_ms", "locations", "quorum", "recheck")
"""Those of them that everybody reads in stored definitions; in a heartbeat's they follow from its own fields."""


def _cron(value: str) -> str:
    try:
        parse_cron("cron", value)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    if longest_pause_s(value) is None:
        raise ValueError("an expression that names a day that comes (30 February never does)")
    return value


class HeartbeatFields(BaseModel):
    """Either `every_s` or `cron`. Times of `cron` are local ones of `zone`."""

    every_s: int | None = Field(default=None, ge=10, le=_YEAR_S, description="a ping is due so long after the last one")
    cron: Annotated[str, Field(max_length=200), AfterValidator(_cron)] | None = Field(
        default=None,
        description="five fields: a ping is due at each of their times",
        examples=["30 2 * * mon-fri"],
    )
    zone: Zone = "UTC"
    grace_s: int = Field(default=300, ge=1, le=_YEAR_S, description="so long after it was due a ping is missed")
    max_run_s: int | None = Field(
        default=None, ge=1, le=LONGEST_RUN_MS // 1000, description="a run that was started must end within so long"
    )


def check_heartbeat(spec: HeartbeatFields) -> None:
    """Raise ValueError unless it is said in one way when pings are due."""
    if spec.every_s is None and spec.cron is None:
        raise ValueError("every_s (seconds between pings) or cron (their times): one of them is needed")
    if spec.every_s is not None and spec.cron is not None:
        raise ValueError(f"every_s ({spec.every_s}) or cron ({spec.cron!r}), not both")
    if spec.cron is None and spec.zone != "UTC":
        raise ValueError(f"zone ({spec.zone}) only with cron: every_s counts time passed")


def stated(spec: HeartbeatFields) -> dict[str, Any]:
    """The values of `STATED`: one place, which is enough; a state holds for a period and the grace.

    The Apdex target is the longest time that a run can take, so that a success is always satisfied.
    """
    period = spec.every_s if spec.cron is None else longest_pause_s(spec.cron)
    values: tuple[Any, ...] = (period, float(spec.grace_s), LONGEST_RUN_MS, [], 1, False)
    return dict(zip(STATED, values, strict=True))


def without_stated(definition: dict[str, Any]) -> dict[str, Any]:
    """A stored definition as its user gave it."""
    if definition.get("kind") != KIND:
        return definition
    return {name: value for name, value in definition.items() if name not in STATED}
