"""Rules and channels, and the alerts that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.events.check_series import labels_text
from vedette.notifying.channel_secrets import CHANNEL_SECRETS
from vedette.store.contention import tried_again
from vedette.store.pool import Connection, Jsonb, Store
from vedette.store.recording import end_alerts, end_one


def read_rules(store: Store) -> list[dict[str, Any]]:
    """All rules of all accounts, with the channels of their groups among their own."""
    rows = store.rows(
        "SELECT id, account_id, name, kind, config, (extract(epoch FROM created_at) * 1000)::bigint AS created_ms,"
        " CASE WHEN config ? 'groups' THEN (SELECT array_agg(channel::bigint) FROM channel_groups g,"
        " jsonb_array_elements_text(g.config->'channels') AS channel WHERE g.account_id = rules.account_id"
        " AND rules.config->'groups' @> to_jsonb(g.id)) END AS members FROM rules ORDER BY id"
    )
    for row in rows:
        named = row.pop("members", None)
        if named:
            row["config"] = {**row["config"], "channels": sorted({*row["config"]["channels"], *named})}
    return rows


def monitor_tags(store: Store, account: int | None = None) -> dict[int, tuple[str, str]]:
    """Name of each monitor, and its labels as signals carry them; of all accounts, or of one."""
    rows = store.rows(
        "SELECT id, name, config->'labels' AS labels FROM monitors WHERE %s::bigint IS NULL OR account_id = %s",
        account,
        account,
    )
    return {row["id"]: (row["name"], labels_text(row["labels"]) if row["labels"] else "") for row in rows}


def monitor_intervals(store: Store) -> dict[int, int]:
    """How often each monitor is to be checked (ms)."""
    rows = store.rows("SELECT id, coalesce((config->>'interval_s')::float8, 60) AS every_s FROM monitors")
    return {row["id"]: round(row["every_s"] * 1000) for row in rows}


def monitor_names(store: Store) -> dict[int, str]:
    """Names of all monitors."""
    return {row["id"]: row["name"] for row in store.rows("SELECT id, name FROM monitors")}


def open_alerts(store: Store) -> list[dict[str, Any]]:
    """All open alerts of all accounts, each with the detail of its begin."""
    return store.rows(
        "SELECT a.id, account_id AS account, rule_id AS rule, rule_name, subject, title, severity,"
        " (extract(epoch FROM started_at) * 1000)::bigint AS started_ms, t.detail"
        " FROM alerts a JOIN alert_transitions t ON t.alert_id = a.id AND t.state = 'firing' WHERE ended_at IS NULL"
    )


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


@tried_again
def change_rule(
    store: Store,
    account: int,
    rule: int,
    name: str,
    kind: str,
    config: dict[str, Any],
    still_minds: Callable[[str, dict[str, Any]], bool],
) -> None:
    """Replace a rule's definition. Its open alerts go on until a signal says otherwise, but those end now whose subject
    it does not mind any more, for no signal would: `still_minds` is asked with an alert's subject and detail.

    `Conflict` if it would become another kind, or take another rule's name.
    """
    with store.transaction() as connection:
        found = connection.execute(
            "SELECT kind FROM rules WHERE id = %s AND account_id = %s FOR UPDATE", (rule, account)
        ).fetchone()
        if found is None:
            raise NotFound(f"rule {rule} does not exist")
        if found["kind"] != kind:
            raise Conflict(f"rule {rule} is of the kind {found['kind']}: one of another kind is another rule")
        connection.execute("UPDATE rules SET name = %s, config = %s WHERE id = %s", (name, Jsonb(config), rule))
        for row in connection.execute(
            "SELECT DISTINCT ON (a.id) a.id, a.subject, t.detail FROM alerts a JOIN alert_transitions t"
            " ON t.alert_id = a.id AND t.state = 'firing' WHERE a.account_id = %s AND a.rule_id = %s"
            " AND a.ended_at IS NULL ORDER BY a.id, t.at",
            (account, rule),
        ).fetchall():
            if not still_minds(row["subject"], row["detail"]):
                end_one(connection, row["id"], {"changed": "rule"})


@tried_again
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
        "SELECT id, name, kind, config - %s::text[] AS config, disabled_reason FROM channels"
        " WHERE account_id = %s ORDER BY id",
        list(CHANNEL_SECRETS),
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


def change_channel(
    store: Store, account: int, channel: int, name: str, before: dict[str, Any], config: dict[str, Any]
) -> None:
    """Replace a channel's name and configuration by one that was made of `before`; what waits for it goes by the new
    one. `Conflict` if it has changed meanwhile."""
    changed = store.execute(
        "UPDATE channels SET name = %s, config = %s WHERE id = %s AND account_id = %s AND config = %s",
        name,
        Jsonb(config),
        channel,
        account,
        Jsonb(before),
    )
    if not changed:
        raise Conflict(f"channel {channel} was changed meanwhile")


def change_channel_config(
    store: Store, account: int, channel: int, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Replace a configuration by one that was made of `before`; `Conflict` if it has changed meanwhile."""
    changed = store.execute(
        "UPDATE channels SET config = %s WHERE id = %s AND account_id = %s AND config = %s",
        Jsonb(after),
        channel,
        account,
        Jsonb(before),
    )
    if not changed:
        raise Conflict(f"channel {channel} was changed meanwhile")


