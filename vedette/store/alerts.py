"""Rules, channels, alerts and their transitions; a transition and the notifications it causes are one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.errors import NotFound
from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition
from vedette.store.pool import Connection, Jsonb, Store

EVENTS: dict[AlertState, str] = {"firing": "start", "resolved": "end", "notice": "one-off"}
"""What a notification calls each transition."""
ENDED: tuple[AlertState, ...] = ("resolved", "notice")
"""States in which nothing more comes of an alert."""


def read_rules(store: Store) -> list[dict[str, Any]]:
    """All rules of all accounts."""
    return store.rows(
        "SELECT id, account_id, name, kind, config, (extract(epoch FROM created_at) * 1000)::bigint AS created_ms"
        " FROM rules ORDER BY id"
    )


def monitor_names(store: Store) -> dict[int, str]:
    """Names of all monitors."""
    return {row["id"]: row["name"] for row in store.rows("SELECT id, name FROM monitors")}


def rules_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's rules, as the API shows them."""
    rows = store.rows("SELECT id, name, kind, config FROM rules WHERE account_id = %s ORDER BY id", account)
    return [{"id": row["id"], "name": row["name"], "kind": row["kind"], **row["config"]} for row in rows]


def add_rule(store: Store, account: int, name: str, kind: str, config: dict[str, Any]) -> int:
    """Make a rule; `Conflict` if the account has one of that name."""
    row = store.row(
        "INSERT INTO rules (account_id, name, kind, config) VALUES (%s, %s, %s, %s) RETURNING id",
        account,
        name,
        kind,
        Jsonb(config),
    )
    assert row is not None
    return int(row["id"])


def remove_rule(store: Store, account: int, rule: int) -> None:
    """Remove a rule; its open alerts end, and whoever was told their start is told so."""
    with store.transaction() as connection:
        gone = connection.execute("DELETE FROM rules WHERE id = %s AND account_id = %s", (rule, account))
        if not gone.rowcount:
            raise NotFound(f"rule {rule} does not exist")
        end_alerts(connection, account, "rule", rule_id=rule)


def channels_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's channels, without their secrets."""
    rows = store.rows(
        "SELECT id, name, kind, config - 'secret' AS config, disabled_reason FROM channels"
        " WHERE account_id = %s ORDER BY id",
        account,
    )
    return [{**row.pop("config"), **row} for row in rows]


def add_channel(store: Store, account: int, name: str, kind: str, config: dict[str, Any]) -> int:
    """Make a channel; `Conflict` if the account has one of that name."""
    row = store.row(
        "INSERT INTO channels (account_id, name, kind, config) VALUES (%s, %s, %s, %s) RETURNING id",
        account,
        name,
        kind,
        Jsonb(config),
    )
    assert row is not None
    return int(row["id"])


def remove_channel(store: Store, account: int, channel: int) -> None:
    """Remove a channel, with what it has not delivered."""
    if not store.execute("DELETE FROM channels WHERE id = %s AND account_id = %s", channel, account):
        raise NotFound(f"channel {channel} does not exist")


def enable_channel(store: Store, account: int, channel: int) -> None:
    """Use a channel again: what has waited for it is delivered. One that is not disabled stays as it is."""
    if not store.execute(
        "UPDATE channels SET disabled_reason = NULL WHERE id = %s AND account_id = %s", channel, account
    ):
        raise NotFound(f"channel {channel} does not exist")


def record(
    store: Store, transitions: Sequence[tuple[AlertTransition, Sequence[int]]], *, of_existing: bool = False
) -> list[AlertTransition]:
    """Record transitions, each with its notifications; those that were not known before.

    Each comes with the channels of its rule (none: all of the account). A transition that is known already, from
    before a crash, changes nothing. With `of_existing`, no alert starts for a rule or monitor that was removed since
    it was decided (nothing would ever end it), and none ends that has not started.
    """
    with store.transaction() as connection:
        return [
            t
            for t, channels in transitions
            if not (of_existing and _is_pointless(connection, t))
            and _record_one(connection, t, _chosen(connection, t, channels))
        ]


def _is_pointless(connection: Connection, t: AlertTransition) -> bool:
    """Whether rule or monitor of a start are gone, or the alert of an end never was.

    The share locks make a removal at the same time wait, and then see the alert.
    """
    if t.state == "resolved":
        return connection.execute("SELECT 1 FROM alerts WHERE id = %s", (t.alert,)).fetchone() is None
    if connection.execute("SELECT 1 FROM rules WHERE id = %s FOR SHARE", (t.rule,)).fetchone() is None:
        return True
    monitor = t.subject.removeprefix("monitor:").partition("@")[0] if t.subject.startswith("monitor:") else ""
    if not monitor.isdigit():
        return False
    return connection.execute("SELECT 1 FROM monitors WHERE id = %s FOR SHARE", (int(monitor),)).fetchone() is None


