"""What becomes due on open alerts: what a silence held back, the next steps of their plans, and reminders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition
from vedette.notifying.plan import Plan
from vedette.store.dispatch import LOOK_AGAIN_MS, Dispatch
from vedette.store.grouping import gather, gather_crowds
from vedette.store.pool import Connection, Store
from vedette.store.recording import heard, note, tell
from vedette.telemetry import get_logger

AT_ONCE = 200
_ALERT = (
    "SELECT a.id, a.account_id, a.rule_id, a.rule_name, a.subject, a.title, a.severity, a.value, a.plan, a.step,"
    " a.acknowledged_by, (extract(epoch FROM a.started_at) * 1000)::bigint AS started_ms,"
    " (extract(epoch FROM a.snoozed_until) * 1000)::bigint AS snoozed_ms,"
    " (extract(epoch FROM coalesce(a.told_at, a.started_at)) * 1000)::bigint AS told_ms,"
    " f.id AS firing, f.detail, (extract(epoch FROM f.at) * 1000)::bigint AS firing_ms"
    " FROM alerts a CROSS JOIN LATERAL (SELECT id, detail, at FROM alert_transitions t"
    " WHERE t.alert_id = a.id AND t.state = 'firing' ORDER BY at LIMIT 1) f "
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many notifications were let go, alerts told to further channels or again, and messages made of several."""

    released: int
    advanced: int
    gathered: int = 0


def keep(store: Store, people: Sequence[str] = ()) -> Kept:
    """Do what is due now, `AT_ONCE` alerts of each kind at most. Several workers may do this at once. Crowds of
    notifications go together in channels of the kinds `people`: programs may know a message of one alert only."""
    with store.transaction() as connection:
        dispatch = Dispatch(connection)
        released = _each(connection, _held_back(connection), lambda row: _release(connection, dispatch, row))
        advanced = _each(connection, _due(connection), lambda row: _advance(connection, dispatch, row))
    with store.transaction() as connection:
        return Kept(released, advanced, gather(connection) + gather_crowds(connection, people))


def look_again(connection: Connection, account: int) -> None:
    """Have all that is held back looked at at once: a silence has ended before its time. What was put off otherwise is
    looked at within `LOOK_AGAIN_MS`."""
    connection.execute(
        "UPDATE notifications SET next_attempt_at = now() WHERE id IN (SELECT n.id FROM notifications n JOIN alerts a"
        " ON a.id = n.alert_id WHERE n.state = 'withheld' AND a.account_id = %s ORDER BY n.id FOR UPDATE OF n)",
        (account,),
    )


def plan_again(connection: Connection, alert: int) -> None:
    """Set an open alert's next moment: none while it is acknowledged, else the end of its snooze, or its plan's."""
    row = connection.execute(_ALERT.encode() + b"WHERE a.id = %s", (alert,)).fetchone()
    if row is None:
        return
    if row["acknowledged_by"] is not None:
        due = None
    elif row["snoozed_ms"] is not None:
        due = row["snoozed_ms"]
    else:
        due = _plan(row).next_ms(row["started_ms"], row["step"], row["told_ms"])
    connection.execute(
        "UPDATE alerts SET next_at = to_timestamp(%s / 1000.0) WHERE id = %s AND ended_at IS NULL", (due, alert)
    )


def _each(connection: Connection, rows: list[Row], do: Callable[[Row], int]) -> int:
    """Do it with each; one whose plan is not understood is put off, told in the log, and costs nobody else anything."""
    done = 0
    for row in rows:
        try:
            with connection.transaction():
                done += do(row)
        except ValidationError as error:
            get_logger("alerts").error("plan_not_understood", alert=row["id"], error=str(error))
            _put_off(connection, row, LOOK_AGAIN_MS)
    return done


def _held_back(connection: Connection) -> list[Row]:
    return connection.execute(
        _ALERT.encode() + b"WHERE a.ended_at IS NULL AND a.id IN (SELECT alert_id FROM notifications"
        b" WHERE state = 'withheld' AND next_attempt_at <= now() GROUP BY alert_id ORDER BY min(next_attempt_at)"
        b" LIMIT %s) ORDER BY a.id FOR UPDATE OF a SKIP LOCKED",
        (AT_ONCE,),
    ).fetchall()


def _due(connection: Connection) -> list[Row]:
    return connection.execute(
        _ALERT.encode()
        + b"WHERE a.ended_at IS NULL AND a.unknown_since IS NULL AND a.next_at <= now() ORDER BY a.next_at LIMIT %s"
        b" FOR UPDATE OF a SKIP LOCKED",
        (AT_ONCE,),
    ).fetchall()


def _release(connection: Connection, dispatch: Dispatch, row: Row) -> int:
    """Let go what no silence holds any more, with who has taken the alert up meanwhile; else it is looked at again."""
    held_ms = dispatch.look_again_ms(_start(row))
    changed = connection.execute(
        "UPDATE notifications SET state = %s, next_attempt_at = coalesce(to_timestamp(%s / 1000.0), now()),"
        " body = jsonb_set(body, '{alert,acknowledged_by}', coalesce(to_jsonb(%s::text), 'null'))"
        " WHERE alert_id = %s AND state = 'withheld'",
        ("pending" if held_ms is None else "withheld", held_ms, row["acknowledged_by"], row["id"]),
    ).rowcount
    return changed if held_ms is None else 0


def _advance(connection: Connection, dispatch: Dispatch, row: Row) -> int:
    """The steps that are due, for channels that know nothing yet; a reminder for those that do, if one is due."""
    now_ms, start, plan = dispatch.now_ms, _start(row), _plan(row)
    held_ms = dispatch.look_again_ms(start)
    if held_ms is not None:
        _put_off(connection, row, held_ms - now_ms)
        return 1
    before = heard(connection, row["id"])  # a channel that is away is not reminded again and again
    step = max(row["step"], plan.reached(row["started_ms"], now_ms))
    tell(connection, start, dispatch.targets(row["account_id"], plan.steps[:step]))
    if before and (row["snoozed_ms"] is not None or plan.reminds(row["told_ms"], now_ms)):
        reminder = _transition(row, "reminded", hash64("transition", row["id"], "reminded", now_ms), now_ms)
        note(connection, reminder)
        tell(connection, reminder, before)
    connection.execute(
        "UPDATE alerts SET step = %s, told_at = now(), next_at = to_timestamp(%s / 1000.0), snoozed_until = NULL"
        " WHERE id = %s",
        (step, plan.next_ms(row["started_ms"], step, now_ms), row["id"]),
    )
    return 1


def _put_off(connection: Connection, row: Row, wait_ms: int) -> None:
    connection.execute(
        "UPDATE alerts SET next_at = now() + make_interval(secs => %s / 1000.0) WHERE id = %s AND next_at IS NOT NULL",
        (wait_ms, row["id"]),
    )


def _plan(row: Row) -> Plan:
    return Plan.model_validate(row["plan"] or {})


def _start(row: Row) -> AlertTransition:
    return _transition(row, "firing", row["firing"], row["firing_ms"])


def _transition(row: Row, state: AlertState, identity: int, at_ms: int) -> AlertTransition:
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
