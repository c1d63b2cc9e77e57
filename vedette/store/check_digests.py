"""Check digests: whole days of a monitor packed into few rows, for answers over months.

Ninety days from three places are 270 rows of days in as many pages, each with a sketch; a digest has what is asked of
them again and again: counts, Apdex zones by location, times, quantiles over all locations, and how many minutes were
good. It follows from the rows of days, is made by the janitor once a day is settled, and is forgotten when one of its
days is written again. Whoever reads takes digests as far as they reach, and the rows of days from there on.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.rows import tuple_row

from vedette.statistics.grouping import joined
from vedette.statistics.quantiles import quantiles
from vedette.store.check_columns import COUNTS, ZONES, CheckColumns, from_windows
from vedette.store.checks import COLUMNS, CheckWindow
from vedette.store.pool import Connection, Store
from vedette.store.stale_digests import BLOCK_DAYS, DAY_MS, LOCK

SHARES = (0.5, 0.95, 0.99)
"""Of which quantiles are kept."""
LOOK_BACK_BLOCKS = 13
"""So far back digests are made: a year and some days."""
SETTLED_MS = 2 * DAY_MS
"""A day is packed when it ended so long ago."""
_AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Digest:
    """Days of one monitor, from `first_ms` (ms UTC) on; every array's last axis is that of the days.

    `zones` are those of each location (locations, zones, days), judged by `targets` (ms; locations, days); `counts` are
    the counts of `COUNTS` behind the zones, over all locations; `quantiles` one row for each of `SHARES`, NaN without a
    success; `minutes` good and counted ones, in which any location's check succeeded or counted.
    """

    first_ms: int
    locations: tuple[str, ...]
    sum_ms: npt.NDArray[np.float64]
    quantiles: npt.NDArray[np.float64]
    zones: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    minutes: npt.NDArray[np.int32]

    @property
    def to_ms(self) -> int:
        """Where the days end."""
        return self.first_ms + DAY_MS * len(self.sum_ms)

    def between(self, from_ms: int, to_ms: int) -> Digest:
        """Only the days from `from_ms` to `to_ms`, both starts of days (ms UTC)."""
        if from_ms <= self.first_ms and self.to_ms <= to_ms:
            return self
        begin, end = max(0, (from_ms - self.first_ms) // DAY_MS), max(0, (to_ms - self.first_ms) // DAY_MS)
        arrays = (getattr(self, name)[..., begin:end] for name, _, _ in _FIELDS)
        return Digest(self.first_ms + DAY_MS * begin, self.locations, *arrays)

    def judged_by(self, target_ms: int) -> npt.NDArray[np.int64]:
        """The zones of each location (locations, zones, days), without those that were judged by another target."""
        return np.where((self.targets == target_ms)[:, None], self.zones, 0).astype(np.int64)

    def to_bytes(self) -> bytes:
        """Its arrays, one after the other; nothing if there was no check."""
        if not self.locations:
            return b""
        return b"".join(getattr(self, name).astype(kind).tobytes() for name, kind, _ in _FIELDS)


_FIELDS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("sum_ms", "<f8", ()),
    ("quantiles", "<f8", (len(SHARES),)),
    ("zones", "<i4", (-1, ZONES)),
    ("targets", "<i4", (-1,)),
    ("counts", "<i4", (len(COUNTS) - ZONES,)),
    ("minutes", "<i4", (2,)),
)
"""Name, type, and the axes before that of the days; -1 is that of the locations."""


@cache
def _kind(locations: int, days: int) -> np.dtype[np.void]:
    return np.dtype([(name, kind, (*(locations if n < 0 else n for n in axes), days)) for name, kind, axes in _FIELDS])


@cache
def _nothing(days: int) -> bytes:
    """The arrays of days without a check."""
    found = np.zeros(1, _kind(0, days))
    found["quantiles"] = np.nan
    return found.tobytes()


def _from_bytes(first_ms: int, days: int, locations: Sequence[str], cells: bytes) -> Digest:
    found = np.frombuffer(cells or _nothing(days), _kind(len(locations), days))[0]
    return Digest(first_ms, tuple(locations), *(found[name] for name, _, _ in _FIELDS))


def digest_of(windows: Sequence[CheckWindow], first_ms: int, days: int) -> Digest | None:
    """The digest of days of one monitor, all at or after `first_ms`; None if minutes of one of them are not known."""
    columns = from_windows(windows, "1d", "location")
    if not columns.known.all():
        return None
    day = (columns.bucket_ms - first_ms) // DAY_MS
    locations = sorted({window.location for window in windows})
    place = np.array([locations.index(window.location) for window in windows], np.int64)
    zones = np.zeros((len(locations), ZONES, days), np.int32)
    zones[place, :, day] = columns.counts[:ZONES].T
    targets = np.zeros((len(locations), days), np.int32)
    targets[place, day] = columns.target_ms
    return Digest(
        first_ms,
        tuple(locations),
        np.bincount(day, columns.sum_ms, days).astype(np.float64),
        quantiles([window.sketch for window in windows], day, days, SHARES),
        zones,
        targets,
        np.array([np.bincount(day, row, days) for row in columns.counts[ZONES:]]).astype(np.int32),
        _minutes(columns, day, days),
    )


def _minutes(columns: CheckColumns, day: npt.NDArray[np.int64], days: int) -> npt.NDArray[np.int32]:
    counted: npt.NDArray[np.int32] = np.bitwise_count(joined(columns.minutes, day, days)).sum(axis=2, dtype=np.int32)
    return counted.T


def read_digests(
    connection: Connection, monitors: Collection[int], from_ms: int, to_ms: int
) -> dict[int, list[Digest]]:
    """Digests of each of these monitors, without a gap from `from_ms` on and cut to the range (starts of days, ms UTC).

    A monitor without a digest of its first day is left out.
    """
    first, last = from_ms // DAY_MS // BLOCK_DAYS, (to_ms - 1) // DAY_MS // BLOCK_DAYS
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        rows: list[tuple[Any, ...]] = cursor.execute(
            "SELECT monitor_id, block, days, locations, cells FROM check_digests"
            " WHERE monitor_id = ANY(%s) AND block BETWEEN %s AND %s AND cells IS NOT NULL AND days > 0"
            " ORDER BY monitor_id, block",
            (list(monitors), first, last),
        ).fetchall()
    found: dict[int, list[Digest]] = {}
    for monitor, block, days, locations, cells in rows:
        mine = found.get(monitor, [])
        reached = mine[-1].to_ms if mine else from_ms
        start = DAY_MS * BLOCK_DAYS * block
        if start <= reached < start + DAY_MS * days:
            found.setdefault(monitor, []).append(_from_bytes(start, days, locations, cells).between(from_ms, to_ms))
    return found


def pack(store: Store, now_ms: int, longest_s: float, keep_days: int = 0) -> int:
    """Make the digests that are missing, for at most about `longest_s` seconds; how many were made.

    `keep_days`: rows of days that are older are not kept; a digest goes when none of its days is. 0: all are kept.
    """
    settled = (now_ms - SETTLED_MS) // DAY_MS
    last = (settled - 1) // BLOCK_DAYS
    first = max(last - LOOK_BACK_BLOCKS + 1, (settled - keep_days) // BLOCK_DAYS if keep_days else 0, 0)
    store.execute("DELETE FROM check_digests WHERE block < %s", first)
    made, until = 0, time.monotonic() + longest_s
    while time.monotonic() < until:
        missing = store.tuples(
            "SELECT m.id, b.block FROM monitors m CROSS JOIN generate_series(%s::int, %s::int) b(block)"
            " LEFT JOIN check_digests d ON d.monitor_id = m.id AND d.block = b.block"
            " WHERE coalesce(d.days, 0) < least(%s, %s - b.block * %s) ORDER BY m.id, b.block LIMIT 20000",
            *(first, last, BLOCK_DAYS, settled, BLOCK_DAYS),
        )
        for at in range(0, len(missing), _AT_ONCE):
            made += _pack(store, missing[at : at + _AT_ONCE], settled)
            if time.monotonic() >= until:
                break
        if not missing:
            break
    return made


def _pack(store: Store, wanted: Sequence[tuple[int, int]], settled: int) -> int:
    """Some blocks of some monitors, up to the day `settled`."""
    with store.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            there = cursor.execute(
                "SELECT id FROM monitors WHERE id = ANY(%s) FOR KEY SHARE", (list({monitor for monitor, _ in wanted}),)
            )
            known = {row[0] for row in there}
            monitors, blocks = map(list, zip(*wanted, strict=True))
            windows: dict[tuple[int, int], list[CheckWindow]] = {}
            for row in cursor.execute(
                f"SELECT {COLUMNS}, good, counted FROM unnest(%s::bigint[], %s::int[]) AS wanted (m, block)"  # noqa: S608 - constants
                " JOIN check_rollup_1d ON monitor_id = m AND bucket >= to_timestamp(block * %s::float8)"
                " AND bucket < to_timestamp(least((block + 1) * %s, %s) * 86400::float8)",
                (monitors, blocks, BLOCK_DAYS * 86_400, BLOCK_DAYS, settled),
            ):
                window = CheckWindow(*row)
                windows.setdefault((window.monitor, window.bucket_ms // DAY_MS // BLOCK_DAYS), []).append(window)
        made = []
        for monitor, block in wanted:
            if monitor in known:
                days = min(BLOCK_DAYS, settled - block * BLOCK_DAYS)
                digest = digest_of(windows.get((monitor, block), []), DAY_MS * BLOCK_DAYS * block, days)
                cells = ([], None) if digest is None else (list(digest.locations), digest.to_bytes())
                made.append((monitor, block, days, *cells))
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO check_digests (monitor_id, block, days, locations, cells) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (monitor_id, block) DO UPDATE SET days = excluded.days, locations = excluded.locations,"
                " cells = excluded.cells",
                made,
            )
        return len(made)
