"""Transitions of alerts: recorded with the notifications that they cause in one transaction."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition
from vedette.store.dispatch import Dispatch
from vedette.store.pool import Connection, Jsonb, Store

EVENTS: dict[AlertState, str] = {"firing": "start", "resolved": "end", "notice": "one-off"}
"""What a notification calls each transition; all others are an `update`."""
ENDED: tuple[AlertState, ...] = ("resolved", "notice")
"""States in which nothing more comes of an alert."""
_MONITOR = re.compile(r"monitor:([0-9]+)(?=[@/]|$)")
DOUBTS: tuple[AlertState, ...] = ("unknown", "known")
"""An alert goes on, but for a while nobody can tell whether it does. Nobody is told, neither again nor further."""


def record(
    store: Store, transitions: Sequence[tuple[AlertTransition, Sequence[int]]], *, of_existing: bool = False
) -> list[AlertTransition]:
    """Record transitions, each with its notifications; those that were not known before.

    Each comes with the channels of its rule (none: by the account's routes, else all of the account). A transition that
    is known already, from before a crash, changes nothing. With `of_existing`, no alert starts for a rule or monitor
    that was removed since it was decided (nothing would ever end it), and none ends that has not started.
    """
    transitions = [(_storable(t), channels) for t, channels in transitions]
    with store.transaction() as connection:
        _lock(connection, [t for t, _ in transitions], of_existing=of_existing)
        dispatch = Dispatch(connection)
        return [
            t
            for t, channels in transitions
            if not (of_existing and _is_pointless(connection, t)) and _record_one(connection, dispatch, t, channels)
        ]


def _storable(t: AlertTransition) -> AlertTransition:
    """With what PostgreSQL can hold: U+FFFD for NUL in texts, texts for numbers of the detail that are not finite, no
    value that is not. An alert is told, whatever a value or its name was."""
    value = t.value if t.value is None or math.isfinite(t.value) else None
    detail = {key: _plain(one) for key, one in t.detail.items()}
    return msgspec.structs.replace(t, title=t.title.replace("\0", "\ufffd"), value=value, detail=detail)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _lock(connection: Connection, transitions: Sequence[AlertTransition], *, of_existing: bool) -> None:
    """Lock what the transitions are about, in the order in which everybody locks: rules, monitors, alerts, each by
    number.

    The share locks make a removal at the same time wait, and then see the alert. Whoever ends an alert by hand has it
    locked: an end of the flow's waits here, and not for the row of the end, which the other one waits for.
    """
    if of_existing:
        for table, wanted in (("rules", {t.rule for t in transitions}), ("monitors", set(map(_monitor, transitions)))):
            connection.execute(
                f"SELECT 1 FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE".encode(),  # noqa: S608 - constants
                (sorted(number for number in wanted if number is not None),),
            )
    connection.execute(
        "SELECT 1 FROM alerts WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (sorted({t.alert for t in transitions}),)
    )


def _monitor(t: AlertTransition) -> int | None:
    """The number of the monitor that an alert is about."""
    found = _MONITOR.match(t.subject)
    return None if found is None else int(found[1])


def _is_pointless(connection: Connection, t: AlertTransition) -> bool:
    """Whether rule or monitor of a start are gone, or the alert of an end never was."""
    if t.state in DOUBTS:
        return (
            connection.execute("SELECT 1 FROM alerts WHERE id = %s AND ended_at IS NULL", (t.alert,)).fetchone() is None
        )
    if t.state == "resolved":
        return connection.execute("SELECT 1 FROM alerts WHERE id = %s", (t.alert,)).fetchone() is None
    if connection.execute("SELECT 1 FROM rules WHERE id = %s", (t.rule,)).fetchone() is None:
        return True
    monitor = _monitor(t)
    return (
        monitor is not None
        and connection.execute("SELECT 1 FROM monitors WHERE id = %s", (monitor,)).fetchone() is None
    )


def end_alerts(
    connection: Connection, account: int, removed: str, *, rule_id: int | None = None, monitor: int | None = None
) -> None:
    """End the open alerts of a rule or a monitor that is `removed` (the word is in the notifications' detail) now.

    Only channels that were told the start are told the end, if the start was not given up.
    """
    about = f"monitor:{monitor}"
    subjects = (None, None, None) if monitor is None else (about, f"{about}@%", f"{about}/%")
    found = connection.execute(
        "SELECT id FROM alerts WHERE account_id = %s AND ended_at IS NULL"
        " AND (rule_id = %s OR subject = %s OR subject LIKE %s OR subject LIKE %s) ORDER BY id",
        (account, rule_id, *subjects),
    ).fetchall()
    for row in found:
        end_one(connection, row["id"], {"removed": removed})
    connection.execute(
        "UPDATE alert_waits SET ended_at = now(), outcome = 'lapsed' WHERE account_id = %s AND ended_at IS NULL"
        " AND (subject = %s OR subject LIKE %s OR subject LIKE %s)",
        (account, *subjects),
    )


def end_one(connection: Connection, alert: int, detail: dict[str, Any]) -> AlertTransition | None:
    """End an alert that is open now; what was recorded, None if its end is known already."""
    row = connection.execute(
        "SELECT account_id, rule_id, rule_name, subject, title, severity,"
        " (extract(epoch FROM greatest(now(), started_at)) * 1000)::bigint AS at FROM alerts WHERE id = %s FOR UPDATE",
        (alert,),
    ).fetchone()
    assert row is not None
    end = AlertTransition(
        # The identity that the state machine gives its end: whichever comes first is the one end.
        id=hash64("transition", alert, "resolved"),
        alert=alert,
        account=row["account_id"],
        rule=row["rule_id"],
        rule_name=row["rule_name"],
        subject=row["subject"],
        state="resolved",
        at=row["at"],
        title=row["title"],
        detail=detail,
        severity=row["severity"],
    )
    return end if _record_one(connection, Dispatch(connection), end, (), given_up=False) else None


def _record_one(
    connection: Connection, dispatch: Dispatch, t: AlertTransition, channels: Sequence[int], *, given_up: bool = True
) -> bool:
    connection.execute(
        "INSERT INTO alerts (id, account_id, rule_id, rule_name, subject, title, severity, state, value, started_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, 'firing', %s, to_timestamp(%s / 1000.0)) ON CONFLICT DO NOTHING",
        (t.alert, t.account, t.rule, t.rule_name, t.subject, t.title, t.severity, t.value, t.at),
    )
    if not note(connection, t):
        return False
    if t.state in DOUBTS:
        connection.execute(
            "UPDATE alerts SET unknown_since = CASE WHEN %s THEN to_timestamp(%s / 1000.0) END WHERE id = %s",
            (t.state == "unknown", t.at, t.alert),
        )
        return True
    if t.state in ENDED:
        connection.execute(
            "UPDATE alerts SET state = %s, ended_at = to_timestamp(%s / 1000.0), next_at = NULL WHERE id = %s",
            (t.state, t.at, t.alert),
        )
    if t.state == "resolved":
        connection.execute(
            "UPDATE notifications SET state = 'dropped' WHERE alert_id = %s AND state = 'withheld'", (t.alert,)
        )
        tell(connection, t, told(connection, t.alert, given_up=given_up))
        return True
    plan, silenced_ms = dispatch.plan(t, channels), dispatch.look_again_ms(t)
    if t.state == "notice":
        if silenced_ms is None:
            tell(connection, t, dispatch.targets(t.account, plan.steps[:1]))
        return True
    reached = plan.reached(t.at, t.at)
    connection.execute(
        "UPDATE alerts SET plan = %s, step = %s, told_at = now(), next_at = to_timestamp(%s / 1000.0) WHERE id = %s",
        (Jsonb(plan.stored()), reached, plan.next_ms(t.at, reached, dispatch.now_ms), t.alert),
    )
    tell(connection, t, dispatch.targets(t.account, plan.steps[:reached]), withheld_ms=silenced_ms)
    return True


def note(connection: Connection, t: AlertTransition) -> bool:
    """Put a transition on its alert's timeline; False if it is there."""
    return bool(
        connection.execute(
            "INSERT INTO alert_transitions (id, alert_id, state, at, value, detail)"
            " VALUES (%s, %s, %s, to_timestamp(%s / 1000.0), %s, %s) ON CONFLICT DO NOTHING",
            (t.id, t.alert, t.state, t.at, t.value, Jsonb(t.detail)),
        ).rowcount
    )


def told(connection: Connection, alert: int, *, given_up: bool = False) -> list[int]:
    """The channels that were told an alert's start, or will be, in order; with `given_up`, those that were not, too."""
    states = ["pending", "delivered", "failed"] if given_up else ["pending", "delivered"]
    found = connection.execute(
        "SELECT DISTINCT channel_id AS id FROM notifications WHERE alert_id = %s AND state = ANY(%s)"
        " AND body->>'event' = 'start' ORDER BY id",
        (alert, states),
    )
    return [row["id"] for row in found]


def heard(connection: Connection, alert: int) -> list[int]:
    """The channels that have heard all there was to say about an alert: nothing of it waits for them."""
    found = connection.execute(
        "SELECT channel_id AS id FROM notifications WHERE alert_id = %s GROUP BY channel_id"
        " HAVING bool_or(state = 'delivered') AND NOT bool_or(state IN ('pending', 'withheld')) ORDER BY id",
        (alert,),
    )
    return [row["id"] for row in found]


def tell(connection: Connection, t: AlertTransition, targets: Sequence[int], *, withheld_ms: int | None = None) -> None:
    """Put a notification of `t` for each channel into the outbox, once; held back until `withheld_ms` (UTC)."""
    if not targets:
        return
    alert = connection.execute(
        "SELECT title, severity, acknowledged_by, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " coalesce((plan->>'group_s')::int, 0) AS group_s FROM alerts WHERE id = %s",
        (t.alert,),
    ).fetchone()
    assert alert is not None
    # A notice says something of its own.
    group_s = alert["group_s"] if t.state != "notice" else 0
    state = "pending" if withheld_ms is None else "withheld"
    for target in targets:
        identity = hash64("notification", t.id, target)
        body = Jsonb(_body(identity, t, alert))
        # A channel that was removed since this transaction looked is nobody to be told.
        connection.execute(
            "INSERT INTO notifications (id, transition_id, alert_id, channel_id, body, state, gathers, next_attempt_at)"
            " SELECT %s, %s, %s, id, %s, %s, %s,"
            " coalesce(to_timestamp(%s / 1000.0), now() + make_interval(secs => %s))"
            " FROM channels WHERE id = %s FOR KEY SHARE ON CONFLICT DO NOTHING",
            (identity, t.id, t.alert, body, state, group_s > 0, withheld_ms, group_s, target),
        )


def _body(identity: int, t: AlertTransition, alert: dict[str, Any]) -> dict[str, Any]:
    body = {
        "id": str(identity),
        "event": EVENTS.get(t.state, "update"),
        "at_ms": t.at,
        "alert": {
            "id": str(t.alert),
            "rule": t.rule_name,
            "subject": t.subject,
            "title": alert["title"],
            "severity": alert["severity"],
            "value": t.value,
            "started_ms": alert["started_ms"],
            "ended_ms": t.at if t.state in ENDED else None,
            "acknowledged_by": alert["acknowledged_by"],
        },
        "detail": t.detail,
    }
    return body if t.state in EVENTS else {**body, "update": t.state}
