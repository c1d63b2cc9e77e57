"""Signals that are kept beyond the log: what backtests of rules about other things than series are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vedette.store.pool import Store

_PAGE = 10_000
_WANTED = (
    "account_id = %s AND kind = %s AND logged_at >= to_timestamp(%s / 1000.0) AND logged_at < to_timestamp(%s / 1000.0)"
)


class SignalRow(NamedTuple):
    """A signal at its place in the log. `about` is the number of its monitor or model, `body` its bytes."""

    account: int
    kind: str
    logged_ms: int
    partition: int
    offset: int
    about: int | None
    body: bytes


class KeptSignal(NamedTuple):
    """The same, as it is read: when the log took it, where it stood, its bytes."""

    logged_ms: int
    partition: int
    offset: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is to keep of a stretch of a partition: of its messages, the first of which the log took at
    `first_ms`, those that are kept."""

    partition: int
    first_ms: int
    first_offset: int
    next_offset: int
    rows: Sequence[SignalRow] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Of a partition, signals are kept from `first_offset` on, which the log took at `since_ms`, up to `next_offset`;
    of what the log holds besides, they are not, or not yet."""

    since_ms: int
    first_offset: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which signals are wanted: those that the log took from `from_ms` on, before `to_ms`; `about` None: all."""

    account: int
    kind: str
    from_ms: int
    to_ms: int
    about: int | None = None


def keep(store: Store, stretches: Sequence[Kept]) -> int:
    """Keep signals, and note how far that is done, in one transaction; how many rows are new. What comes again after
    a crash changes nothing."""
    rows = [row for stretch in stretches for row in stretch.rows]
    reached: dict[int, Kept] = {}
    for stretch in stretches:
        known = reached.get(stretch.partition, stretch)
        reached[stretch.partition] = Kept(stretch.partition, known.first_ms, known.first_offset, stretch.next_offset)
    with store.transaction() as connection, connection.cursor() as cursor:
        if rows:
            cursor.execute(
                "INSERT INTO signals (account_id, kind, logged_at, partition, log_offset, about, body)"
                " SELECT a, k, to_timestamp(t / 1000.0), p, o, m, b FROM unnest(%s::bigint[], %s::text[], %s::bigint[],"
                " %s::int[], %s::bigint[], %s::bigint[], %s::bytea[]) AS u (a, k, t, p, o, m, b)"
                " ON CONFLICT DO NOTHING",
                [list(column) for column in zip(*rows, strict=True)],
            )
        count = cursor.rowcount if rows else 0
        cursor.executemany(
            "INSERT INTO signal_positions VALUES (%s, to_timestamp(%s / 1000.0), %s, %s)"
            " ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset",
            [(one.partition, one.first_ms, one.first_offset, one.next_offset) for _, one in sorted(reached.items())],
        )
    return count


def reaches(store: Store) -> dict[int, Reach]:
    """By partition, which signals are kept."""
    rows = store.rows(
        "SELECT partition, (extract(epoch FROM since) * 1000)::bigint AS since_ms, first_offset, next_offset"
        " FROM signal_positions"
    )
    return {row["partition"]: Reach(row["since_ms"], row["first_offset"], row["next_offset"]) for row in rows}


def count(store: Store, asked: Asked, limit: int) -> int:
    """How many there are; of more than `limit`, one more than that."""
    sql = f"SELECT count(*) AS n FROM (SELECT 1 FROM signals WHERE {_WANTED}{_about(asked)} LIMIT %s) AS found"  # noqa: S608 - constants
    row = store.row(sql, *_values(asked), limit + 1)
    assert row is not None
    return int(row["n"])


def signals(store: Store, asked: Asked) -> Iterator[KeptSignal]:
    """Those signals, in the order in which the log took them; read in pages, so none holds a connection for long."""
    place = (asked.from_ms, -1, -1)
    sql = (
        f"SELECT (extract(epoch FROM logged_at) * 1000)::bigint, partition, log_offset, body FROM signals"  # noqa: S608 - constants
        f" WHERE {_WANTED} AND (logged_at, partition, log_offset) > (to_timestamp(%s / 1000.0), %s, %s){{}}"
        f" ORDER BY logged_at, partition, log_offset LIMIT {_PAGE}"
    ).format(_about(asked))
    while True:
        values = (asked.account, asked.kind, place[0], asked.to_ms, *place)
        page = store.tuples(sql, *values, *(() if asked.about is None else (asked.about,)))
        yield from map(KeptSignal._make, page)
        if len(page) < _PAGE:
            return
        place = page[-1][:3]


def _about(asked: Asked) -> str:
    return "" if asked.about is None else " AND about = %s"


def _values(asked: Asked) -> tuple[object, ...]:
    about = () if asked.about is None else (asked.about,)
    return (asked.account, asked.kind, asked.from_ms, asked.to_ms, *about)
