"""ntfy: a message published to a topic.

Source: ntfy's documentation, "Publish as JSON" and "Limitations".
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SecretStr

from alerting.channels.base import Channel, DeliveryError, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import BaseUrl, matching
from alerting.channels.wording import Message, cut, message_of, utf8

TITLE, MESSAGE = 250, 4096
"""Bytes; a longer message would become an attachment."""
_PRIORITIES = {"critical": 5, "warning": 4}
_TAGS = {"start": "rotating_light", "end": "white_check_mark"}
_NEVER = (401, 403, 404)


class Ntfy(Channel):
    """Publishes to `topic` of the server `url`, with an access token if there is one."""

    FOR_PEOPLE = True
    DESTINATION = ("url",)
    topic: str = Field(pattern=r"^[-_A-Za-z0-9]{1,64}$", description="1 to 64 letters, digits, - and _")
    url: BaseUrl = Field(default="https://ntfy.sh", description="an ntfy server")
    token: Annotated[SecretStr, matching(r"[A-Za-z0-9_-]{1,200}")] | None = Field(
        default=None, description="an access token of the server"
    )

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        json = payload(self.topic, message_of(body, outward.page))
        answer = await post(outward, f"{self.url}/", json=json, headers=headers)
        words = judged(answer, success=(200,), permanent=_NEVER, refused=(400, 413))
        # A taken message is repeated in the answer, which may be longer than what is read of it.
        if not answer.body.lstrip().startswith(b'{"id":"'):
            raise DeliveryError(f"not ntfy's answer: {words}")
        return f"200 {answer.json.get('id', 'ok')}"


def payload(topic: str, message: Message) -> dict[str, Any]:
    """The message as ntfy takes it; only what begins or still fires is urgent."""
    urgent = message.event == "start" or message.word == "Still firing"
    found: dict[str, Any] = {
        "topic": topic,
        "title": cut(message.heading, TITLE, utf8),
        "message": cut("\n".join(message.lines), MESSAGE, utf8),
        "priority": _PRIORITIES.get(message.severity, 3) if urgent else 3,
    }
    if message.event in _TAGS:
        found["tags"] = [_TAGS[message.event]]
    if message.link:
        found["click"] = message.link
    if message.acknowledge:
        found["actions"] = [{"action": "view", "label": "Acknowledge", "url": message.acknowledge, "clear": True}]
    return found
