"""Policies: what the endpoints flow must know of all monitors, and whether it has changed."""

from __future__ import annotations

from typing import Any

from vedette.events.checks import HEARTBEAT
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


def monitor_exists(store: Store, monitor: int) -> bool:
    """Whether there is such a monitor, of whatever account."""
    return store.row("SELECT 1 AS one FROM monitors WHERE id = %s", monitor) is not None


def monitor_policies(store: Store) -> list[dict[str, Any]]:
    """Identity, account and configuration of every monitor, and whether and since when (ms UTC) it is paused."""
    return store.rows(
        "SELECT id, account_id, config, paused, (extract(epoch FROM changed_at) * 1000)::bigint AS changed_ms"
        " FROM monitors"
    )


def live_locations(store: Store) -> dict[int, frozenset[str]]:
    """For each account, the locations from which something was checked within ten minutes of its newest check.

    Pings of jobs come from no location.
    """
    rows = store.rows(
        "SELECT account_id, array_agg(location) AS locations FROM (SELECT account_id, location, newest,"
        " max(newest) OVER (PARTITION BY account_id) AS newest_of_all FROM (SELECT m.account_id, s.location,"
        " max(s.at) AS newest FROM monitor_states s JOIN monitors m ON m.id = s.monitor_id"
        " WHERE s.location <> %s"
        " GROUP BY m.account_id, s.location) places) compared"
        " WHERE newest > newest_of_all - interval '10 minutes' GROUP BY account_id",
        HEARTBEAT,
    )
    return {row["account_id"]: frozenset(row["locations"]) for row in rows}
