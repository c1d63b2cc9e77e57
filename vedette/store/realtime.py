"""Realtime sessions: who watches which hosts until when. Identities are known here by their hash alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vedette.errors import Conflict
from vedette.store.pool import Store

MOST_LIVE = 50
"""Sessions of one account at a time."""
KEPT_MS = 7 * 86_400_000
"""How long ended ones are remembered."""

_COLUMNS = (
    "session, account_id AS account, creator, sources, groups, plugins, reason,"
    " (extract(epoch FROM created_at) * 1000)::bigint AS created_ms,"
    " (extract(epoch FROM until_at) * 1000)::bigint AS until_ms,"
    " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms"
)
_TIME = "to_timestamp(%s / 1000.0)"


@dataclass(frozen=True, slots=True)
class Session:
    """A session; `session` is its identity's hash. Ended ones have `ended_ms` and a `reason`."""

    session: str
    account: int
    creator: str
    sources: list[str]
    groups: list[str]
    plugins: list[str]
    created_ms: int
    until_ms: int
    ended_ms: int | None = None
    reason: str | None = None


def create(store: Store, session: Session) -> None:
    """Write a new session down; `Conflict` if the account has too many that are live."""
    with store.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('realtime'), %s)", (session.account,))
        row = connection.execute(
            "SELECT count(*) AS n FROM realtime_sessions WHERE account_id = %s AND ended_at IS NULL", (session.account,)
        ).fetchone()
        if row is not None and row["n"] >= MOST_LIVE:
            raise Conflict(f"{row['n']} realtime sessions are live in this account; allowed: {MOST_LIVE}")
        connection.execute(
            "INSERT INTO realtime_sessions (session, account_id, creator, sources, groups, plugins, created_at,"  # noqa: S608 - a constant
            f" until_at, watched_at) VALUES (%s, %s, %s, %s, %s, %s, {_TIME}, {_TIME}, now())",
            (
                session.session,
                session.account,
                session.creator,
                session.sources,
                session.groups,
                session.plugins,
                session.created_ms,
                session.until_ms,
            ),
        )


def get(store: Store, account: int, session: str) -> Session | None:
    """The account's session of this hash, live or ended."""
    row = store.row(
        f"SELECT {_COLUMNS} FROM realtime_sessions WHERE session = %s AND account_id = %s",  # noqa: S608 - a constant
        session,
        account,
    )
    return None if row is None else Session(**row)


def live(store: Store, account: int | None = None, source: str | None = None) -> list[Session]:
    """All live sessions, of one account and of one host if these are named; the newest first."""
    conditions, values = ["ended_at IS NULL"], list[Any]()
    if account is not None:
        conditions, values = [*conditions, "account_id = %s"], [*values, account]
    if source is not None:
        conditions, values = [*conditions, "%s = ANY (sources)"], [*values, source]
    where = " AND ".join(conditions)
    rows = store.rows(
        f"SELECT {_COLUMNS} FROM realtime_sessions WHERE {where} ORDER BY created_at DESC, session",  # noqa: S608 - constants
        *values,
    )
    return [Session(**row) for row in rows]


def watched(store: Store, sessions: Iterable[str]) -> None:
    """Somebody looks on at these. The database's clock counts: those of gateways may differ."""
    store.execute(
        "UPDATE realtime_sessions SET watched_at = now() WHERE session = ANY (%s) AND ended_at IS NULL", list(sessions)
    )


def until(store: Store, session: str) -> int:
    """Until when (ms UTC) a session is live; 0 if it has ended, or never was."""
    row = store.row(
        "SELECT (extract(epoch FROM until_at) * 1000)::bigint AS until_ms FROM realtime_sessions"
        " WHERE session = %s AND ended_at IS NULL",
        session,
    )
    return 0 if row is None else int(row["until_ms"])


def end(store: Store, session: str, reason: str, now_ms: int) -> bool:
    """End a session; whether it was live until now, so that of two who end it only one tells of it."""
    return bool(
        store.execute(
            f"UPDATE realtime_sessions SET ended_at = {_TIME}, reason = %s"  # noqa: S608 - a constant
            " WHERE session = %s AND ended_at IS NULL",
            now_ms,
            reason,
            session,
        )
    )


def due(store: Store, now_ms: int, unwatched_ms: int | None) -> list[tuple[Session, str]]:
    """The live sessions that must end, each with the reason: their time is up, or nobody has looked on for so long
    (None: that is not asked)."""
    rows = store.rows(
        f"SELECT {_COLUMNS}, until_at <= {_TIME} AS over FROM realtime_sessions WHERE ended_at IS NULL"  # noqa: S608 - constants
        f" AND (until_at <= {_TIME} OR watched_at <= now() - %s * interval '1 millisecond')",
        now_ms,
        now_ms,
        unwatched_ms,
    )
    return [
        (Session(**{name: row[name] for name in row if name != "over"}), "time" if row["over"] else "unwatched")
        for row in rows
    ]


def forget(store: Store, now_ms: int) -> None:
    """Forget sessions that ended long ago."""
    store.execute(
        f"DELETE FROM realtime_sessions WHERE ended_at < {_TIME}",  # noqa: S608 - a constant
        now_ms - KEPT_MS,
    )
