"""Secrets of channels: the names of the settings that are told to nobody once they are set."""

from __future__ import annotations

CHANNEL_SECRETS: tuple[str, ...] = (
    "secret",
    "previous_secret",
    "password",
    "token",
    "webhook_url",
    "routing_key",
    "api_key",
    "auth_token",
    "apprise_url",
)
"""No kind of channel has a setting of such a name that may be shown."""
