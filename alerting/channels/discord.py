"""Discord: an embed posted to a webhook.

Source: Discord's developer documentation, "Execute Webhook", "Embed Limits" and "Rate Limits".
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alerting.channels.base import Channel, Outward
from alerting.channels.posting import judged, post, seconds
from alerting.channels.settings import SecretUrl
from alerting.channels.wording import Message, cut, message_of, utf16

TITLE, DESCRIPTION = 256, 4096
"""Characters that title and description of an embed may have."""
_COLOURS = {"end": 0x2E9E5B, "update": 0x4C7BD9, "one-off": 0x4C7BD9}
_SEVERITIES = {"critical": 0xD3382F, "warning": 0xE0A100}
_NEVER = (401, 403, 404)


class Discord(Channel):
    """Posts to the webhook `webhook_url`."""

    FOR_PEOPLE = True
    webhook_url: SecretUrl = Field(description="the URL of a webhook, as Discord shows it")

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        answer = await post(outward, self.webhook_url.get_secret_value(), json=payload(message_of(body, outward.page)))
        wait = seconds(answer.json.get("retry_after")) if answer.status == 429 else None
        return judged(answer, success=(200, 204), permanent=_NEVER, refused=(400, 413), retry_after_s=wait)


def payload(message: Message) -> dict[str, Any]:
    """The message as an embed that mentions nobody."""
    taking_up = f"\n[Acknowledge]({message.acknowledge}) · [More…]({message.more})" if message.acknowledge else ""
    embed: dict[str, Any] = {
        "title": cut(message.heading, TITLE),
        "description": cut("\n".join(map(_plain, message.lines)), DESCRIPTION - utf16(taking_up)) + taking_up,
        "color": _COLOURS.get(message.event) or _SEVERITIES.get(message.severity, 0x4C7BD9),
    }
    if message.link:
        embed["url"] = message.link
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _plain(line: str) -> str:
    """Without what Markdown would make of it."""
    return "".join(f"\\{char}" if char in "\\*_~`|>[]()#" else char for char in line)
