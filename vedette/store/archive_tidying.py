"""The archive's tidying in the manifest: what is to be made one, what is to be deleted, and who does it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vedette.store.pool import Store


@dataclass(frozen=True, slots=True)
class Hour:
    """One kind's hour (start, ms UTC) of one account."""

    kind: str
    account: int
    hour_ms: int


def take_lease(store: Store, holder: str, seconds: float) -> bool:
    """Whether `holder` may tidy up for the next `seconds`: nobody else does.

    Two who tidy at once do no harm, but the work twice.
    """
    return (
        store.execute(
            "UPDATE archive_lease SET holder = %s, until = now() + make_interval(secs => %s)"
            " WHERE holder = %s OR until < now()",
            *(holder, seconds, holder),
        )
        > 0
    )


def give_lease_back(store: Store, holder: str) -> int:
    """Let anybody tidy up next, if it is `holder` who may now; 0, for nothing was tidied."""
    store.execute("UPDATE archive_lease SET until = 'epoch' WHERE holder = %s", holder)
    return 0


def scattered(store: Store, settled_s: float, most: int) -> list[Hour]:
    """Hours in several objects that are over, and to which nothing was added, for `settled_s`; the oldest first."""
    rows = store.rows(
        "SELECT kind, account_id AS account, (extract(epoch FROM hour) * 1000)::bigint AS hour_ms FROM archive_objects"
        " WHERE hour < now() - interval '1 hour' - make_interval(secs => %s) GROUP BY kind, account_id, hour"
        " HAVING count(*) > 1 AND max(created_at) < now() - make_interval(secs => %s) ORDER BY hour LIMIT %s",
        *(settled_s, settled_s, most),
    )
    return [Hour(**row) for row in rows]


def delete_garbage(store: Store, grace_s: float, delete: Callable[[str], None], most: int) -> int:
    """Call `delete` for objects taken out of the archive more than `grace_s` ago, and forget them; how many."""
    return _delete(store, "archive_garbage", "since", grace_s, delete, most)


def delete_left_behind(store: Store, grace_s: float, delete: Callable[[str], None], most: int) -> int:
    """Call `delete` for objects whose upload began more than `grace_s` ago and was never committed; how many."""
    return _delete(store, "archive_uploads", "started_at", grace_s, delete, most)


def _delete(store: Store, table: str, since: str, grace_s: float, delete: Callable[[str], None], most: int) -> int:
    """One at a time, its row locked: who wants to upload to the same path, or commit it, waits or is told."""
    for count in range(most):
        with store.transaction() as connection:
            row = connection.execute(
                f"SELECT path FROM {table} WHERE {since} < now() - make_interval(secs => %s)"  # noqa: S608 - constants
                f" ORDER BY {since} LIMIT 1 FOR UPDATE SKIP LOCKED".encode(),
                (grace_s,),
            ).fetchone()
            if row is None:
                return count
            alive = connection.execute("SELECT 1 FROM archive_objects WHERE path = %s", (row["path"],)).fetchone()
            if alive is None:
                delete(row["path"])
            connection.execute(f"DELETE FROM {table} WHERE path = %s".encode(), (row["path"],))  # noqa: S608 - constants
    return most
