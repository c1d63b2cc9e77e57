"""Alerts for tests of situations."""

from __future__ import annotations

from vedette.situations.alert import Alert, Watched, alert_labels

T0 = 1_700_000_000_000
MINUTE_MS = 60_000
MONITORS = {
    1: Watched("shop", None, "web-1"),
    2: Watched("shop api", 1, "api.example"),
    3: Watched("shop cart", 2, "cart.example"),
    9: Watched("blog", None, "blog.example"),
}


def alert(
    number: int,
    subject: str = "source:web-1",
    begins: float = 0,
    ends: float | None = None,
    *,
    rule: str | None = None,
    severity: str = "critical",
    roles: str | None = None,
    location: str | None = None,
) -> Alert:
    """One that begins and ends so many minutes after T0; each has a rule of its own unless it is said."""
    name = rule or f"rule {number}"
    started = T0 + round(begins * MINUTE_MS)
    ended = None if ends is None else T0 + round(ends * MINUTE_MS)
    labels = alert_labels(name, subject, severity, roles, location)
    state = "firing" if ended is None else "resolved"
    return Alert(number, name, subject, f"alert {number}", severity, state, started, ended, labels)
