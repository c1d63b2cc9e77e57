"""Notification groups as they are stored, and whose channels they stand for."""

from __future__ import annotations

from typing import Any

from vedette.errors import Conflict, InvalidInput, NotFound
from vedette.notifying.group import GroupSpec
from vedette.store.pool import Connection, Jsonb, Store


def groups_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's groups, in the order they were made."""
    rows = store.rows("SELECT id, name, config FROM channel_groups WHERE account_id = %s ORDER BY id", account)
    return [{**row.pop("config"), **row} for row in rows]


def members_of(connection: Connection, account: int) -> dict[int, list[int]]:
    """The channels of each group of an account, as a transaction sees them."""
    rows = connection.execute(
        "SELECT id, config->'channels' AS channels FROM channel_groups WHERE account_id = %s", (account,)
    ).fetchall()
    return {row["id"]: row["channels"] for row in rows}


def put_group(store: Store, account: int, spec: GroupSpec, group: int | None = None) -> dict[str, Any]:
    """Make a group, or replace the one of that number. `InvalidInput` names a channel that the account has not;
    `Conflict` if another group has that name."""
    with store.transaction() as connection:
        check_names(connection, account, "channels", "channels", set(spec.channels))
        values = (spec.name, Jsonb(spec.model_dump(exclude={"name"})))
        if group is None:
            found = connection.execute(
                "INSERT INTO channel_groups (name, config, account_id) VALUES (%s, %s, %s) RETURNING id",
                (*values, account),
            ).fetchone()
        else:
            found = connection.execute(
                "UPDATE channel_groups SET name = %s, config = %s WHERE id = %s AND account_id = %s RETURNING id",
                (*values, group, account),
            ).fetchone()
    if found is None:
        raise NotFound(f"group {group} does not exist")
    return {"id": found["id"], **spec.model_dump()}


def remove_group(store: Store, account: int, group: int) -> None:
    """Remove a group; `Conflict` while a route or rule names it, for its alerts would reach nobody."""
    with store.transaction() as connection:
        row = connection.execute(
            "SELECT 'route ' || quote_literal(name) AS what FROM routes WHERE account_id = %s"
            " AND jsonb_path_exists(config, '$.steps[*].groups[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint))"
            " UNION ALL SELECT 'rule ' || quote_literal(name) FROM rules WHERE account_id = %s"
            " AND jsonb_path_exists(config, '$.groups[*] ? (@ == $n)', jsonb_build_object('n', %s::bigint)) LIMIT 1",
            (account, group, account, group),
        ).fetchone()
        if row is not None:
            raise Conflict(f"group {group} is named by the {row['what']}")
        gone = connection.execute("DELETE FROM channel_groups WHERE id = %s AND account_id = %s", (group, account))
        if not gone.rowcount:
            raise NotFound(f"group {group} does not exist")


_KNOWN = {
    table: f"SELECT id FROM {table} WHERE account_id = %s AND id = ANY(%s)".encode()  # noqa: S608 - constants
    for table in ("channels", "channel_groups", "schedules")
}


def check_names(connection: Connection, account: int, table: str, field: str, wanted: set[int]) -> None:
    """`InvalidInput` names the first number that the account has not."""
    known = {row["id"] for row in connection.execute(_KNOWN[table], (account, list(wanted)))}
    for number in sorted(wanted - known):
        raise InvalidInput(field, number, f"{field} of this account")