def remove_channel(store: Store, account: int, channel: int) -> None:
    """Remove a channel, with what it has not delivered.

    `Conflict` while a rule, route, group, schedule or report names it: its alerts would reach nobody.
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
        " UNION ALL SELECT 'rule ' || quote_literal(name) FROM rules WHERE account_id = %s"
        " AND jsonb_path_exists(config, '$.channels[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
        " UNION ALL SELECT 'group ' || quote_literal(name) FROM channel_groups WHERE account_id = %s"
        " AND jsonb_path_exists(config, '$.channels[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
        " UNION ALL SELECT 'schedule ' || quote_literal(name) FROM schedules WHERE account_id = %s"
        " AND (jsonb_path_exists(config, '$.rotation[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
        " OR jsonb_path_exists(config, '$.overrides[*].channel ? (@ == $n)', jsonb_build_object('n', %s::bigint)))"
        " UNION ALL SELECT 'report ' || quote_literal(name) FROM reports WHERE account_id = %s"
        " AND jsonb_path_exists(config, '$.channels[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
        " LIMIT 1",
        (account, channel, account, channel, account, channel, account, channel, channel, account, channel),
    ).fetchone()
    if row is not None:
        raise Conflict(f"channel {channel} is named by the {row['what']}")


def enable_channel(store: Store, account: int, channel: int) -> None:
    """Use a channel again: what has waited for it is delivered, tried for as long as if it were new. One that is not
    disabled stays as it is."""
    if not store.execute(
        "WITH again AS (UPDATE notifications SET first_attempt_at = NULL WHERE state = 'pending' AND channel_id ="
        " (SELECT id FROM channels WHERE id = %s AND account_id = %s AND disabled_reason IS NOT NULL))"
        " UPDATE channels SET disabled_reason = NULL WHERE id = %s AND account_id = %s",
        channel,
        account,
        channel,
        account,
    ):
        raise NotFound(f"channel {channel} does not exist")


def alerts_of(store: Store, account: int, state: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest alerts, all or those in one state."""
    # Said besides, so that what fires is found by an index of its own among years of alerts.
    is_open = " AND ended_at IS NULL" if state == "firing" else ""
    return store.rows(
        "SELECT id::text, rule_name, subject, title, severity, state, value, acknowledged_by, assignee,"  # noqa: S608 - constants
        " (extract(epoch FROM snoozed_until) * 1000)::bigint AS snoozed_until_ms,"
        " (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms,"
        " (extract(epoch FROM unknown_since) * 1000)::bigint AS unknown_since_ms,"
        " (SELECT detail->>'body' FROM alert_transitions t WHERE alert_id = alerts.id AND t.state = 'notice') AS body"
        " FROM alerts WHERE account_id = %s AND (%s::text IS NULL OR state = %s)"
        + is_open
        + " ORDER BY started_at DESC LIMIT %s",
        account,
        state,
        state,
        limit,
    )
