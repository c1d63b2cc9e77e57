"""What people do about an alert, each deed in a transaction of its own; and all that is known of one."""

from __future__ import annotations

from typing import Any

from vedette.errors import NotFound
from vedette.events.signals import AlertTransition
from vedette.store import attempts, deeds
from vedette.store.contention import tried_again
from vedette.store.pool import Store


@tried_again
def acknowledge(store: Store, account: int, alert: int, by: str, text: str = "") -> AlertTransition:
    """Somebody has taken it up: no further steps and reminders. `Conflict` if it is over, or somebody has already."""
    with store.transaction() as connection:
        return deeds.acknowledge(connection, account, alert, by, text)


@tried_again
def unacknowledge(store: Store, account: int, alert: int, by: str, text: str = "") -> AlertTransition:
    """Nobody has it any more: steps and reminders go on. `Conflict` if it is over, or nobody had."""
    with store.transaction() as connection:
        return deeds.unacknowledge(connection, account, alert, by, text)


@tried_again
def snooze(store: Store, account: int, alert: int, by: str, until_ms: int, text: str = "") -> AlertTransition:
    """No further steps and reminders until `until_ms` (UTC), and then a reminder if it still fires. `Conflict` if it is
    over, or acknowledged."""
    with store.transaction() as connection:
        return deeds.snooze(connection, account, alert, by, until_ms, text)


@tried_again
def assign(store: Store, account: int, alert: int, by: str, to: str | None, text: str = "") -> AlertTransition:
    """It is somebody's now, or nobody's (None). `Conflict` if it is over."""
    with store.transaction() as connection:
        return deeds.assign(connection, account, alert, by, to, text)


@tried_again
def comment(store: Store, account: int, alert: int, by: str, text: str) -> AlertTransition:
    """A remark, during the alert or after it."""
    with store.transaction() as connection:
        return deeds.comment(connection, account, alert, by, text)


@tried_again
def resolve(store: Store, account: int, alert: int, by: str, text: str = "") -> AlertTransition:
    """End it by hand. Its rule raises it again once its condition has been over and holds again. `Conflict` if it is
    over."""
    with store.transaction() as connection:
        return deeds.resolve(connection, account, alert, by, text)


def alert_of(store: Store, account: int, alert: int) -> dict[str, Any]:
    """One alert with its timeline and what became of each notification; `NotFound` if the account has none such."""
    row = store.row(
        "SELECT id::text, rule_id AS rule, rule_name, subject, title, severity, state, value,"
        " (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms, acknowledged_by, assignee,"
        " (extract(epoch FROM acknowledged_at) * 1000)::bigint AS acknowledged_ms,"
        " (extract(epoch FROM snoozed_until) * 1000)::bigint AS snoozed_until_ms, plan,"
        " (extract(epoch FROM unknown_since) * 1000)::bigint AS unknown_since_ms,"
        " (extract(epoch FROM next_at) * 1000)::bigint AS next_ms"
        " FROM alerts WHERE id = %s AND account_id = %s",
        alert,
        account,
    )
    if row is None:
        raise NotFound(f"alert {alert} does not exist")
    timeline = store.rows(
        "SELECT state, (extract(epoch FROM at) * 1000)::bigint AS at_ms, value, detail FROM alert_transitions"
        " WHERE alert_id = %s ORDER BY at, id",
        alert,
    )
    return {**row, "timeline": timeline, "notifications": attempts.notifications_of(store, alert)}
