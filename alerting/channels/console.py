"""Console: notifications as lines of the alert worker's log, for trying things."""

from __future__ import annotations

from typing import Any

from alerting.channels.base import Channel, Outward
from alerting.channels.wording import message_of
from vedette.telemetry import get_logger


class Console(Channel):
    """Has no settings."""

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        message = message_of(body, outward.page)
        get_logger("console").info("told", heading=message.heading, text=list(message.lines), link=message.link)
        return "logged"
