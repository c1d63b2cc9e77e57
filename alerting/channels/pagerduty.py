"""PagerDuty: events of the Events API v2, whose incidents end when the alert does.

Source: PagerDuty's developer documentation, "Send an alert event", "Send a change event", "PD-CEF".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, SecretStr

from alerting.channels.alertwise import for_each_alert
from alerting.channels.base import Channel, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import BaseUrl, matching
from alerting.channels.wording import cut, message_of

SUMMARY = 1024
"""Characters that a summary may have."""
_DETAIL = 20_000
_ACTIONS = {"start": "trigger", "end": "resolve"}


class PagerDuty(Channel):
    """Sends to the integration of `routing_key`. An alert's `dedup_key` is its identity."""

    DESTINATION = ("url",)
    routing_key: Annotated[SecretStr, matching(r"[A-Za-z0-9]{32}")] = Field(
        description="the integration key of Events API v2: 32 letters and digits"
    )
    url: BaseUrl = Field(
        default="https://events.pagerduty.com", description="PagerDuty's server, or that of its EU region"
    )

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        async def send(one: dict[str, Any]) -> str:
            # A notice opens no incident: nothing would ever end it.
            path, json = (
                ("change", self.change(one, outward)) if one["event"] == "one-off" else ("", self.event(one, outward))
            )
            answer = await post(outward, f"{self.url}/v2/{path + '/' if path else ''}enqueue", json=json)
            return judged(answer, success=(202,), permanent=(401, 403, 404), refused=(400, 413))

        return await for_each_alert(outward, identity, body, send)

    def event(self, body: dict[str, Any], outward: Outward) -> dict[str, Any]:
        """An alert's event: trigger, acknowledge or resolve."""
        message = message_of(body, outward.page)
        action = "acknowledge" if body.get("update") == "acknowledged" else _ACTIONS.get(message.event, "trigger")
        found: dict[str, Any] = {
            "routing_key": self.routing_key.get_secret_value(),
            "event_action": action,
            "dedup_key": f"vedette-{body['alert']['id']}",
        }
        if action != "trigger":
            return found
        severity = message.severity if message.severity in {"critical", "warning", "info"} else "error"
        found["payload"] = {
            "summary": cut(message.title, SUMMARY) or "alert",
            "source": cut(str(body["alert"]["subject"]), 255) or "vedette",
            "severity": severity,
            "timestamp": _time(body["alert"]["started_ms"]),
            "custom_details": {"text": cut("\n".join(message.lines), _DETAIL), "rule": body["alert"]["rule"]},
        }
        found["client"] = "Vedette"
        if message.link:
            found |= {"client_url": message.link, "links": [{"href": message.link, "text": "Open in Vedette"}]}
        return found

    def change(self, body: dict[str, Any], outward: Outward) -> dict[str, Any]:
        """A notice, as a change event."""
        message = message_of(body, outward.page)
        payload = {
            "summary": cut(message.title, SUMMARY) or "notice",
            "source": cut(str(body["alert"]["subject"]), 255) or "vedette",
            "timestamp": _time(body["at_ms"]),
            "custom_details": {"text": cut("\n".join(message.lines), _DETAIL)},
        }
        links = [{"href": message.link, "text": "Open in Vedette"}] if message.link else []
        return {"routing_key": self.routing_key.get_secret_value(), "payload": payload, "links": links}


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
