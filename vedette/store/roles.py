"""Roles: which hosts have which, and what configuration they, the account and the host itself give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.errors import InvalidInput, NotFound
from vedette.store.pool import Jsonb, Store

DEFAULTS = ""
"""In place of a source: the configuration of all hosts of the account."""


def roles(store: Store, account: int) -> list[dict[str, Any]]:
    """All roles in the order in which they are laid over each other, with how many hosts have each."""
    return store.rows(
        "SELECT name, priority, notes, config, (SELECT count(*) FROM source_roles s"
        " WHERE s.account_id = r.account_id AND s.role = r.name)::int AS hosts"
        " FROM roles r WHERE account_id = %s ORDER BY priority, name",
        account,
    )


def role(store: Store, account: int, name: str) -> dict[str, Any]:
    """One role; `NotFound` if there is none of that name."""
    row = next((row for row in roles(store, account) if row["name"] == name), None)
    if row is None:
        raise NotFound(f"the role {name!r} does not exist")
    return row


def put_role(store: Store, account: int, name: str, priority: int, config: dict[str, Any], notes: str) -> None:
    """Make a role, or replace what it says; hosts that have it keep it."""
    store.execute(
        "INSERT INTO roles (account_id, name, priority, config, notes) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (account_id, name) DO UPDATE SET priority = excluded.priority, config = excluded.config,"
        " notes = excluded.notes",
        account,
        name,
        priority,
        Jsonb(config),
        notes,
    )


def remove_role(store: Store, account: int, name: str) -> None:
    """Remove a role, also from the hosts that have it."""
    if not store.execute("DELETE FROM roles WHERE account_id = %s AND name = %s", account, name):
        raise NotFound(f"the role {name!r} does not exist")


def sources_with(store: Store, account: int, name: str) -> list[str]:
    """The hosts that have a role."""
    rows = store.rows("SELECT source FROM source_roles WHERE account_id = %s AND role = %s", account, name)
    return [row["source"] for row in rows]


def sources_running(store: Store, account: int, plugin: str) -> list[str]:
    """The hosts with an agent whose defaults, roles or own settings name a plugin."""
    rows = store.rows(
        "SELECT source FROM agents a WHERE account_id = %s AND (EXISTS (SELECT FROM fleet_settings f"
        " WHERE f.account_id = a.account_id AND f.source IN ('', a.source) AND f.config @> %s)"
        " OR EXISTS (SELECT FROM source_roles s JOIN roles r ON r.account_id = s.account_id AND r.name = s.role"
        " WHERE s.account_id = a.account_id AND s.source = a.source AND r.config @> %s))",
        account,
        *[Jsonb({"plugins": [{"plugin": plugin}]})] * 2,
    )
    return [row["source"] for row in rows]


def roles_of(store: Store, account: int, source: str) -> list[str]:
    """The roles of one host, by name."""
    rows = store.rows(
        "SELECT role FROM source_roles WHERE account_id = %s AND source = %s ORDER BY role", account, source
    )
    return [row["role"] for row in rows]


def by_source(store: Store, account: int) -> dict[str, tuple[str, ...]]:
    """The roles of all hosts of an account that have any."""
    return {source: names for (_, source), names in _by_source(store, "WHERE account_id = %s", account).items()}


def of_everybody(store: Store) -> dict[tuple[int, str], tuple[str, ...]]:
    """The roles of the hosts of all accounts, by account and source."""
    return _by_source(store, "")


def _by_source(store: Store, where: str, *values: Any) -> dict[tuple[int, str], tuple[str, ...]]:
    rows = store.rows(
        "SELECT account_id, source, array_agg(role ORDER BY role) AS roles FROM source_roles"  # noqa: S608 - a constant
        f" {where} GROUP BY account_id, source",
        *values,
    )
    return {(row["account_id"], row["source"]): tuple(row["roles"]) for row in rows}


def set_roles(store: Store, account: int, source: str, names: Sequence[str]) -> None:
    """Give a host these roles and no others; `InvalidInput` for one that does not exist."""
    with store.transaction() as connection:
        known = {
            row["name"]
            for row in connection.execute(
                # Locked, so that none of them goes before this is committed.
                "SELECT name FROM roles WHERE account_id = %s AND name = ANY(%s) FOR SHARE",
                (account, list(names)),
            )
        }
        for number, name in enumerate(names):
            if name not in known:
                raise InvalidInput(f"roles[{number}]", name, "a role of this account")
        connection.execute("DELETE FROM source_roles WHERE account_id = %s AND source = %s", (account, source))
        for name in set(names):
            connection.execute("INSERT INTO source_roles VALUES (%s, %s, %s)", (account, source, name))


def settings(store: Store, account: int, source: str) -> dict[str, Any]:
    """What is set for one host itself, or for `DEFAULTS`; empty if nothing is."""
    row = store.row("SELECT config FROM fleet_settings WHERE account_id = %s AND source = %s", account, source)
    return {} if row is None else dict(row["config"])


def put_settings(store: Store, account: int, source: str, config: dict[str, Any]) -> None:
    """Replace what is set for one host itself, or for `DEFAULTS`."""
    store.execute(
        "INSERT INTO fleet_settings VALUES (%s, %s, %s)"
        " ON CONFLICT (account_id, source) DO UPDATE SET config = excluded.config",
        account,
        source,
        Jsonb(config),
    )


def layers(store: Store, account: int, source: str) -> list[dict[str, Any]]:
    """The layers of a host's configuration: the account's, those of its roles, its own."""
    return layers_of(store, account, [source])[source]


def layers_of(store: Store, account: int, sources: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The same of several hosts, asked for at once."""
    rows = store.rows(
        "SELECT source, config FROM ("
        " SELECT w.source, 0 AS place, 0 AS priority, '' AS name, f.config FROM unnest(%s::text[]) AS w (source)"
        " JOIN fleet_settings f ON f.account_id = %s AND f.source = ''"
        " UNION ALL SELECT s.source, 1, r.priority, r.name, r.config FROM roles r JOIN source_roles s"
        " ON s.account_id = r.account_id AND s.role = r.name WHERE s.account_id = %s AND s.source = ANY(%s)"
        " UNION ALL SELECT source, 2, 0, '', config FROM fleet_settings WHERE account_id = %s AND source = ANY(%s)"
        " AND source <> ''"
        ") AS found ORDER BY source, place, priority, name",
        list(sources),
        account,
        account,
        list(sources),
        account,
        list(sources),
    )
    found: dict[str, list[dict[str, Any]]] = {source: [] for source in sources}
    for row in rows:
        found[row["source"]].append(row["config"])
    return found
