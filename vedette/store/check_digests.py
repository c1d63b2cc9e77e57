"""Check digests: whole days of a monitor packed into few rows, for answers over months.

Ninety days from three places are 270 rows of days in as many pages, each with a sketch; a digest has what is asked of
them again and again: counts, Apdex zones by location, times, quantiles over all locations, and how many minutes were
good. It follows from the rows of days, is made by the janitor once a day is settled, and is forgotten when one of its
days is written again. Whoever reads takes digests, if there is one of the first day, as far as they reach without a
gap, and the rows of days from there on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.rows import tuple_row

from vedette.statistics.grouping import joined
from vedette.statistics.quantiles import quantiles
from vedette.store.check_columns import COUNTS, ZONES, from_windows
from vedette.store.checks import COLUMNS, CheckWindow
from vedette.store.pool import Connection, Store
from vedette.store.stale_digests import BLOCK_DAYS, DAY_MS, LOCK
from vedette.telemetry import get_logger

SHARES = (0.5, 0.95, 0.99)
"""Of which quantiles are kept."""
LOOK_BACK_BLOCKS = 13
"""So far back digests are made: a year and some days."""
SETTLED_MS = 2 * DAY_MS
"""A day is packed when it ended so long ago."""
_AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Digest:
    """Days of one monitor that follow each other, from `first_ms` (ms UTC) on; a record for each.

    A record's `zones` are those of each location (locations, zones), judged by `targets` (ms; locations); `counts` the
    counts of `COUNTS` behind the zones, over all locations; `sum_ms` the sum of successful checks' times; `quantiles`
    one for each of `SHARES`, NaN without a success; `minutes` good and counted ones, in which any location's check
    succeeded or counted.
    """

    first_ms: int
    locations: tuple[str, ...]
    days: npt.NDArray[np.void]

    @property
    def to_ms(self) -> int:
        """Where the days end."""
        return self.first_ms + DAY_MS * len(self.days)

    def between(self, from_ms: int, to_ms: int) -> Digest:
        """Only the days from `from_ms` to `to_ms`, both starts of days (ms UTC)."""
        if from_ms <= self.first_ms and self.to_ms <= to_ms:
            return self
        begin, end = max(0, (from_ms - self.first_ms) // DAY_MS), max(0, (to_ms - self.first_ms) // DAY_MS)
        return Digest(self.first_ms + DAY_MS * begin, self.locations, self.days[begin:end])

    def judged_by(self, target_ms: int) -> npt.NDArray[np.int32]:
        """The zones (days, locations, zones), without those that were judged by another target."""
        return judged_by(self.days, target_ms)

    def to_bytes(self) -> bytes:
        """Its records, one after the other; nothing if there was no check."""
        return self.days.tobytes() if self.locations else b""


def judged_by(days: npt.NDArray[np.void], target_ms: int | npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The zones (days, locations, zones) of records, without those that were judged by another target than that, or
    than that of each day and location."""
    zones, other = days["zones"], days["targets"] != target_ms
    if other.any():
        zones = np.where(other[:, :, None], np.int32(0), zones)
    return zones


@cache
def _kind(locations: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("sum_ms", "<f8"),
            ("quantiles", "<f8", (len(SHARES),)),
            ("zones", "<i4", (locations, ZONES)),
            ("targets", "<i4", (locations,)),
            ("counts", "<i4", (len(COUNTS) - ZONES,)),
            ("minutes", "<i4", (2,)),
        ]
    )


@cache
def _nothing(days: int) -> bytes:
    """The records of days without a check."""
    found = np.zeros(days, _kind(0))
    found["quantiles"] = np.nan
    return found.tobytes()


