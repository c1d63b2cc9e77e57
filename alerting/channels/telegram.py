"""Telegram: a message of a bot to a chat.

Source: Telegram Bot API, `sendMessage`, `ResponseParameters`, "Making requests".
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SecretStr

from alerting.channels.base import Channel, DeliveryError, Outward
from alerting.channels.posting import judged, post, seconds
from alerting.channels.settings import BaseUrl, matching
from alerting.channels.wording import cut, message_of

TEXT = 4096
"""Characters that a message may have."""
_NEVER = (401, 403, 404)
"""No such bot, or it may not write to this chat."""


class Telegram(Channel):
    """Sends as the bot of `token` to `chat` (and into its `thread`)."""

    FOR_PEOPLE = True
    DESTINATION = ("url",)
    token: Annotated[SecretStr, matching(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,80}")] = Field(
        description="a bot's token, digits, a colon and letters"
    )
    chat: str = Field(
        pattern=r"^(-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64})$",
        description="a chat's number as text, or @ and a channel's name",
    )
    thread: int | None = Field(default=None, ge=1, le=1 << 53, description="the number of a topic of the chat")
    url: BaseUrl = Field(default="https://api.telegram.org", description="a server of the Bot API")

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        message: dict[str, Any] = {
            "chat_id": self.chat,
            "text": cut(message_of(body, outward.page).text, TEXT),
            "link_preview_options": {"is_disabled": True},
        }
        if self.thread is not None:
            message["message_thread_id"] = self.thread
        answer = await post(outward, f"{self.url}/bot{self.token.get_secret_value()}/sendMessage", json=message)
        parameters = answer.json.get("parameters")
        wait = seconds(parameters.get("retry_after")) if isinstance(parameters, dict) else None
        words = judged(answer, success=(200,), permanent=_NEVER, refused=(400,), retry_after_s=wait)
        # A taken message is repeated in the answer, which may be longer than what is read of it.
        if not answer.body.lstrip().startswith(b'{"ok":true'):
            raise DeliveryError(f"not Telegram's answer: {words}")
        return "200 ok"
