"""Markers: named moments such as releases, of some monitors or of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vedette.errors import NotFound
from vedette.store.pool import Store

_COLUMNS = "id, name, (extract(epoch FROM at) * 1000)::bigint AS at_ms, monitors, url"


@dataclass(frozen=True, slots=True)
class MarkerSpec:
    """What is marked: a name, a moment (ms UTC), the monitors it concerns (none: all), and where to read more."""

    name: str
    at_ms: int
    monitors: Sequence[int] = ()
    url: str | None = None


def add(store: Store, account: int, spec: MarkerSpec) -> dict[str, Any]:
    """Mark it; the same name at the same moment is the same marker, so a sender may try again."""
    row = store.row(
        "INSERT INTO markers (account_id, name, at, monitors, url) VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s)"  # noqa: S608 - a constant
        " ON CONFLICT (account_id, at, name) DO UPDATE SET monitors = excluded.monitors, url = excluded.url"
        f" RETURNING {_COLUMNS}",
        account,
        spec.name,
        spec.at_ms,
        list(spec.monitors),
        spec.url,
    )
    assert row is not None
    return row


def between(
    store: Store, account: int, from_ms: int, to_ms: int, *, monitor: int | None, limit: int
) -> list[dict[str, Any]]:
    """Markers with from_ms ≤ at < to_ms, newest first; of one monitor: those that concern it."""
    return store.rows(
        f"SELECT {_COLUMNS} FROM markers WHERE account_id = %s AND at >= to_timestamp(%s / 1000.0)"  # noqa: S608 - a constant
        " AND at < to_timestamp(%s / 1000.0) AND (%s::bigint IS NULL OR monitors = '{}' OR %s = ANY(monitors))"
        " ORDER BY at DESC, id DESC LIMIT %s",
        account,
        from_ms,
        to_ms,
        monitor,
        monitor,
        limit,
    )


def get(store: Store, account: int, marker: int) -> dict[str, Any]:
    """One marker; `NotFound` if the account has no such one."""
    row = store.row(
        f"SELECT {_COLUMNS} FROM markers WHERE id = %s AND account_id = %s",  # noqa: S608 - a constant
        marker,
        account,
    )
    if row is None:
        raise NotFound(f"marker {marker} does not exist")
    return row


def remove(store: Store, account: int, marker: int) -> None:
    """Remove a marker."""
    if not store.execute("DELETE FROM markers WHERE id = %s AND account_id = %s", marker, account):
        raise NotFound(f"marker {marker} does not exist")
