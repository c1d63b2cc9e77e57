"""Probe places: a number for each location of an account, kept while its probes ask for their monitors."""

from __future__ import annotations

from typing import Any

from vedette.store.contention import tried_again
from vedette.store.pool import Connection, Store

_LOCK = b"SELECT pg_advisory_xact_lock(hashtext('probe_places'), %s)"


@tried_again
def take(store: Store, account: int, location: str) -> tuple[int, int]:
    """The place of `location` from which a probe asks now, and of how many: they are numbered from 0 without holes.

    A location from which no probe has asked for a day leaves its place to the one with the highest; all others keep
    theirs.
    """
    rows = store.rows(
        "SELECT location, place, seen_at > now() - interval '10 minutes' AS noted,"
        " seen_at < now() - interval '1 day' AS gone FROM probe_places WHERE account_id = %s",
        account,
    )
    places = {row["location"]: row["place"] for row in rows if row["noted"]}
    if location in places and not any(row["gone"] for row in rows):
        return places[location], len(rows)
    with store.transaction() as connection:
        connection.execute(_LOCK, (account,))
        connection.execute(
            "DELETE FROM probe_places WHERE account_id = %s AND location <> %s AND seen_at < now() - interval '1 day'",
            (account, location),
        )
        connection.execute(
            "INSERT INTO probe_places (account_id, location, place)"
            " SELECT %s, %s, coalesce(max(place) + 1, 0) FROM probe_places WHERE account_id = %s"
            " ON CONFLICT (account_id, location) DO UPDATE SET seen_at = now()",
            (account, location, account),
        )
        return _closed(connection, account)[location]


def _closed(connection: Connection, account: int) -> dict[str, tuple[int, int]]:
    """Fill the holes with the highest places; each location's place, and of how many."""
    rows: list[dict[str, Any]] = connection.execute(
        "SELECT location, place FROM probe_places WHERE account_id = %s ORDER BY place DESC", (account,)
    ).fetchall()
    places = {row["location"]: row["place"] for row in rows}
    count = len(places)
    holes = [place for place in range(count) if place not in set(places.values())]
    for location, hole in zip([name for name, place in places.items() if place >= count], holes, strict=True):
        connection.execute(
            "UPDATE probe_places SET place = %s WHERE account_id = %s AND location = %s", (hole, account, location)
        )
        places[location] = hole
    return {location: (place, count) for location, place in places.items()}
