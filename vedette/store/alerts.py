"""Rules and channels, and the alerts that there are."""

from __future__ import annotations

from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.store.pool import Connection, Jsonb, Store
from vedette.store.recording import end_alerts


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


def change_rule(store: Store, account: int, rule: int, name: str, kind: str, config: dict[str, Any]) -> None:
    """Replace a rule's definition; its open alerts go on until a signal says otherwise. `Conflict` if it would become
    another kind, or take another rule's name."""
    with store.transaction() as connection:
        found = connection.execute(
            "SELECT kind FROM rules WHERE id = %s AND account_id = %s FOR UPDATE", (rule, account)
        ).fetchone()
        if found is None:
            raise NotFound(f"rule {rule} does not exist")
        if found["kind"] != kind:
            raise Conflict(f"rule {rule} is of the kind {found['kind']}: one of another kind is another rule")
        connection.execute("UPDATE rules SET name = %s, config = %s WHERE id = %s", (name, Jsonb(config), rule))


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


def channel_config(store: Store, account: int, channel: int) -> tuple[str, dict[str, Any]]:
    """A channel's kind and configuration, secrets included."""
    row = store.row("SELECT kind, config FROM channels WHERE id = %s AND account_id = %s", channel, account)
    if row is None:
        raise NotFound(f"channel {channel} does not exist")
    return row["kind"], row["config"]


def change_channel(store: Store, account: int, channel: int, name: str, config: dict[str, Any]) -> None:
    """Replace a channel's name and configuration; what waits for it goes by the new one."""
    changed = store.execute(
        "UPDATE channels SET name = %s, config = %s WHERE id = %s AND account_id = %s",
        name,
        Jsonb(config),
        channel,
        account,
    )
    if not changed:
        raise NotFound(f"channel {channel} does not exist")


def remove_channel(store: Store, account: int, channel: int) -> None:
    """Remove a channel, with what it has not delivered.

    `Conflict` while a route or schedule names it: alerts that go that way would reach nobody.
    """
    with store.transaction() as connection:
        _check_unnamed(connection, account, channel)
        gone = connection.execute("DELETE FROM channels WHERE id = %s AND account_id = %s", (channel, account))
        if not gone.rowcount:
            raise NotFound(f"channel {channel} does not exist")


def _check_unnamed(connection: Connection, account: int, channel: int) -> None:
    row = connection.execute(
        "SELECT 'route ' || quote_literal(name) AS what FROM routes WHERE account_id = %s"
        " AND jsonb_path_exists(config, '$.steps[*].channels[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
        " UNION ALL SELECT 'schedule ' || quote_literal(name) FROM schedules WHERE account_id = %s"
        " AND (jsonb_path_exists(config, '$.rotation[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
        " OR jsonb_path_exists(config, '$.overrides[*].channel ? (@ == $n)', jsonb_build_object('n', %s::bigint)))"
        " LIMIT 1",
        (account, channel, account, channel, channel),
    ).fetchone()
    if row is not None:
        raise Conflict(f"channel {channel} is named by the {row['what']}")


def enable_channel(store: Store, account: int, channel: int) -> None:
    """Use a channel again: what has waited for it is delivered. One that is not disabled stays as it is."""
    if not store.execute(
        "UPDATE channels SET disabled_reason = NULL WHERE id = %s AND account_id = %s", channel, account
    ):
        raise NotFound(f"channel {channel} does not exist")


def alerts_of(store: Store, account: int, state: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest alerts, all or those in one state."""
    return store.rows(
        "SELECT id::text, rule_name, subject, title, severity, state, value, acknowledged_by, assignee,"
        " (extract(epoch FROM snoozed_until) * 1000)::bigint AS snoozed_until_ms,"
        " (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms,"
        " (extract(epoch FROM unknown_since) * 1000)::bigint AS unknown_since_ms,"
        " (SELECT detail->>'body' FROM alert_transitions t WHERE alert_id = alerts.id AND t.state = 'notice') AS body"
        " FROM alerts WHERE account_id = %s AND (%s::text IS NULL OR state = %s) ORDER BY started_at DESC LIMIT %s",
        account,
        state,
        state,
        limit,
    )