def end_alerts(
    connection: Connection, account: int, removed: str, *, rule_id: int | None = None, monitor: int | None = None
) -> None:
    """End the open alerts of a rule or a monitor that is `removed` (the word is in the notifications' detail) now.

    Only channels that were told the start are told the end, if the start was not given up.
    """
    found = connection.execute(
        "SELECT id, rule_id, rule_name, subject, title,"
        " (extract(epoch FROM greatest(now(), started_at)) * 1000)::bigint AS at FROM alerts"
        " WHERE account_id = %s AND ended_at IS NULL AND (rule_id = %s OR subject = %s OR subject LIKE %s) ORDER BY id",
        (
            account,
            rule_id,
            None if monitor is None else f"monitor:{monitor}",
            None if monitor is None else f"monitor:{monitor}@%",
        ),
    ).fetchall()
    for row in found:
        told = connection.execute(
            "SELECT DISTINCT channel_id AS id FROM notifications WHERE alert_id = %s AND state <> 'failed'"
            " AND body->>'event' = 'start' ORDER BY id",
            (row["id"],),
        ).fetchall()
        end = AlertTransition(
            # The identity that the state machine gives its end: whichever comes first is the one end.
            id=hash64("transition", row["id"], "resolved"),
            alert=row["id"],
            account=account,
            rule=row["rule_id"],
            rule_name=row["rule_name"],
            subject=row["subject"],
            state="resolved",
            at=row["at"],
            title=row["title"],
            detail={"removed": removed},
        )
        _record_one(connection, end, [target["id"] for target in told])


def _chosen(connection: Connection, t: AlertTransition, channels: Sequence[int]) -> list[int]:
    found = connection.execute(
        "SELECT id FROM channels WHERE account_id = %s AND (%s::bigint[] = '{}' OR id = ANY(%s)) ORDER BY id",
        (t.account, list(channels), list(channels)),
    )
    return [row["id"] for row in found]


def _record_one(connection: Connection, t: AlertTransition, targets: Sequence[int]) -> bool:
    connection.execute(
        "INSERT INTO alerts (id, account_id, rule_id, rule_name, subject, title, state, value, started_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'firing', %s, to_timestamp(%s / 1000.0)) ON CONFLICT DO NOTHING",
        (t.alert, t.account, t.rule, t.rule_name, t.subject, t.title, t.value, t.at),
    )
    new = connection.execute(
        "INSERT INTO alert_transitions (id, alert_id, state, at, value, detail)"
        " VALUES (%s, %s, %s, to_timestamp(%s / 1000.0), %s, %s) ON CONFLICT DO NOTHING",
        (t.id, t.alert, t.state, t.at, t.value, Jsonb(t.detail)),
    ).rowcount
    if not new:
        return False
    if t.state in ENDED:
        connection.execute(
            "UPDATE alerts SET state = %s, ended_at = to_timestamp(%s / 1000.0) WHERE id = %s",
            (t.state, t.at, t.alert),
        )
    alert = connection.execute(
        "SELECT title, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms FROM alerts WHERE id = %s",
        (t.alert,),
    ).fetchone()
    assert alert is not None
    for target in targets:
        identity = hash64("notification", t.id, target)
        connection.execute(
            "INSERT INTO notifications (id, transition_id, alert_id, channel_id, body) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (identity, t.id, t.alert, target, Jsonb(_body(identity, t, alert))),
        )
    return True


def _body(identity: int, t: AlertTransition, alert: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(identity),
        "event": EVENTS[t.state],
        "at_ms": t.at,
        "alert": {
            "id": str(t.alert),
            "rule": t.rule_name,
            "subject": t.subject,
            "title": alert["title"],
            "value": t.value,
            "started_ms": alert["started_ms"],
            "ended_ms": t.at if t.state in ENDED else None,
        },
        "detail": t.detail,
    }


def alerts_of(store: Store, account: int, state: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest alerts, all or those in one state."""
    return store.rows(
        "SELECT id::text, rule_name, subject, title, state, value,"
        " (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms,"
        " (SELECT detail->>'body' FROM alert_transitions t WHERE alert_id = alerts.id AND t.state = 'notice') AS body"
        " FROM alerts WHERE account_id = %s AND (%s::text IS NULL OR state = %s) ORDER BY started_at DESC LIMIT %s",
        account,
        state,
        state,
        limit,
    )
