"""Microsoft Teams: an adaptive card posted to a workflow ("when a Teams webhook request is received").

Source: Microsoft Learn, "Create incoming webhooks with Workflows" and "Adaptive Cards"; a message has 28 KB at most.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alerting.channels.base import Channel, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import SecretUrl
from alerting.channels.wording import Message, cut, message_of, utf8

TITLE, TEXT = 1_000, 10_000
"""Bytes of UTF-8: with what JSON escapes of them, a card stays under 28 KB."""
_COLOURS = {"end": "good", "update": "accent", "one-off": "accent"}
_SEVERITIES = {"critical": "attention", "warning": "warning"}
_NEVER = (401, 403, 404, 410)


class Teams(Channel):
    """Posts to the workflow `webhook_url`."""

    FOR_PEOPLE = True
    webhook_url: SecretUrl = Field(description="the URL of a workflow that posts webhook requests to a channel")

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        json = payload(message_of(body, outward.page))
        answer = await post(outward, self.webhook_url.get_secret_value(), json=json)
        return judged(answer, success=(200, 202), permanent=_NEVER, refused=(400, 413))


def payload(message: Message) -> dict[str, Any]:
    """The message as one card."""
    colour = _COLOURS.get(message.event) or _SEVERITIES.get(message.severity, "accent")
    heading = {"weight": "bolder", "size": "medium", "color": colour, "text": _plain(cut(message.heading, TITLE, utf8))}
    text = cut("\n\n".join(message.lines), TEXT, utf8)
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "wrap": True, **heading},
            {"type": "TextBlock", "wrap": True, "text": _plain(text)},
        ],
    }
    links = ((message.acknowledge, "Acknowledge"), (message.more, "More…"), (message.link, "Open in Vedette"))
    actions = [{"type": "Action.OpenUrl", "title": word, "url": link} for link, word in links if link]
    if actions:
        card["actions"] = actions
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _plain(text: str) -> str:
    """Without what Markdown would make of it."""
    return "".join(f"\\{char}" if char in "\\*_[]()#" else char for char in text)
