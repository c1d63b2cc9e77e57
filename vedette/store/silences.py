"""Silences as they are stored: who made them, why, and from when until when they hold."""

from __future__ import annotations

from typing import Any

from vedette.errors import NotFound
from vedette.store.keeping import look_again
from vedette.store.pool import Store

_COLUMNS = (
    "SELECT id, selector, reason, author, (extract(epoch FROM starts_at) * 1000)::bigint AS from_ms,"
    " (extract(epoch FROM ends_at) * 1000)::bigint AS to_ms, starts_at <= now() AND ends_at > now() AS active"
    " FROM silences WHERE account_id = %s "
)


def add(store: Store, account: int, selector: str, reason: str, author: str, span: tuple[int, int]) -> dict[str, Any]:
    """Make a silence; `span` is its begin and end in ms UTC. What was told already is not taken back."""
    row = store.row(
        "INSERT INTO silences (account_id, selector, reason, author, starts_at, ends_at)"
        " VALUES (%s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0)) RETURNING id",
        account,
        selector,
        reason,
        author,
        *span,
    )
    assert row is not None
    return one(store, account, row["id"])


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
