"""Check columns: windows of monitors as arrays, for answers over thousands of them.

The server gives each row as one value in PostgreSQL's binary form of a record, of which all but the end has a fixed
size; so a row costs the reader one object, and numpy sees all rows at once. (As tuples of numbers, 270 rows cost more
than everything else in the answer that is made of them.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from psycopg.rows import scalar_row

from vedette.store.checks import CheckWindow
from vedette.store.pool import Connection, Store

Tier = Literal["1m", "1h", "1d"]
Tail = Literal["sketch", "location", "totals"]
WIDTH_MS: dict[Tier, int] = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
COUNTS = ("satisfied", "tolerating", "frustrated", "up", "degraded", "down", "missed", "probe_error")
ZONES = 3
"""The first of them are Apdex zones."""
_FIXED = (
    ("monitor", ">i8"),
    ("bucket", ">i8"),
    *((name, ">i4") for name in COUNTS),
    ("sum_ms", ">f8"),
    ("known", "u1"),
    ("target_ms", ">i4"),
)
_NO_INTS = np.zeros(0, np.int64)
_GOOD = "up + degraded > 0", "up + degraded + down > 0"


@dataclass(frozen=True, slots=True)
class CheckColumns:
    """Windows of one tier, in no order. `counts` has a row for each of `COUNTS`.

    `minutes` are, for each window, the bits of its good and of its counted minutes; they mean nothing where `known` is
    false. `target_ms` is by which target the checks were put into zones. `tails` are what was asked for: sketches, or
    names of locations. Of totals, each location's windows (of one target) may come added up as one, whose time and
    minutes mean nothing.
    """

    width_ms: int
    monitor: npt.NDArray[np.int64]
    bucket_ms: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    sum_ms: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    target_ms: npt.NDArray[np.int64]
    minutes: npt.NDArray[np.uint8]
    tails: Sequence[bytes]

    def __len__(self) -> int:
        """How many windows."""
        return len(self.bucket_ms)

    def select(self, chosen: npt.NDArray[np.bool_]) -> CheckColumns:
        """Only some of the windows."""
        return self._at(np.flatnonzero(chosen))

    def judged_by(self, target_ms: int | npt.NDArray[np.int64]) -> CheckColumns:
        """The same, but without the zones of windows that were judged by another target: such scores do not mix.

        The target is one for all, or that of each window.
        """
        other = self.target_ms != target_ms
        if not other.any():
            return self
        counts = self.counts.copy()
        counts[:ZONES, other] = 0
        return replace(self, counts=counts)

    def none(self) -> CheckColumns:
        """No window of the same tier."""
        return self._at(_NO_INTS)

    def by_monitor(self) -> dict[int, CheckColumns]:
        """The windows of each monitor that has any."""
        order = np.argsort(self.monitor, kind="stable")
        found, begins = np.unique(self.monitor[order], return_index=True)
        if len(found) <= 1:
            return dict.fromkeys(found.tolist(), self)
        return {
            monitor: self._at(places)
            for monitor, places in zip(found.tolist(), np.split(order, begins[1:]), strict=True)
        }

    def _at(self, chosen: npt.NDArray[np.int64]) -> CheckColumns:
        return CheckColumns(
            self.width_ms,
            self.monitor[chosen],
            self.bucket_ms[chosen],
            self.counts[:, chosen],
            self.sum_ms[chosen],
            self.known[chosen],
            self.target_ms[chosen],
            self.minutes[chosen],
            [self.tails[at] for at in chosen.tolist()],
        )

    @classmethod
    def joined(cls, parts: Sequence[CheckColumns], tier: Tier) -> CheckColumns:
        """Those of several parts of one tier."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            WIDTH_MS[tier],
            np.concatenate([_NO_INTS, *(part.monitor for part in parts)]),
            np.concatenate([_NO_INTS, *(part.bucket_ms for part in parts)]),
            np.concatenate([np.zeros((len(COUNTS), 0), np.int64), *(part.counts for part in parts)], axis=1),
            np.concatenate([np.zeros(0), *(part.sum_ms for part in parts)]),
            np.concatenate([np.zeros(0, np.bool_), *(part.known for part in parts)]),
            np.concatenate([_NO_INTS, *(part.target_ms for part in parts)]),
            np.concatenate([np.zeros((0, 2, _size(tier)), np.uint8), *(part.minutes for part in parts)]),
            [tail for part in parts for tail in part.tails],
        )


def read_columns(
    connection: Connection,
    tier: Tier,
    monitors: Sequence[int],
    from_ms: int,
    to_ms: int,
    tail: Tail,
    location: str | Sequence[str] | None = None,
) -> CheckColumns:
    """The windows with from_ms ≤ bucket < to_ms of some monitors, at all locations, one or several.

    Where locations are named, only the windows of the range are read. Else all of the monitors are looked at in the
    index, which matters for hundreds of monitors.
    """
    where = "" if location is None else " AND location = %s" if isinstance(location, str) else " AND location = ANY(%s)"
    if tail == "totals":
        where += " GROUP BY monitor_id, location, apdex_t_ms"
    chosen = location if location is None or isinstance(location, str) else list(location)
    values = (list(monitors), from_ms, to_ms) + (() if chosen is None else (chosen,))
    with connection.cursor(row_factory=scalar_row, binary=True) as cursor:
        return _columns(cursor.execute((STATEMENTS[tier, tail] + where).encode(), values).fetchall(), tier)


