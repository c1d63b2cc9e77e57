"""Channels: where notifications go, and whether they arrive there."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from alerting.channels import CHANNELS, Channel, DeliveryError, Outward
from alerting.channels.webhook import Webhook
from alerting.outward import http_client
from alerting.trial import trial_of
from alerting.webhook_body import schema
from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, VedetteError
from vedette.notifying.channel_secrets import CHANNEL_SECRETS
from vedette.store import alerts

router = APIRouter(prefix="/v1", tags=["alerting"])
TRIAL_S = 10.0
"""The longest that a test waits for its receiver."""


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


class Rotation(BaseModel):
    """Another secret for a webhook, and how long the one before stays valid beside it."""

    model_config = ConfigDict(extra="forbid")
    secret: str | None = None
    overlap_s: int = Field(default=86_400, ge=0, le=30 * 86_400)


@router.get("/channels", summary="Channels")
def list_channels(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Without secrets; with the reason if one was disabled."""
    return {"channels": alerts.channels_of(found.store, principal.account)}


@router.get("/channels/kinds", summary="Kinds of channels", dependencies=[Depends(needs("read"))])
def list_kinds() -> dict[str, Any]:
    """JSON Schema of each kind's settings, for forms; secrets are `writeOnly`: set, and never told again."""
    return {"kinds": [{"kind": name, "settings": found.settings_schema()} for name, found in sorted(CHANNELS.items())]}


@router.get("/channels/webhook/schema", summary="What a webhook gets", dependencies=[Depends(needs("read"))])
def get_webhook_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the body, of all events."""
    return schema()


@router.post("/channels", status_code=201, summary="Make a channel")
def add_channel(
    body: NewChannel, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """A webhook's secret is shown this once."""
    config = _kind(body.kind).from_config(body.config).config()
    channel = alerts.add_channel(found.store, principal.account, body.name, body.kind, config)
    return {"id": channel, "name": body.name, "kind": body.kind, **_shown(config, "secret")}


@router.put("/channels/{channel}", summary="Change a channel")
def change_channel(
    channel: int, body: NewChannel, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """A secret that is not given stays as it is, unless it would be sent to another place than before; what waits for
    the channel goes by its new configuration."""
    kind, known = alerts.channel_config(found.store, principal.account, channel)
    if body.kind != kind:
        raise InvalidInput("kind", body.kind, f"{kind}, as it was made")
    config = _with_secrets(_kind(kind), known, body.config)
    alerts.change_channel(found.store, principal.account, channel, body.name, known, config)
    return {"id": channel, "name": body.name, "kind": kind, **_shown(config)}


def _with_secrets(kind: type[Channel], known: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The configuration that `given` says, with the secrets that it does not say. A webhook has a secret always: to say
    that it has none leaves the one that it has, since a new one would be shown to nobody."""
    if issubclass(kind, Webhook) and not given.get("secret"):
        given = {name: value for name, value in given.items() if name != "secret"}
    hidden = kind.secrets() | ({"previous_until_s"} if kind is Webhook else set())
    kept = {name: known[name] for name in hidden & known.keys() if name not in given}
    config = kind.from_config({**kept, **given}).config()
    moved = [name for name in kind.DESTINATION if config.get(name) != known.get(name)]
    unsaid = sorted(kept.keys() & kind.secrets())
    if moved and unsaid:
        raise InvalidInput(unsaid[0], None, f"it again, since {moved[0]} is another: it would be sent there")
    return config


@router.post("/channels/{channel}/test", summary="Send a test through a channel")
async def try_channel(
    channel: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """At once, by the gateway, also through a disabled channel: whether the receiver took it, and its answer."""
    name, config = await asyncio.to_thread(alerts.channel_config, found.store, principal.account, channel)
    kind, settings = _kind(name), found.settings
    now_ms = found.clock.now_ms()
    async with http_client(TRIAL_S, allow_private=settings.allow_private) as client:
        outward = Outward(client, settings.allow_private, settings.public_url, TRIAL_S)
        identity, body = trial_of(channel, now_ms)
        try:
            async with asyncio.timeout(TRIAL_S):
                answer = await kind.from_config(config).deliver(outward, identity, body, now_ms // 1000)
        except DeliveryError as error:
            return {"delivered": False, "permanent": error.permanent, "answer": error.answer}
        except TimeoutError:
            return {"delivered": False, "permanent": False, "answer": "no answer in time"}
        except VedetteError as error:
            return {"delivered": False, "permanent": True, "answer": str(error)}
    return {"delivered": True, "permanent": False, "answer": answer}


@router.post("/channels/{channel}/rotate", summary="Give a webhook another secret")
def rotate_secret(
    channel: int, body: Rotation, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Shown this once. Until `overlap_s` from now both sign; a secret before the one before is forgotten."""
    name, config = alerts.channel_config(found.store, principal.account, channel)
    kind = _kind(name)
    if not issubclass(kind, Webhook):
        raise InvalidInput("channel", channel, "a webhook: others have no secret of ours")
    until_s = found.clock.now_ms() // 1000 + body.overlap_s
    rotated = kind.from_config(config).rotated(body.secret, until_s).config()
    alerts.change_channel_config(found.store, principal.account, channel, config, rotated)
    return {"id": channel, "secret": rotated["secret"], "previous_until_s": until_s}


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


def _kind(name: str) -> type[Channel]:
    kind = CHANNELS.get(name)
    if kind is None:
        raise InvalidInput("kind", name, ", ".join(sorted(CHANNELS)))
    return kind


def _shown(config: dict[str, Any], *once: str) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in CHANNEL_SECRETS or name in once}
