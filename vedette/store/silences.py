"""Silences as they are stored: who made them, why, and from when until when they hold."""

from __future__ import annotations

from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.store.keeping import look_again
from vedette.store.pool import Connection, Store

_COLUMNS = (
    "SELECT id, name, selector, reason, author, (extract(epoch FROM starts_at) * 1000)::bigint AS from_ms,"
    " (extract(epoch FROM ends_at) * 1000)::bigint AS to_ms, starts_at <= now() AND ends_at > now() AS active"
    " FROM silences WHERE account_id = %s "
)


def add(
    store: Store, account: int, selector: str, reason: str, author: str, span: tuple[int, int], name: str | None = None
) -> dict[str, Any]:
    """Make a silence; `span` is its begin and end in ms UTC. What was told already is not taken back. `Conflict` if one
    that is not over has that name."""
    with store.transaction() as connection:
        _check_name(connection, account, name)
        row = connection.execute(
            "INSERT INTO silences (account_id, name, selector, reason, author, starts_at, ends_at)"
            " VALUES (%s, %s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0)) RETURNING id",
            (account, name, selector, reason, author, *span),
        ).fetchone()
    assert row is not None
    return one(store, account, row["id"])


def change(
    store: Store, account: int, silence: int, selector: str, reason: str, span: tuple[int, int], name: str | None
) -> dict[str, Any]:
    """Replace what a silence says; its author stays. What it held back and now does not is told, if it still fires.
    `Conflict` if it is over, for what it held back stands in histories, or if another one has that name."""
    with store.transaction() as connection:
        _check_name(connection, account, name, silence)
        changed = connection.execute(
            "UPDATE silences SET name = %s, selector = %s, reason = %s, starts_at = to_timestamp(%s / 1000.0),"
            " ends_at = to_timestamp(%s / 1000.0) WHERE id = %s AND account_id = %s AND ends_at > now()",
            (name, selector, reason, *span, silence, account),
        ).rowcount
        if changed:
            look_again(connection, account)
    found = one(store, account, silence)
    if not changed:
        raise Conflict(f"silence {silence} is over")
    return found


def _check_name(connection: Connection, account: int, name: str | None, silence: int | None = None) -> None:
    if name is None:
        return
    # Two that are made at a time wait for each other here, else neither would see the other.
    connection.execute("SELECT 1 FROM accounts WHERE id = %s FOR NO KEY UPDATE", (account,))
    row = connection.execute(
        "SELECT id FROM silences WHERE account_id = %s AND name = %s AND ends_at > now() AND id <> %s LIMIT 1",
        (account, name, silence or 0),
    ).fetchone()
    if row is not None:
        raise Conflict(f"silence {row['id']} has the name {name!r}, and is not over")


def one(store: Store, account: int, silence: int) -> dict[str, Any]:
    """A silence."""
    row = store.row(_COLUMNS + "AND id = %s", account, silence)
    if row is None:
        raise NotFound(f"silence {silence} does not exist")
    return row


def silences_of(store: Store, account: int, *, over: bool, limit: int) -> list[dict[str, Any]]:
    """The account's silences, those that end last first; with `over`, those that have ended too."""
    return store.rows(
        _COLUMNS + "AND (%s OR ends_at > now()) ORDER BY ends_at DESC, id DESC LIMIT %s", account, over, limit
    )


def end(store: Store, account: int, silence: int) -> None:
    """End a silence now: alerts that still fire and were held back are told at once. One that is over stays so."""
    with store.transaction() as connection:
        found = connection.execute(
            "UPDATE silences SET ends_at = least(ends_at, greatest(now(), starts_at))"
            " WHERE id = %s AND account_id = %s",
            (silence, account),
        )
        if not found.rowcount:
            raise NotFound(f"silence {silence} does not exist")
        look_again(connection, account)
