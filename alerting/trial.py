"""A trial: the notification with which somebody tries a channel."""

from __future__ import annotations

from typing import Any


def trial_of(channel: int, now_ms: int) -> tuple[str, dict[str, Any]]:
    """Identity and body of a one-off notification that says what it is; another one each millisecond."""
    identity = f"test-{channel}-{now_ms}"
    alert = {
        "id": identity,
        "rule": "Test",
        "subject": f"channel:{channel}",
        "title": "A test of this channel",
        "severity": "info",
        "value": None,
        "started_ms": now_ms,
        "ended_ms": now_ms,
        "acknowledged_by": None,
    }
    said = "Somebody tries whether notifications of Vedette arrive here. Nothing has happened."
    detail = {"title": alert["title"], "body": said, "test": True}
    return identity, {"id": identity, "event": "one-off", "at_ms": now_ms, "alert": alert, "detail": detail}
