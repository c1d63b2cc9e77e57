"""What becomes due on open alerts: what a silence held back, the next steps of their plans, and reminders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition
from vedette.notifying.plan import Plan
from vedette.store.dispatch import Dispatch
from vedette.store.grouping import gather
from vedette.store.pool import Connection, Store
from vedette.store.recording import heard, note, tell

AT_ONCE = 200
_ALERT = (
    "SELECT a.id, a.account_id, a.rule_id, a.rule_name, a.subject, a.title, a.severity, a.value, a.plan, a.step,"
    " a.acknowledged_at IS NOT NULL AS acknowledged,"
    " (extract(epoch FROM a.started_at) * 1000)::bigint AS started_ms,"
    " (extract(epoch FROM a.snoozed_until) * 1000)::bigint AS snoozed_ms,"
    " f.id AS firing, f.detail, (extract(epoch FROM f.at) * 1000)::bigint AS firing_ms"
    " FROM alerts a CROSS JOIN LATERAL (SELECT id, detail, at FROM alert_transitions t"
    " WHERE t.alert_id = a.id AND t.state = 'firing' ORDER BY at LIMIT 1) f "
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many notifications were let go, alerts told to further channels or again, and messages made of several."""

    released: int
    advanced: int
    gathered: int = 0


def keep(store: Store) -> Kept:
    """Do what is due now, `AT_ONCE` alerts of each kind at most. Several workers may do this at once."""
    with store.transaction() as connection:
        dispatch = Dispatch(connection)
        return Kept(_release(connection, dispatch), _advance(connection, dispatch), gather(connection))


def look_again(connection: Connection, account: int) -> None:
    """Have all that is held back looked at at once: a silence has ended before its time."""
    connection.execute(
        "UPDATE notifications n SET next_attempt_at = now() FROM alerts a"
        " WHERE n.state = 'withheld' AND a.id = n.alert_id AND a.account_id = %s",
        (account,),
    )


def plan_again(connection: Connection, alert: int) -> None:
    """Set an open alert's next moment: none while it is acknowledged, else the end of its snooze, or its plan's."""
    found = connection.execute(_ALERT.encode() + b"WHERE a.id = %s", (alert,)).fetchone()
    if found is None:
        return
    row, now_ms = found, Dispatch(connection).now_ms
    plan = Plan.model_validate(row["plan"] or {})
    if row["acknowledged"]:
        due = None
    elif row["snoozed_ms"] is not None:
        due = row["snoozed_ms"]
    else:
        due = plan.next_ms(row["started_ms"], row["step"], now_ms)
    connection.execute(
        "UPDATE alerts SET next_at = to_timestamp(%s / 1000.0) WHERE id = %s AND ended_at IS NULL", (due, alert)
    )


def _release(connection: Connection, dispatch: Dispatch) -> int:
    """Let go what no silence holds any more; what another one holds waits for that one's end."""
    rows = connection.execute(
        _ALERT.encode() + b"WHERE a.ended_at IS NULL AND a.id IN (SELECT alert_id FROM notifications"
        b" WHERE state = 'withheld' AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT %s)"
        b" ORDER BY a.id FOR UPDATE OF a SKIP LOCKED",
        (AT_ONCE,),
    ).fetchall()
    released = 0
    for row in rows:
        held_ms = dispatch.silenced_until(_transition(row, "firing", row["firing"], row["firing_ms"]))
        changed = connection.execute(
            "UPDATE notifications SET state = %s, next_attempt_at = coalesce(to_timestamp(%s / 1000.0), now())"
            " WHERE alert_id = %s AND state = 'withheld'",
            ("pending" if held_ms is None else "withheld", held_ms, row["id"]),
        ).rowcount
        released += changed if held_ms is None else 0
    return released


def _advance(connection: Connection, dispatch: Dispatch) -> int:
    rows = connection.execute(
        _ALERT.encode()
        + b"WHERE a.ended_at IS NULL AND a.unknown_since IS NULL AND a.next_at <= now() ORDER BY a.next_at LIMIT %s"
        b" FOR UPDATE OF a SKIP LOCKED",
        (AT_ONCE,),
    ).fetchall()
    for row in rows:
        _advance_one(connection, dispatch, row)
    return len(rows)


def _advance_one(connection: Connection, dispatch: Dispatch, row: dict[str, Any]) -> None:
    """The steps that are due, for channels that know nothing yet; a reminder for those that do."""
    now_ms = dispatch.now_ms
    start = _transition(row, "firing", row["firing"], row["firing_ms"])
    held_ms = dispatch.silenced_until(start)
    plan = Plan.model_validate(row["plan"] or {})
    step = row["step"]
    if held_ms is not None:
        due: int | None = held_ms
    else:
        before = heard(connection, row["id"])  # a channel that is away is not reminded again and again
        step = max(step, plan.reached(row["started_ms"], now_ms))
        tell(connection, start, dispatch.targets(row["account_id"], plan.steps[:step]))
        if before and (step == row["step"] or row["snoozed_ms"] is not None):
            identity = hash64("transition", row["id"], "reminded", now_ms)
            reminder = _transition(row, "reminded", identity, now_ms)
            note(connection, reminder)
            tell(connection, reminder, before)
        due = plan.next_ms(row["started_ms"], step, now_ms)
    connection.execute(
        "UPDATE alerts SET step = %s, next_at = to_timestamp(%s / 1000.0), snoozed_until = NULL WHERE id = %s",
        (step, due, row["id"]),
    )


def _transition(row: dict[str, Any], state: AlertState, identity: int, at_ms: int) -> AlertTransition:
    return AlertTransition(
        identity,
        row["id"],
        row["account_id"],
        row["rule_id"],
        row["rule_name"],
        row["subject"],
        state,
        at_ms,
        row["title"],
        row["value"],
        row["detail"],
        row["severity"],
    )
