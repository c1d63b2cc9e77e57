"""Maintenance windows: stored definitions, of single monitors or of all of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.errors import NotFound
from vedette.store.pool import Jsonb, Store

_COLUMNS = (
    "SELECT id, account_id, name, monitors, config, (extract(epoch FROM created_at) * 1000)::bigint AS created_ms"
    " FROM maintenance_windows "
)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("account_id")
    return {**row.pop("config"), **row}


def add_window(store: Store, account: int, name: str, monitors: Sequence[int], config: dict[str, Any]) -> int:
    """Make a window; no `monitors` means all. `Conflict` if the account has one of that name."""
    row = store.row(
        "INSERT INTO maintenance_windows (account_id, name, monitors, config) VALUES (%s, %s, %s, %s) RETURNING id",
        account,
        name,
        list(monitors),
        Jsonb(config),
    )
    assert row is not None
    return int(row["id"])


def change_window(
    store: Store, account: int, window: int, name: str, monitors: Sequence[int], config: dict[str, Any]
) -> None:
    """Replace a window."""
    changed = store.execute(
        "UPDATE maintenance_windows SET name = %s, monitors = %s, config = %s, version = version + 1"
        " WHERE id = %s AND account_id = %s",
        name,
        list(monitors),
        Jsonb(config),
        window,
        account,
    )
    if not changed:
        raise NotFound(f"maintenance window {window} does not exist")


def remove_window(store: Store, account: int, window: int) -> None:
    """Remove a window; incidents that it marked stay marked."""
    if not store.execute("DELETE FROM maintenance_windows WHERE id = %s AND account_id = %s", window, account):
        raise NotFound(f"maintenance window {window} does not exist")


def windows_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's windows, in the order they were made."""
    return [_shown(row) for row in store.rows(_COLUMNS + "WHERE account_id = %s ORDER BY id", account)]


def window_of(store: Store, account: int, window: int) -> dict[str, Any]:
    """One window."""
    row = store.row(_COLUMNS + "WHERE account_id = %s AND id = %s", account, window)
    if row is None:
        raise NotFound(f"maintenance window {window} does not exist")
    return _shown(row)


def all_windows(store: Store) -> list[dict[str, Any]]:
    """The windows of all accounts: `account_id`, `monitors` and `config` of each."""
    return store.rows(_COLUMNS + "ORDER BY id")
