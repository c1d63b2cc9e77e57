"""Channels: the ways of a notification, one file each, registered here."""

from __future__ import annotations

from alerting.channels.base import Channel, DeliveryError
from alerting.channels.webhook import Webhook

CHANNELS: dict[str, type[Channel]] = {"webhook": Webhook}

__all__ = ["CHANNELS", "Channel", "DeliveryError"]