def digest_of(windows: Sequence[CheckWindow], first_ms: int, days: int) -> Digest | None:
    """The digest of days of one monitor, all at or after `first_ms`; None if minutes of one of them are not known."""
    columns = from_windows(windows, "1d", "location")
    if not columns.known.all():
        return None
    day = (columns.bucket_ms - first_ms) // DAY_MS
    locations = sorted({window.location for window in windows})
    place = np.array([locations.index(window.location) for window in windows], np.int64)
    found = np.zeros(days, _kind(len(locations)))
    found["sum_ms"] = np.bincount(day, columns.sum_ms, days)
    found["quantiles"] = quantiles([window.sketch for window in windows], day, days, SHARES).T
    found["zones"][day, place] = columns.counts[:ZONES].T
    found["targets"][day, place] = columns.target_ms
    found["counts"] = np.array([np.bincount(day, row, days) for row in columns.counts[ZONES:]]).T
    found["minutes"] = np.bitwise_count(joined(columns.minutes, day, days)).sum(axis=2)
    return Digest(first_ms, tuple(locations), found)


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
    for monitor, several in groupby(rows, key=itemgetter(0)):
        mine, reached = [], from_ms
        for (first_ms, locations), cells in _runs(several):
            kind = _kind(len(locations))
            if len(cells) % kind.itemsize:
                break  # of another version of this format
            digest = Digest(first_ms, tuple(locations), np.frombuffer(cells, kind))
            if not first_ms <= reached < digest.to_ms:
                break
            mine.append(digest.between(from_ms, to_ms))
            reached = digest.to_ms
        if mine:
            found[monitor] = mine
    return found


def _runs(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[int, list[str]], bytes]]:
    """Start, locations and records of blocks of one monitor; those of several blocks of the same locations as one."""
    start, end, places, parts = 0, 0, [""], list[bytes]()
    for _, block, days, locations, cells in rows:
        first_ms = DAY_MS * BLOCK_DAYS * block
        if parts and (first_ms != end or locations != places):
            yield (start, places), b"".join(parts)
            parts = []
        if not parts:
            start, places = first_ms, locations
        parts.append(cells or _nothing(days))
        end = first_ms + DAY_MS * days
    if parts:
        yield (start, places), b"".join(parts)


def pack(
    store: Store, now_ms: int, longest_s: float, keep_days: int = 0, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Make the digests that are missing, for at most about `longest_s` seconds or until `stopped`; how many were made.

    While somebody writes old days, nothing is made.

    `keep_days`: rows of days that are older are not kept; a digest goes when none of its days is. 0: all are kept.
    """
    settled = (now_ms - SETTLED_MS) // DAY_MS
    last = (settled - 1) // BLOCK_DAYS
    first = max(last - LOOK_BACK_BLOCKS + 1, (settled - keep_days) // BLOCK_DAYS if keep_days else 0, 0)
    # A clock that was ahead may have packed days that had not been yet.
    store.execute("DELETE FROM check_digests WHERE block < %s OR block > %s", first, (settled + 1) // BLOCK_DAYS)
    made, until = 0, time.monotonic() + longest_s
    while time.monotonic() < until and not stopped():
        missing = store.tuples(
            "SELECT m.id, b.block FROM monitors m CROSS JOIN generate_series(%s::int, %s::int) b(block)"
            " LEFT JOIN check_digests d ON d.monitor_id = m.id AND d.block = b.block"
            " WHERE coalesce(d.days, 0) NOT BETWEEN least(%s, %s - b.block * %s) AND least(%s, %s + 1 - b.block * %s)"
            " ORDER BY b.block DESC, m.id LIMIT 20000",
            *(first, last, BLOCK_DAYS, settled, BLOCK_DAYS, BLOCK_DAYS, settled, BLOCK_DAYS),
        )
        for at in range(0, len(missing), _AT_ONCE):
            some = _pack(store, missing[at : at + _AT_ONCE], settled)
            made += some or 0
            if some is None or time.monotonic() >= until or stopped():
                return made
        if not missing:
            break
    return made


def _digest_or_none(windows: Sequence[CheckWindow], first_ms: int, days: int) -> Digest | None:
    """The digest; None, too, if one of the rows is spoilt: that costs its own monitor the digest, and no other."""
    try:
        return digest_of(windows, first_ms, days)
    except (ValueError, IndexError, OverflowError) as error:
        get_logger("digests").warning("spoilt", monitor=windows[0].monitor, from_ms=first_ms, error=str(error))
        return None


def _pack(store: Store, wanted: Sequence[tuple[int, int]], settled: int) -> int | None:
    """Some blocks of some monitors, up to the day `settled`; None while old days are being written."""
    with store.transaction() as connection:
        tried = connection.execute("SELECT pg_try_advisory_xact_lock(%s) AS free", (LOCK,)).fetchone()
        if tried is None or not tried["free"]:
            return None
        with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            there = cursor.execute(
                "SELECT id FROM monitors WHERE id = ANY(%s) FOR KEY SHARE SKIP LOCKED",
                (list({monitor for monitor, _ in wanted}),),
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
                digest = _digest_or_none(windows.get((monitor, block), []), DAY_MS * BLOCK_DAYS * block, days)
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
