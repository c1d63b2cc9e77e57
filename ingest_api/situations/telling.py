"""A situation as the API shows it: in a list, and whole."""

from __future__ import annotations

from typing import Any

from ingest_api.context import Context
from ingest_api.situations.changes import changes
from ingest_api.situations.impact import impact
from ingest_api.situations.kindred import kindred
from ingest_api.situations.timeline import timeline
from vedette.situations.alert import SEVERITIES, Alert
from vedette.situations.situation import Situation
from vedette.store import situation_facts
from vedette.store import situations as stored
from vedette.store.situations import Found

MOST_ALERTS = 500
_SUBJECTS = 5
_OUTAGE_BEFORE_MS = 30 * 60_000


def brief(situation: Situation) -> dict[str, Any]:
    """Its row in a list."""
    alerts, lead = situation.alerts, situation.lead
    ended = situation.ended_ms
    return {
        "id": str(situation.id),
        "title": lead.title or lead.rule,
        "severity": lead.severity if lead.severity in SEVERITIES else "",
        "state": "open" if ended is None else "ended",
        "started_ms": situation.started_ms,
        "ended_ms": ended,
        "alerts": len(alerts),
        "firing": sum(alert.ended_ms is None for alert in alerts),
        "subjects": list(dict.fromkeys(alert.subject for alert in alerts))[:_SUBJECTS],
        "acknowledged_by": next((one.acknowledged_by for one in alerts if one.acknowledged_by is not None), None),
    }


def whole(found: Context, account: int, alert: int) -> dict[str, Any]:
    """The situation of an alert with all that is known of it; `NotFound` if the account has no such alert. Blocks."""
    store, now = found.store, found.clock.now_ms()
    situation, read = stored.containing(store, account, alert, now)
    near = kindred(store, account, situation, read.monitors)
    until = situation.ended_ms if situation.ended_ms is not None else max(now, situation.started_ms)
    outages = situation_facts.outages(
        store, account, sorted(near.monitors), situation.started_ms - _OUTAGE_BEFORE_MS, until + 1
    )
    steps, left_out = timeline(store, account, situation, near, outages, now)
    changed, looked_at = changes(store, account, situation, near, now)
    return {
        **brief(situation),
        "members": [_member(one, situation, read) for one in situation.alerts[:MOST_ALERTS]],
        "quiet": [{"from_ms": begin, "to_ms": end} for begin, end in situation.quiet()[:MOST_ALERTS]],
        "cut": read.cut,
        "impact": impact(store, situation, near, outages, steps, now),
        "outages": [{name: value for name, value in one.items() if name != "timeline"} for one in outages],
        "changed": changed,
        "looked_at": looked_at,
        "timeline": steps,
        "timeline_left_out": left_out,
    }


def _member(alert: Alert, situation: Situation, read: Found) -> dict[str, Any]:
    link = situation.because.get(alert.id)
    which = None if link is None else link.which
    if link is not None and link.what in {"parent", "monitor"}:
        watched = read.monitors.get(int(link.which))
        which = watched.name if watched is not None else link.which
    return {
        "id": str(alert.id),
        "rule_name": alert.rule,
        "subject": alert.subject,
        "title": alert.title,
        "severity": alert.severity,
        "state": alert.state,
        "started_ms": alert.started_ms,
        "ended_ms": alert.ended_ms,
        "acknowledged_by": alert.acknowledged_by,
        "because": None if link is None else {"what": link.what, "which": which, "alert": str(link.earlier)},
    }