def columns_of(
    store: Store, tier: Tier, monitor: int, from_ms: int, to_ms: int, tail: Tail, location: str | None = None
) -> CheckColumns:
    """The same of one monitor."""
    with store.connection() as connection:
        return read_columns(connection, tier, [monitor], from_ms, to_ms, tail, location)


def from_windows(windows: Sequence[CheckWindow], tier: Tier, tail: Tail) -> CheckColumns:
    """Columns of windows that were folded here."""
    size = _size(tier)
    known = np.array([tier == "1m" or window.good is not None for window in windows], np.bool_)
    minutes = np.zeros((len(windows), 2, size), np.uint8)
    for number, window in enumerate(windows):
        good = window.up + window.degraded
        if tier == "1m":
            minutes[number, :, 0] = good > 0, good + window.down > 0
        elif window.good is not None and window.counted is not None:
            minutes[number] = np.frombuffer(window.good + window.counted, np.uint8).reshape(2, size)
    return CheckColumns(
        WIDTH_MS[tier],
        np.array([window.monitor for window in windows], np.int64),
        np.array([window.bucket_ms for window in windows], np.int64),
        np.array([[getattr(window, name) for window in windows] for name in COUNTS], np.int64).reshape(len(COUNTS), -1),
        np.array([window.sum_ms for window in windows], np.float64),
        known,
        np.array([window.apdex_t_ms for window in windows], np.int64),
        minutes,
        [window.sketch if tail == "sketch" else window.location.encode() for window in windows],
    )


def _size(tier: Tier) -> int:
    """Bytes for a bit a minute."""
    return (WIDTH_MS[tier] // 60_000 + 7) // 8


def _row(tier: Tier) -> np.dtype[np.void]:
    """The fixed part of a record: the number of its columns, then of each its type, its length and its value."""
    fields: list[tuple[Any, ...]] = [("columns", ">i4")]
    for name, *kind in (*_FIXED, ("minutes", "u1", (2, _size(tier)))):
        fields += [(f"{name} type", ">i4"), (f"{name} length", ">i4"), (name, *kind)]
    return np.dtype([*fields, ("tail type", ">i4"), ("tail length", ">i4")])


def _totals(tier: Tier) -> str:
    """One row for each monitor, location and target: to add up here is cheaper than to send."""
    counts = ", ".join(f"sum({name})::int" for name in COUNTS)
    return (
        f"SELECT record_send(row(monitor_id, 0::bigint, {counts}, sum(sum_ms), false, apdex_t_ms,"  # noqa: S608 - constants
        f" '\\x{'00' * 2 * _size(tier)}'::bytea, location)) FROM check_rollup_{tier} WHERE monitor_id = ANY(%s)"
        " AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0)"
    )


def _statement(tier: Tier, tail: Tail) -> str:
    if tail == "totals":
        return _totals(tier)
    if tier == "1m":
        known = "true"
        bits = " || ".join(f"(CASE WHEN {each} THEN '\\x01'::bytea ELSE '\\x00'::bytea END)" for each in _GOOD)
    else:
        known = "good IS NOT NULL"
        bits = f"coalesce(good || counted, '\\x{'00' * 2 * _size(tier)}'::bytea)"
    return (
        "SELECT record_send(row(monitor_id, (date_part('epoch', bucket) * 1000)::bigint,"  # noqa: S608 - constants
        f" {', '.join(COUNTS)}, sum_ms, {known}, apdex_t_ms,"
        f" {bits}, {tail})) FROM check_rollup_{tier} WHERE monitor_id = ANY(%s) AND bucket >= to_timestamp(%s / 1000.0)"
        " AND bucket < to_timestamp(%s / 1000.0)"
    )


STATEMENTS = {(tier, tail): _statement(tier, tail) for tier in WIDTH_MS for tail in get_args(Tail)}
"""Of monitors, from and to (ms UTC)."""
_ROWS = {tier: _row(tier) for tier in WIDTH_MS}


def _columns(records: list[bytes], tier: Tier) -> CheckColumns:
    kind = _ROWS[tier]
    size = kind.itemsize
    rows = np.frombuffer(b"".join([record[:size] for record in records]), kind)
    return CheckColumns(
        WIDTH_MS[tier],
        rows["monitor"].astype(np.int64),
        rows["bucket"].astype(np.int64),
        np.array([rows[name] for name in COUNTS], np.int64).reshape(len(COUNTS), -1),
        rows["sum_ms"].astype(np.float64),
        rows["known"].astype(np.bool_),
        rows["target_ms"].astype(np.int64),
        rows["minutes"],
        [record[size:] for record in records],
    )
