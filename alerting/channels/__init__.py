"""Channels: the ways of a notification, one file each, registered here."""

from __future__ import annotations

from alerting.channels.apprise import Apprise
from alerting.channels.base import Channel, DeliveryError, Outward, Taken
from alerting.channels.console import Console
from alerting.channels.discord import Discord
from alerting.channels.email import Email
from alerting.channels.ntfy import Ntfy
from alerting.channels.opsgenie import Opsgenie
from alerting.channels.pagerduty import PagerDuty
from alerting.channels.slack import Slack
from alerting.channels.sms import Sms
from alerting.channels.teams import Teams
from alerting.channels.telegram import Telegram
from alerting.channels.webhook import Webhook

CHANNELS: dict[str, type[Channel]] = {
    "apprise": Apprise,
    "console": Console,
    "discord": Discord,
    "email": Email,
    "ntfy": Ntfy,
    "opsgenie": Opsgenie,
    "pagerduty": PagerDuty,
    "slack": Slack,
    "sms": Sms,
    "teams": Teams,
    "telegram": Telegram,
    "webhook": Webhook,
}

__all__ = ["CHANNELS", "Channel", "DeliveryError", "Outward", "Taken"]
