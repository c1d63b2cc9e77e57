"""Monitors: definitions, and their last state at each location."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from vedette.errors import InvalidInput, NotFound
from vedette.monitors import MonitorSpec
from vedette.store.contention import tried_again
from vedette.store.pool import Connection, Jsonb, Store
from vedette.store.recording import end_alerts

LEFT_MS = 7 * 86_400_000
"""Longer than three intervals of any monitor."""
RANDOM_KEY = "encode(substring(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) for 16), 'hex')"
"""128 bits of the server's strong chance: nobody guesses it."""
_COLUMNS = (
    "SELECT id, name, url, config, paused, version,"
    " (extract(epoch FROM created_at) * 1000)::bigint AS created_ms FROM monitors "
)
_TABLES = (
    *(b"monitor_states", b"check_results", b"check_rollup_1m", b"check_rollup_1h", b"check_rollup_1d"),
    *(b"check_phases_1h", b"incidents"),
)
"""What goes with a monitor."""
KEYS_FOR_MADE = (
    "INSERT INTO ping_keys (monitor_id, key)"  # noqa: S608 - a constant
    f" SELECT id, {RANDOM_KEY} FROM made WHERE config->>'kind' = 'heartbeat' ON CONFLICT DO NOTHING"
)
"""Gives each heartbeat among the rows `made` its ping key, in the statement that makes or changes them."""


def _monitor(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "url": row["url"],
        "paused": row["paused"],
        "created_ms": row["created_ms"],
        **row["config"],
    }


def add(store: Store, account: int, spec: MonitorSpec) -> int:
    """Make a monitor; `Conflict` if the account has one of that name."""
    row = store.row(
        "WITH made AS (INSERT INTO monitors (account_id, name, url, config, paused)"  # noqa: S608 - a constant
        " VALUES (%s, %s, %s, %s, %s)"
        f" RETURNING id, config), keys AS ({KEYS_FOR_MADE}) SELECT id FROM made",
        account,
        spec.name,
        spec.url,
        Jsonb(spec.config()),
        spec.paused,
    )
    assert row is not None
    return int(row["id"])


def change(store: Store, account: int, monitor: int, spec: MonitorSpec) -> None:
    """Replace a definition; history stays."""
    changed = store.row(
        "WITH made AS (UPDATE monitors SET name = %s, url = %s, config = %s, paused = %s,"  # noqa: S608 - a constant
        # A pause goes on since when it began, whatever else is changed meanwhile.
        " version = version + 1, changed_at = CASE WHEN paused AND %s THEN changed_at ELSE now() END"
        f" WHERE id = %s AND account_id = %s RETURNING id, config), keys AS ({KEYS_FOR_MADE}) SELECT id FROM made",
        spec.name,
        spec.url,
        Jsonb(spec.config()),
        spec.paused,
        spec.paused,
        monitor,
        account,
    )
    if changed is None:
        raise NotFound(f"monitor {monitor} does not exist")


def check_parent(store: Store, account: int, parent: int | None, monitor: int | None = None) -> None:
    """Raise `InvalidInput` unless `parent` is a monitor of the account that does not depend on `monitor` itself."""
    if parent is None:
        return
    row = store.row(
        "WITH RECURSIVE above AS (SELECT id, config FROM monitors WHERE id = %s AND account_id = %s"
        " UNION SELECT m.id, m.config FROM monitors m JOIN above a ON m.id = (a.config->>'parent')::bigint"
        " WHERE m.account_id = %s)"
        " SELECT count(*) > 0 AS known, coalesce(bool_or(id = %s), false) AS circle FROM above",
        parent,
        account,
        account,
        monitor,
    )
    assert row is not None
    if not row["known"]:
        raise InvalidInput("parent", parent, "the id of a monitor of this account")
    if row["circle"]:
        raise InvalidInput("parent", parent, "a monitor that does not depend on this one")


def move(store: Store, account: int, before: str, after: str) -> None:
    """Let monitors of URLs below `before` check the same paths below `after`: a server has moved."""
    store.execute(
        "UPDATE monitors SET url = %s || substr(url, %s), version = version + 1"
        " WHERE account_id = %s AND starts_with(url, %s)",
        after,
        len(before) + 1,
        account,
        before + "/",
    )


@tried_again
def remove(store: Store, account: int, monitor: int) -> None:
    """Remove a monitor with its state and history; its open alerts end, and whoever was told their start is told so."""
    with store.transaction() as connection:
        done = connection.execute("DELETE FROM monitors WHERE id = %s AND account_id = %s", (monitor, account))
        if not done.rowcount:
            raise NotFound(f"monitor {monitor} does not exist")
        for table in _TABLES:
            connection.execute(b"DELETE FROM " + table + b" WHERE monitor_id = %s", (monitor,))
        # Its alerts would never end otherwise: nothing checks it any more.
        end_alerts(connection, account, "monitor", monitor=monitor)


def get(store: Store, account: int, monitor: int) -> dict[str, Any]:
    """One definition."""
    row = store.row(_COLUMNS + "WHERE id = %s AND account_id = %s", monitor, account)
    if row is None:
        raise NotFound(f"monitor {monitor} does not exist")
    return _monitor(row)


def targets(connection: Connection, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Account and Apdex target (ms) of each of these monitors that exists."""
    rows = connection.execute(
        "SELECT id, account_id, (config->>'apdex_t_ms')::int AS target_ms FROM monitors WHERE id = ANY(%s)",
        (list(ids),),
    )
    return {row["id"]: (row["account_id"], row["target_ms"]) for row in rows}


def of_account(store: Store, account: int) -> list[dict[str, Any]]:
    """All definitions of an account, by name."""
    return [_monitor(row) for row in store.rows(_COLUMNS + "WHERE account_id = %s ORDER BY name", account)]


def for_location(store: Store, account: int, location: str) -> list[dict[str, Any]]:
    """Definitions that a probe at `location` runs; paused ones are left out, and heartbeats, which no probe checks."""
    return [
        _monitor(row)
        for row in store.rows(
            _COLUMNS + "WHERE account_id = %s AND NOT paused AND config->>'kind' IS DISTINCT FROM 'heartbeat' AND"
            " (config->'locations' = '[]'::jsonb OR config->'locations' ? %s) ORDER BY id",
            account,
            location,
        )
    ]


def ids(store: Store, account: int) -> set[int]:
    """Identities of the account's monitors."""
    return {row["id"] for row in store.rows("SELECT id FROM monitors WHERE account_id = %s", account)}


def states(store: Store, account: int, monitor: int | None = None) -> dict[int, list[dict[str, Any]]]:
    """The last state at each location, by monitor: of one, or of all of the account's.

    A location that has been silent for `LEFT_MS` while another has checked the monitor is not there any more.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for row in store.rows(
        "SELECT s.monitor_id, s.location, s.outcome, s.total_ms, s.status, s.error,"
        " (extract(epoch FROM s.at) * 1000)::bigint AS at_ms, (extract(epoch FROM s.since) * 1000)::bigint AS since_ms"
        " FROM monitor_states s JOIN monitors m ON m.id = s.monitor_id WHERE m.account_id = %s"
        " AND (%s::bigint IS NULL OR m.id = %s) ORDER BY s.location",
        account,
        monitor,
        monitor,
    ):
        found.setdefault(row.pop("monitor_id"), []).append(row)
    for key, places in found.items():
        if len(places) > 1:
            since = max(place["at_ms"] for place in places) - LEFT_MS
            found[key] = [place for place in places if place["at_ms"] >= since]
    return found
