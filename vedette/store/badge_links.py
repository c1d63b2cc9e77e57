"""Badge links: the tokens under which a monitor's badges are public."""

from __future__ import annotations

import secrets
from typing import Any

from vedette.errors import NotFound
from vedette.store import monitors
from vedette.store.pool import Store

_BYTES = 16
"""128 bits of chance: nobody guesses it."""


def renew(store: Store, account: int, monitor: int) -> str:
    """Make the link's token; one that was there before leads nowhere from now on."""
    row = store.row(
        "INSERT INTO badge_links (monitor_id, token) SELECT id, %s FROM monitors WHERE id = %s AND account_id = %s"
        " ON CONFLICT (monitor_id) DO UPDATE SET token = excluded.token, created_at = now() RETURNING token",
        secrets.token_urlsafe(_BYTES),
        monitor,
        account,
    )
    if row is None:
        raise NotFound(f"monitor {monitor} does not exist")
    return str(row["token"])


def token_of(store: Store, account: int, monitor: int) -> str | None:
    """The token, or None if the monitor's badges are not public."""
    monitors.get(store, account, monitor)
    row = store.row("SELECT token FROM badge_links WHERE monitor_id = %s", monitor)
    return None if row is None else str(row["token"])


def end(store: Store, account: int, monitor: int) -> None:
    """Make the badges private again; nothing happens if they are."""
    monitors.get(store, account, monitor)
    store.execute("DELETE FROM badge_links WHERE monitor_id = %s", monitor)


def whose(store: Store, token: str) -> tuple[int, int]:
    """Account and monitor of a token; `NotFound` if it leads nowhere."""
    row = store.row(
        "SELECT m.account_id, m.id FROM badge_links b JOIN monitors m ON m.id = b.monitor_id WHERE b.token = %s", token
    )
    if row is None:
        raise NotFound("this badge does not exist, or is not public any more")
    return int(row["account_id"]), int(row["id"])


def places(store: Store, monitor: int) -> list[dict[str, Any]]:
    """Outcome and time (ms UTC) of the last check at each location, of one monitor."""
    return store.rows(
        "SELECT outcome, (extract(epoch FROM at) * 1000)::bigint AS at_ms FROM monitor_states WHERE monitor_id = %s",
        monitor,
    )
