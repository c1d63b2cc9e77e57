"""Policies: what the endpoints flow must know of all monitors, and whether it has changed."""

from __future__ import annotations

from typing import Any

from vedette.store.pool import Store

Version = tuple[tuple[int, int, int, int], ...]


def monitors_version(store: Store) -> Version:
    """A value that changes whenever any monitor is made, changed or removed; a row for each account."""
    # Identities are never used again and versions only grow, so no two changes cancel out.
    rows = store.rows(
        "SELECT account_id, count(*) AS n, sum(id)::text AS ids, sum(version)::bigint AS versions FROM monitors"
        " GROUP BY account_id ORDER BY account_id"
    )
    return tuple((row["account_id"], row["n"], int(row["ids"]), row["versions"]) for row in rows)


def windows_version(store: Store) -> Version:
    """The same of maintenance windows."""
    rows = store.rows(
        "SELECT account_id, count(*) AS n, sum(id)::text AS ids, sum(version)::bigint AS versions"
        " FROM maintenance_windows GROUP BY account_id ORDER BY account_id"
    )
    return tuple((row["account_id"], row["n"], int(row["ids"]), row["versions"]) for row in rows)


def monitor_policies(store: Store) -> list[dict[str, Any]]:
    """Identity, account, configuration and pause of every monitor."""
    return store.rows("SELECT id, account_id, config, paused FROM monitors")
