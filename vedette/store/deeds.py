"""Deeds: what is done about an alert, each within a transaction of whoever calls.

Each is on the alert's timeline, and told to whoever was told the start where others must know at once.
"""

from __future__ import annotations

from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition
from vedette.store.keeping import plan_again
from vedette.store.pool import Connection
from vedette.store.recording import end_one, note, tell, told

_TOLD: tuple[AlertState, ...] = ("acknowledged", "unacknowledged")
"""Deeds that others must know of at once; the rest stands on the timeline."""
_MOVES: tuple[AlertState, ...] = ("acknowledged", "unacknowledged", "snoozed")
"""Deeds that change when something is due. Talking about an alert puts no reminder off."""


def acknowledge(connection: Connection, account: int, alert: int, by: str, text: str = "") -> AlertTransition:
    """Somebody has taken it up: no further steps and reminders. `Conflict` if it is over, or somebody has already."""
    row = _open(connection, account, alert)
    if row["acknowledged_by"] is not None:
        raise Conflict(f"alert {alert} was acknowledged by {row['acknowledged_by']}")
    connection.execute(
        "UPDATE alerts SET acknowledged_at = now(), acknowledged_by = %s, snoozed_until = NULL WHERE id = %s",
        (by, alert),
    )
    return _done(connection, row, "acknowledged", by, text)


def unacknowledge(connection: Connection, account: int, alert: int, by: str, text: str = "") -> AlertTransition:
    """Nobody has it any more: steps and reminders go on. `Conflict` if it is over, or nobody had."""
    row = _open(connection, account, alert)
    if row["acknowledged_by"] is None:
        raise Conflict(f"alert {alert} is not acknowledged")
    connection.execute("UPDATE alerts SET acknowledged_at = NULL, acknowledged_by = NULL WHERE id = %s", (alert,))
    return _done(connection, row, "unacknowledged", by, text)


def snooze(connection: Connection, account: int, alert: int, by: str, until_ms: int, text: str = "") -> AlertTransition:
    """No further steps and reminders until `until_ms` (UTC), and then a reminder if it still fires. `Conflict` if it is
    over, or acknowledged."""
    row = _open(connection, account, alert)
    if row["acknowledged_by"] is not None:
        raise Conflict(f"alert {alert} was acknowledged by {row['acknowledged_by']}: nothing is left to snooze")
    connection.execute("UPDATE alerts SET snoozed_until = to_timestamp(%s / 1000.0) WHERE id = %s", (until_ms, alert))
    return _done(connection, row, "snoozed", by, text, {"until_ms": until_ms})


def assign(
    connection: Connection, account: int, alert: int, by: str, to: str | None, text: str = ""
) -> AlertTransition:
    """It is somebody's now, or nobody's (None). `Conflict` if it is over."""
    row = _open(connection, account, alert)
    connection.execute("UPDATE alerts SET assignee = %s WHERE id = %s", (to, alert))
    return _done(connection, row, "assigned", by, text, {"to": to})


def comment(connection: Connection, account: int, alert: int, by: str, text: str) -> AlertTransition:
    """A remark, during the alert or after it."""
    return _done(connection, _alert(connection, account, alert), "commented", by, text)


def resolve(connection: Connection, account: int, alert: int, by: str, text: str = "") -> AlertTransition:
    """End it by hand. Its rule raises it again once its condition has been over and holds again. `Conflict` if it is
    over."""
    _open(connection, account, alert)
    ended = end_one(connection, alert, {"by": by, "text": text})
    if ended is None:
        raise Conflict(f"alert {alert} is over")
    return ended


def _alert(connection: Connection, account: int, alert: int) -> dict[str, Any]:
    row = connection.execute(
        "SELECT id, account_id, rule_id, rule_name, subject, title, severity, value, state, acknowledged_by,"
        " (extract(epoch FROM greatest(now(), started_at)) * 1000)::bigint AS now_ms"
        " FROM alerts WHERE id = %s AND account_id = %s FOR UPDATE",
        (alert, account),
    ).fetchone()
    if row is None:
        raise NotFound(f"alert {alert} does not exist")
    return row


def _open(connection: Connection, account: int, alert: int) -> dict[str, Any]:
    row = _alert(connection, account, alert)
    if row["state"] in {"resolved", "notice"}:
        raise Conflict(f"alert {alert} is over")
    return row


def _done(
    connection: Connection,
    row: dict[str, Any],
    state: AlertState,
    by: str,
    text: str,
    more: dict[str, str | int | None] | None = None,
) -> AlertTransition:
    at = row["now_ms"]
    done = AlertTransition(
        hash64("transition", row["id"], state, at, by, text),
        row["id"],
        row["account_id"],
        row["rule_id"],
        row["rule_name"],
        row["subject"],
        state,
        at,
        row["title"],
        row["value"],
        {"by": by, "text": text, **(more or {})},
        row["severity"],
    )
    note(connection, done)
    if row["state"] not in {"resolved", "notice"}:
        if state in _MOVES:
            plan_again(connection, row["id"])
        if state in _TOLD:
            tell(connection, done, told(connection, row["id"]))
    return done
