"""Many monitors at once: read with their versions, written in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vedette.monitors import MonitorSpec
from vedette.monitors.heartbeat import without_stated
from vedette.store.monitors import KEYS_FOR_MADE
from vedette.store.pool import Jsonb, Store


@dataclass(frozen=True, slots=True)
class Stored:
    """A definition as it is stored, without what the store adds; `version` grows with each change."""

    definition: dict[str, Any]
    version: int


def stored(store: Store, account: int) -> dict[str, Stored]:
    """All definitions of an account, by name, in the order of names."""
    rows = store.rows(
        "SELECT name, url, config, paused, version FROM monitors WHERE account_id = %s ORDER BY name", account
    )
    return {
        row["name"]: Stored(
            without_stated({"name": row["name"], "url": row["url"], "paused": row["paused"], **row["config"]}),
            row["version"],
        )
        for row in rows
    }


def write(store: Store, account: int, specs: Sequence[tuple[MonitorSpec, int | None]]) -> dict[str, int]:
    """Make or change monitors, all or none; the identities of those that were written, by name.

    Each comes with the version that it was decided on (None: it was not there). One that somebody else has made or
    changed since is left as it is, and is not in the answer.
    """
    if not specs:
        return {}
    wanted = [
        {"name": spec.name, "url": spec.url, "config": spec.config(), "paused": spec.paused, "version": version}
        for spec, version in specs
    ]
    rows = store.rows(
        "WITH made AS (INSERT INTO monitors (account_id, name, url, config, paused)"  # noqa: S608 - a constant
        " SELECT %s, name, url, config, paused FROM jsonb_to_recordset(%s)"
        " AS wanted (name text, url text, config jsonb, paused boolean)"
        " ON CONFLICT (account_id, name) DO UPDATE SET url = excluded.url, config = excluded.config,"
        " paused = excluded.paused, version = monitors.version + 1,"
        " changed_at = CASE WHEN monitors.paused AND excluded.paused THEN monitors.changed_at ELSE now() END"
        # A monitor that was not there when this was decided has no version in the second list: nothing matches.
        " WHERE (monitors.name, monitors.version) IN (SELECT name, version FROM jsonb_to_recordset(%s)"
        " AS seen (name text, version bigint)) RETURNING id, name, config),"
        f" keys AS ({KEYS_FOR_MADE}) SELECT id, name FROM made",
        account,
        Jsonb(wanted),
        Jsonb([{"name": one["name"], "version": one["version"]} for one in wanted]),
    )
    return {row["name"]: row["id"] for row in rows}
