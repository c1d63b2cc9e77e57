"""Ping keys: the unguessable part of a heartbeat's URL, and whose it is."""

from __future__ import annotations

from vedette.errors import NotFound
from vedette.store import monitors
from vedette.store.pool import Store

Version = tuple[int, int, int]


def key_of(store: Store, account: int, monitor: int) -> str:
    """The key; `NotFound` if the account has no such heartbeat."""
    row = store.row(
        "SELECT k.key FROM ping_keys k JOIN monitors m ON m.id = k.monitor_id"
        " WHERE m.id = %s AND m.account_id = %s AND m.config->>'kind' = 'heartbeat'",
        monitor,
        account,
    )
    if row is None:
        monitors.get(store, account, monitor)
        raise NotFound(f"monitor {monitor} is no heartbeat: only those have a ping URL")
    return str(row["key"])


def renew(store: Store, account: int, monitor: int) -> str:
    """Make another key; the one before leads nowhere from now on."""
    key_of(store, account, monitor)
    row = store.row(
        f"UPDATE ping_keys SET key = {monitors.RANDOM_KEY}, version = version + 1, created_at = now()"  # noqa: S608 - a constant
        " WHERE monitor_id = %s RETURNING key",
        monitor,
    )
    if row is None:
        raise NotFound(f"monitor {monitor} does not exist")
    return str(row["key"])


def version(store: Store) -> Version:
    """A value that changes whenever a key is made, renewed or removed."""
    # Identities are never used again and versions only grow, so no two changes cancel out.
    row = store.row(
        "SELECT count(*) AS n, coalesce(sum(k.monitor_id), 0)::bigint AS ids, coalesce(sum(k.version), 0)::bigint AS"
        " versions FROM ping_keys k JOIN monitors m ON m.id = k.monitor_id WHERE m.config->>'kind' = 'heartbeat'"
    )
    assert row is not None
    return row["n"], row["ids"], row["versions"]


def owners(store: Store) -> dict[str, tuple[int, int]]:
    """Account and monitor of every key."""
    rows = store.tuples(
        "SELECT k.key, m.account_id, m.id FROM ping_keys k JOIN monitors m ON m.id = k.monitor_id"
        " WHERE m.config->>'kind' = 'heartbeat'"
    )
    return {key: (account, monitor) for key, account, monitor in rows}
