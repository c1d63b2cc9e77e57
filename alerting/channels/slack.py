"""Slack: blocks posted to an incoming webhook.

Source: Slack, "Sending messages using incoming webhooks" and "Block Kit"; limits of header and section blocks there.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alerting.channels.base import Channel, DeliveryError, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import SecretUrl
from alerting.channels.wording import Message, cut, message_of, utf16

HEADER, SECTION = 150, 3000
"""Characters that a header and a section may have."""
_NEVER = (403, 404, 410)
"""The token, the channel, or the app behind the URL is no more."""


class Slack(Channel):
    """Posts to the incoming webhook `webhook_url`."""

    FOR_PEOPLE = True
    webhook_url: SecretUrl = Field(description="the URL of an incoming webhook, as Slack shows it")

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        json = payload(message_of(body, outward.page))
        answer = await post(outward, self.webhook_url.get_secret_value(), json=json)
        words = judged(answer, success=(200,), permanent=_NEVER, refused=(400, 413))
        if answer.body.strip() != b"ok":
            raise DeliveryError(f"not Slack's answer: {words}")
        return words


def payload(message: Message) -> dict[str, Any]:
    """The message as blocks, and as text for what shows none."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(message.heading, HEADER), "emoji": False}},
        {"type": "section", "text": {"type": "mrkdwn", "text": _escaped(message.lines), "verbatim": True}},
    ]
    links = ((message.acknowledge, "Acknowledge"), (message.more, "More…"), (message.link, "Open in Vedette"))
    texts = [{"type": "mrkdwn", "text": f"<{link}|{word}>"} for link, word in links if link]
    if texts:
        blocks.append({"type": "context", "elements": texts})
    return {"text": _plain(cut(message.heading, SECTION // 5)), "blocks": blocks, "unfurl_links": False}


def _plain(text: str) -> str:
    """Without the three characters that Slack gives a meaning: an alert's text must not mention a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(lines: tuple[str, ...]) -> str:
    text = "\n".join(lines)
    most = SECTION
    # Escapes make it longer by what is in it: cut until it fits.
    while utf16(_plain(cut(text, most))) > SECTION:
        most = most * 9 // 10
    return _plain(cut(text, most))
