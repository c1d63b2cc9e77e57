"""Grouping: notifications that were to wait for others, or wait in a crowd, go as one message.

The oldest carries the others: they wait behind it, are delivered when it is, and given up when it is. So of each alert
and channel the order is kept, and the message has one identity however often it is tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from vedette.store.pool import Connection, Jsonb

MOST = 200
"""Alerts that one message tells of."""
CROWD = 20
"""How many may wait for one channel of people, tried never yet, before they go together though no route groups them."""
_AT_ONCE = 2000
_DEED = "n.body->>'update' IN ('acknowledged', 'unacknowledged')"
_KIND = (  # a message says once what was done, by whom and in which words: only what agrees in that goes together
    f"concat_ws(chr(10), n.body->>'event', n.body->>'update', CASE WHEN {_DEED} THEN n.body#>>'{{detail,by}}' END,"
    f" CASE WHEN {_DEED} THEN n.body#>>'{{detail,text}}' END)"
)
_DUE = (
    f"SELECT DISTINCT n.channel_id, {_KIND} AS kind, coalesce(a.plan->>'route', '') AS route"  # noqa: S608 - constants
    " FROM notifications n JOIN alerts a ON a.id = n.alert_id"
    " WHERE n.gathers AND n.state = 'pending' AND n.next_attempt_at <= now()"
)
_WAITING = (
    "SELECT n.id, n.body FROM notifications n JOIN alerts a ON a.id = n.alert_id"  # noqa: S608 - constants
    f" WHERE n.gathers AND n.state = 'pending' AND n.channel_id = %s AND {_KIND} = %s"
    " AND coalesce(a.plan->>'route', '') = %s"
    " AND NOT EXISTS (SELECT 1 FROM notifications e WHERE e.alert_id = n.alert_id"
    " AND e.channel_id = n.channel_id AND e.position < n.position AND e.state = 'pending')"
    " ORDER BY n.position FOR UPDATE OF n SKIP LOCKED"
)
_FRESH = (
    "n.state = 'pending' AND n.next_attempt_at <= now() AND NOT n.gathers AND n.carrier IS NULL AND n.attempts = 0"
    " AND n.body->>'event' IN ('start', 'end', 'update')"
    " AND NOT n.body ? 'alerts'"  # one that carries others is a message of several already
)
_CROWDED = (
    "SELECT n.channel_id FROM notifications n JOIN channels c ON c.id = n.channel_id"  # noqa: S608 - constants
    f" WHERE {_FRESH} AND c.kind = ANY(%s) AND c.disabled_reason IS NULL"
    " GROUP BY n.channel_id HAVING count(*) > %s ORDER BY n.channel_id"
)
_CROWD = (
    f"SELECT n.id, n.body, {_KIND} AS kind, coalesce(a.plan->>'route', '') AS route"  # noqa: S608 - constants
    f" FROM notifications n JOIN alerts a ON a.id = n.alert_id WHERE {_FRESH} AND n.channel_id = %s"
    " AND NOT EXISTS (SELECT 1 FROM notifications e WHERE e.alert_id = n.alert_id"
    " AND e.channel_id = n.channel_id AND e.position < n.position AND e.state = 'pending')"
    " ORDER BY n.position LIMIT %s FOR UPDATE OF n SKIP LOCKED"
)


def gather(connection: Connection) -> int:
    """Let those go whose time has come, each with all that wait for the same channel and route and say the same; how
    many messages that makes. What follows an earlier notification of its alert waits until that one is delivered, and
    what other workers are at is left to them.
    """
    # Only what is due is locked: the others wait, and need not be written to each second.
    due = connection.execute(_DUE.encode()).fetchall()
    messages = 0
    for group in due:
        whose = (group["channel_id"], group["kind"], group["route"])
        waiting = connection.execute(_WAITING.encode(), whose).fetchall()
        for begin in range(0, len(waiting), MOST):
            _go(connection, waiting[begin : begin + MOST])
            messages += 1
    return messages


def gather_crowds(connection: Connection, kinds: Sequence[str]) -> int:
    """Where more than `CROWD` are due for one channel of these kinds, have those that no worker has begun with go
    together by what they say; how many messages that makes. Nothing waits for it: it is done with what waits already.
    """
    messages = 0
    for crowded in connection.execute(_CROWDED.encode(), (list(kinds), CROWD)).fetchall():
        groups: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in connection.execute(_CROWD.encode(), (crowded["channel_id"], _AT_ONCE)).fetchall():
            groups[row["kind"], row["route"]].append(row)
        for rows in groups.values():
            for begin in range(0, len(rows) if len(rows) > 1 else 0, MOST):
                _go(connection, rows[begin : begin + MOST])
                messages += 1
    return messages


def _go(connection: Connection, rows: list[dict[str, Any]]) -> None:
    first, others = rows[0], rows[1:]
    body = first["body"]
    if others:
        body = {**body, "alerts": [row["body"]["alert"] for row in rows]}
        connection.execute(
            "UPDATE notifications SET gathers = false, carrier = %s WHERE id = ANY(%s)",
            (first["id"], [row["id"] for row in others]),
        )
    connection.execute(
        "UPDATE notifications SET gathers = false, body = %s, next_attempt_at = now() WHERE id = %s",
        (Jsonb(body), first["id"]),
    )
