"""Opsgenie: alerts that are made and closed by their alias.

Source: Opsgenie's documentation, "Alert API": create, close, acknowledge, unacknowledge, add note; limits of
fields there.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, SecretStr

from alerting.channels.alertwise import for_each_alert
from alerting.channels.base import Channel, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import BaseUrl, matching
from alerting.channels.wording import Message, cut, message_of

MESSAGE, ENTITY, DESCRIPTION, NOTE = 130, 512, 15_000, 25_000
"""Characters that these fields may have."""
_PRIORITIES = {"critical": "P1", "warning": "P3", "info": "P5"}
_UPDATES = {"acknowledged": "acknowledge", "unacknowledged": "unacknowledge"}


class Opsgenie(Channel):
    """Makes and closes alerts with `api_key`. An alert's alias is its identity."""

    DESTINATION = ("url",)
    api_key: Annotated[SecretStr, matching(r"[A-Za-z0-9-]{16,100}")] = Field(
        description="the key of an API integration: 16 to 100 letters, digits and -"
    )
    url: BaseUrl = Field(default="https://api.opsgenie.com", description="Opsgenie's server, or that of its EU region")

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        headers = {"Authorization": f"GenieKey {self.api_key.get_secret_value()}"}

        async def send(one: dict[str, Any]) -> str:
            path, json = request(one, message_of(one, outward.page))
            answer = await post(outward, f"{self.url}/v2/alerts{path}", json=json, headers=headers)
            return judged(answer, success=(200, 201, 202), permanent=(401, 403, 404), refused=(400, 413, 422))

        return await for_each_alert(outward, identity, body, send)


def request(body: dict[str, Any], message: Message) -> tuple[str, dict[str, Any]]:
    """The path below `/v2/alerts`, and the JSON, that tell of one alert."""
    alias = f"vedette-{body['alert']['id']}"
    origin = {"source": "Vedette", "user": "Vedette"}
    if message.event in {"start", "one-off"}:
        return "", {
            **origin,
            "message": cut(message.title, MESSAGE) or "alert",
            "alias": alias,
            "description": cut("\n".join([*message.lines, *([message.link] if message.link else [])]), DESCRIPTION),
            "entity": cut(str(body["alert"]["subject"]), ENTITY),
            "priority": "P5" if message.event == "one-off" else _PRIORITIES.get(message.severity, "P3"),
        }
    deed = "close" if message.event == "end" else _UPDATES.get(str(body.get("update")), "notes")
    note = cut("\n".join([message.heading, *message.lines]), NOTE)
    return f"/{quote(alias, safe='')}/{deed}?identifierType=alias", {**origin, "note": note}
