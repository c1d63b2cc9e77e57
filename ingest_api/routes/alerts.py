"""Alerts, the rules that raise them, and the channels that carry them."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerting.channels import CHANNELS
from alerting.rules import RuleSpec, minds_subject
from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.events.signals import AlertState
from vedette.store import alerts

router = APIRouter(prefix="/v1", tags=["alerting"])


class NewChannel(BaseModel):
    """A channel to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "ops", "kind": "webhook", "config": {"url": "https://ops.example/hook"}}]
        },
    )
    name: str = Field(min_length=1, max_length=200)
    kind: str = Field(max_length=50)
    config: dict[str, Any]

    @field_validator("config")
    @classmethod
    def _utf8(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            msgspec.json.encode(value)
        except UnicodeEncodeError as error:
            raise ValueError("text without halves of surrogate pairs") from error
        return value


@router.get("/alerts", summary="Alerts, newest first")
def list_alerts(
    state: AlertState | None = None,
    limit: int = Query(200, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """All, or those in one state."""
    return {"alerts": alerts.alerts_of(found.store, principal.account, state, limit)}


@router.get("/rules", summary="Rules")
def list_rules(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """In the order they were made."""
    return {"rules": alerts.rules_of(found.store, principal.account)}


@router.post("/rules", status_code=201, summary="Make a rule")
def add_rule(
    body: RuleSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """It applies to signals from a second later on."""
    _check_channels(found, principal, body.channels)
    config = body.model_dump(exclude={"name", "kind"})
    rule = alerts.add_rule(found.store, principal.account, body.name, body.kind, config)
    return {"id": rule, **body.model_dump()}


@router.put("/rules/{rule}", summary="Change a rule")
def change_rule(
    rule: int, body: RuleSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """From a second later on. Open alerts go on, and end when a signal says that the new condition does not hold; those
    about what it does not mind any more end now.
    """
    _check_channels(found, principal, body.channels)
    config = body.model_dump(exclude={"name", "kind"})
    still_minds = partial(minds_subject, body, principal.account)
    alerts.change_rule(found.store, principal.account, rule, body.name, body.kind, config, still_minds)
    return {"id": rule, **body.model_dump()}


def _check_channels(found: Context, principal: Principal, wanted: list[int]) -> None:
    known = {channel["id"] for channel in alerts.channels_of(found.store, principal.account)} if wanted else set()
    for channel in wanted:
        if channel not in known:
            raise InvalidInput("channels", channel, "channels of this account")


@router.delete("/rules/{rule}", status_code=204, summary="Remove a rule")
def remove_rule(
    rule: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Its open alerts end; channels that were told their start are told so."""
    alerts.remove_rule(found.store, principal.account, rule)
    return Response(status_code=204)


@router.get("/channels", summary="Channels")
def list_channels(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Without secrets; with the reason if one was disabled."""
    return {"channels": alerts.channels_of(found.store, principal.account)}


@router.post("/channels", status_code=201, summary="Make a channel")
def add_channel(
    body: NewChannel, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Its secret is shown this once."""
    kind = CHANNELS.get(body.kind)
    if kind is None:
        raise InvalidInput("kind", body.kind, ", ".join(sorted(CHANNELS)))
    config = kind.from_config(body.config).config()
    channel = alerts.add_channel(found.store, principal.account, body.name, body.kind, config)
    return {"id": channel, "name": body.name, "kind": body.kind, **config}


@router.put("/channels/{channel}", summary="Change a channel")
def change_channel(
    channel: int, body: NewChannel, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """A secret that is not given stays as it is; what waits for the channel goes by its new configuration."""
    kind, known = alerts.channel_config(found.store, principal.account, channel)
    if body.kind != kind:
        raise InvalidInput("kind", body.kind, f"{kind}, as it was made")
    config = CHANNELS[kind].from_config({"secret": known.get("secret"), **body.config}).config()
    alerts.change_channel(found.store, principal.account, channel, body.name, config)
    return {"id": channel, "name": body.name, "kind": kind, **{k: v for k, v in config.items() if k != "secret"}}


@router.post("/channels/{channel}/enable", status_code=204, summary="Use a disabled channel again")
def enable_channel(
    channel: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """What has waited for it is delivered."""
    alerts.enable_channel(found.store, principal.account, channel)
    return Response(status_code=204)


@router.delete("/channels/{channel}", status_code=204, summary="Remove a channel")
def remove_channel(
    channel: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """What it has not delivered is dropped."""
    alerts.remove_channel(found.store, principal.account, channel)
    return Response(status_code=204)
