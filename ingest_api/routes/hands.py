"""What people do about alerts: acknowledge, snooze, assign, comment, resolve; and silences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, VedetteError
from vedette.events.codec import encode_json
from vedette.events.signals import AlertTransition
from vedette.events.topics import ALERTS
from vedette.log import Message
from vedette.notifying.silence import SilenceSpec
from vedette.store import attempts, hands, silences
from vedette.telemetry import get_logger

router = APIRouter(prefix="/v1", tags=["alerting"])
_MOST_MINUTES = 7 * 24 * 60
_PATIENCE_S = 5.0


class Said(BaseModel):
    """A deed, with what there is to say about it."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(default="", max_length=2000, pattern=r"^[^\x00]*$")


class Remark(Said):
    """A remark."""

    text: str = Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")


class Snooze(Said):
    """For how long nobody is reminded."""

    minutes: int = Field(ge=1, le=_MOST_MINUTES)


class Assignment(Said):
    """Whose it is from now on; null: nobody's."""

    to: str | None = Field(max_length=200, pattern=r"^[^\x00]*$", examples=["ann@shop.example"])


def author(principal: Principal) -> str:
    """Who did it: a person by address, a token by number."""
    return principal.email or f"token {principal.token}"


def _tell(found: Context, done: AlertTransition) -> dict[str, Any]:
    stream(found, [done])
    return hands.alert_of(found.store, done.account, done.alert)


def stream(found: Context, deeds: Sequence[AlertTransition]) -> None:
    """Let pages know; while the log is away, they see it when they next ask."""
    try:
        messages = [Message(str(done.alert).encode(), encode_json(done)) for done in deeds]
        found.log.produce(ALERTS.name, messages).result(_PATIENCE_S)
    except (VedetteError, TimeoutError) as error:
        get_logger("alerts").warning("deed_not_streamed", error=str(error))


@router.get("/alerts/{alert}", summary="One alert, with its timeline")
def get_alert(
    alert: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Also who is told when (`plan`, `next_ms`), and what became of each notification, with its last five attempts
    (`attempt_log`)."""
    return hands.alert_of(found.store, principal.account, alert)


@router.get("/alerts/{alert}/notifications", summary="Who was told of an alert, and each attempt")
def list_notifications(
    alert: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The newest 1,000 attempts of each: when, how long it took (`took_ms`), the `answer`, and the `outcome`:
    `delivered`, `retry`, `refused` (costs this notification), `permanent` (disables the channel), `given_up`,
    `under_way`, or `unknown`, where the worker ended before it could note an answer. What went as one message with
    others has the attempts of that message."""
    return {"notifications": attempts.told(found.store, principal.account, alert)}


@router.post("/alerts/{alert}/acknowledge", summary="Take an alert up")
def acknowledge(
    alert: int,
    body: Said | None = None,
    principal: Principal = Depends(needs("respond")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """No further channels are told, and nobody is reminded; whoever was told the start hears who has it."""
    text = body.text if body else ""
    return _tell(found, hands.acknowledge(found.store, principal.account, alert, author(principal), text))


@router.post("/alerts/{alert}/unacknowledge", summary="Give an alert back")
def unacknowledge(
    alert: int,
    body: Said | None = None,
    principal: Principal = Depends(needs("respond")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Steps and reminders go on, those that are overdue at once."""
    text = body.text if body else ""
    return _tell(found, hands.unacknowledge(found.store, principal.account, alert, author(principal), text))


@router.post("/alerts/{alert}/snooze", summary="Put an alert off")
def snooze(
    alert: int, body: Snooze, principal: Principal = Depends(needs("respond")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Nothing more is told for a while; if it still fires then, everybody who knows of it is reminded."""
    until_ms = found.clock.now_ms() + body.minutes * 60_000
    return _tell(found, hands.snooze(found.store, principal.account, alert, author(principal), until_ms, body.text))


@router.post("/alerts/{alert}/assign", summary="Give an alert to somebody")
def assign(
    alert: int, body: Assignment, principal: Principal = Depends(needs("respond")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Shown with the alert; it changes nothing about who is told."""
    return _tell(found, hands.assign(found.store, principal.account, alert, author(principal), body.to, body.text))


@router.post("/alerts/{alert}/comment", summary="Say something about an alert")
def comment(
    alert: int, body: Remark, principal: Principal = Depends(needs("respond")), found: Context = Depends(context)
) -> dict[str, Any]:
    """On its timeline, during the alert or after it."""
    return _tell(found, hands.comment(found.store, principal.account, alert, author(principal), body.text))


@router.post("/alerts/{alert}/resolve", summary="End an alert by hand")
def resolve(
    alert: int,
    body: Said | None = None,
    principal: Principal = Depends(needs("respond")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """It comes again when its condition has been over and holds again."""
    text = body.text if body else ""
    return _tell(found, hands.resolve(found.store, principal.account, alert, author(principal), text))


@router.get("/silences", summary="Silences")
def list_silences(
    over: bool = Query(False, description="also those that have ended"),
    limit: int = Query(200, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Those that end last come first."""
    return {"silences": silences.silences_of(found.store, principal.account, over=over, limit=limit)}


@router.post("/silences", status_code=201, summary="Silence alerts")
def add_silence(
    body: SilenceSpec, principal: Principal = Depends(needs("respond")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Alerts that match are raised and shown, but nobody is told. What still fires at its end is told then."""
    span = _span(found, body)
    by = author(principal)
    return silences.add(found.store, principal.account, body.selector, body.reason, by, span, body.name)


@router.put("/silences/{silence}", summary="Change a silence")
def change_silence(
    silence: int,
    body: SilenceSpec,
    principal: Principal = Depends(needs("respond")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """One that is not over; without `from_ms` its begin stays. What it does not hold back any more is told."""
    known = silences.one(found.store, principal.account, silence)
    if body.from_ms is None:
        body = body.model_copy(update={"from_ms": known["from_ms"]})
    span = _span(found, body)
    return silences.change(found.store, principal.account, silence, body.selector, body.reason, span, body.name)


def _span(found: Context, body: SilenceSpec) -> tuple[int, int]:
    try:
        return body.span(found.clock.now_ms())
    except ValueError as error:
        raise InvalidInput("to_ms", body.to_ms, str(error)) from error


@router.post("/silences/{silence}/end", summary="End a silence")
def end_silence(
    silence: int, principal: Principal = Depends(needs("respond")), found: Context = Depends(context)
) -> dict[str, Any]:
    """What it held back and still fires is told at once."""
    silences.end(found.store, principal.account, silence)
    return silences.one(found.store, principal.account, silence)
