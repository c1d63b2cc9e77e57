"""Contents of reports for tests: whatever a field is not told has a plain value."""

from __future__ import annotations

from typing import Any

import msgspec

from alerting.reports.alerts import alerting_of
from alerting.reports.contents import Bands, Contents, Endpoint, Endpoints, Hosts, Named
from vedette.notifying.report import DAY_MS, HOUR_MS, PARTS

MONDAY = 1_795_392_000_000
"""Monday, 23 November 2026, 0:00 UTC."""
NASTY = '<script>alert("x")</script> & \r\nBcc: eve@shop.example \x07'
NOBODY = Named([], 0)


def alert(number: int = 1, **fields: Any) -> dict[str, Any]:
    """An alert as it is read from tables; it has been told."""
    return {
        "id": number,
        "rule_name": "Outage",
        "subject": f"monitor:{number}",
        "title": "shop is down",
        "severity": "critical",
        "state": "resolved",
        "acknowledged_by": None,
        "started_ms": MONDAY + 2 * HOUR_MS,
        "ended_ms": MONDAY + 2 * HOUR_MS + 90_000,
        "acknowledged_ms": None,
        "unknown": False,
        "delivered": 1,
        "messages": fields.get("delivered", 1),
        "pending": 0,
        "held": 0,
        "failed": 0,
        **fields,
    }


def endpoint(number: int = 1, **fields: Any) -> Endpoint:
    found: dict[str, Any] = {
        "id": number,
        "name": "shop",
        "uptime": 0.99,
        "uptime_before": 1.0,
        "reachability": 0.95,
        "down_minutes": 101,
        "apdex": "0.85 [0.5]",
        "apdex_before": "0.94 [0.5]",
        "band": "Good",
    }
    return Endpoint(**{**found, **fields})


def endpoints(**fields: Any) -> Endpoints:
    found: dict[str, Any] = {
        "monitors": 2,
        "checked": 2,
        "exact": True,
        "uptime": 0.995,
        "uptime_before": 1.0,
        "reachability": 0.975,
        "reachability_before": 1.0,
        "whole": 1,
        "bands": Bands(1, 1),
        "bands_before": Bands(2),
        "worst": [endpoint()],
        "slowest": [endpoint()],
        "hours_ms": MONDAY,
        "hours": [(60, 0)] * 100 + [(60, 3)] + [(60, 0)] * 67,
    }
    return Endpoints(**{**found, **fields})


def contents(**fields: Any) -> Contents:
    """A weekly report of the week from `MONDAY` on, with one alert."""
    found: dict[str, Any] = {
        "name": "week",
        "kind": "weekly",
        "zone": "UTC",
        "parts": list(PARTS["weekly"]),
        "from_ms": MONDAY,
        "to_ms": MONDAY + 7 * DAY_MS,
        "before_ms": MONDAY - 7 * DAY_MS,
        "due_ms": MONDAY + 7 * DAY_MS + 8 * HOUR_MS,
        "made_ms": MONDAY + 7 * DAY_MS + 8 * HOUR_MS,
        "missed_ms": [],
        "endpoints": endpoints(),
        "alerting": alerting_of([alert()], [], [], NOBODY, NOBODY, "UTC"),
        "changed": NOBODY,
        "drift": NOBODY,
        "hosts": Hosts(total=3, fresh=NOBODY, silent=NOBODY),
    }
    return Contents(**{**found, **fields})


def every_part(**fields: Any) -> Contents:
    """The same with all parts there are."""
    parts = list(dict.fromkeys([*PARTS["weekly"], *PARTS["daily"]]))
    return msgspec.structs.replace(contents(**fields), parts=parts)
