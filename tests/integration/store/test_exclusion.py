"""Chunk exclusion: a query for one day reads the chunks of that day, whether its plan knows the values or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.store.explained import Query, chunks_between, explained, only_chunks
from tests.servers.databases import Databases
from vedette.store import checks
from vedette.store.check_columns import STATEMENTS, Tail, Tier
from vedette.store.pool import Store
from vedette.store.windows import read_rows

DAY_MS = 86_400_000
LAST_MS = 1_767_225_600_000
"""2026-01-01, a fixed day, so that chunks begin where they begin."""
DAYS = 40

ROLLUP = (
    "INSERT INTO rollup_{0} SELECT s, 1, t, 1, float8send(1) FROM generate_series(1, 3) s,"
    " generate_series(to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), interval '1 hour') t"
)
CHECKS = (
    "INSERT INTO check_rollup_{0} SELECT m, 'x', t, 500, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, '' FROM generate_series(1, 3)"
    " m, generate_series(to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), interval '1 hour') t"
)
RESULTS = (
    "INSERT INTO check_results SELECT 1, 'x', t, 1, t, 'up', 1, 200, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 500"
    " FROM generate_series(to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), interval '10 minutes') t"
)


@pytest.fixture(scope="module")
def filled(timescale: Databases) -> Iterator[Store]:
    """Rows for each hour of forty days, and single results of ten days."""
    dsn = timescale.fresh()
    store = Store(dsn, pool_size=2)
    for sql, tiers in ((ROLLUP, ("10s", "1m", "1h")), (CHECKS, ("1m", "1h", "1d"))):
        for tier in tiers:
            store.execute(sql.format(tier), LAST_MS - DAYS * DAY_MS, LAST_MS)
    store.execute(RESULTS, LAST_MS - 10 * DAY_MS, LAST_MS)
    store.execute("INSERT INTO layouts VALUES (1, '{cpu}', '{gauge}')")
    store.execute("INSERT INTO accounts (name) VALUES ('a')")
    store.execute(
        "INSERT INTO monitors (account_id, name, url, config) SELECT 1, n, 'x', '{}' FROM generate_series(1, 3) n"
    )
    store.execute("ANALYZE")  # as autovacuum does: the planner's guesses for unknown tables are no measure
    yield store
    store.close()
    timescale.drop(dsn)


def columns(tier: Tier, tail: Tail) -> Query:
    """What `read_columns` asks."""
    return lambda s, a, b: s.tuples(STATEMENTS[tier, tail], [1], a, b)


QUERIES: dict[str, tuple[Query, tuple[str, ...], int]] = {
    "seconds": (lambda s, a, b: read_rows(s, 1, [1, 2], [1], a, b, "10s"), ("rollup_10s",), DAY_MS),
    "minutes": (lambda s, a, b: read_rows(s, 1, [1, 2], [1], a, b, "1m"), ("rollup_1m", "rollup_10s"), DAY_MS),
    "check minutes": (lambda s, a, b: checks.windows(s, 1, a, b, hours=False), ("check_rollup_1m",), DAY_MS),
    "check hours": (lambda s, a, b: checks.windows(s, 1, a, b, hours=True), ("check_rollup_1h",), DAY_MS),
    "columns of minutes": (
        lambda s, a, b: s.tuples(STATEMENTS["1m", "sketch"], [1], a, b),
        ("check_rollup_1m",),
        DAY_MS,
    ),
    "columns of hours": (
        lambda s, a, b: s.tuples(STATEMENTS["1h", "location"], [1], a, b),
        ("check_rollup_1h",),
        DAY_MS,
    ),
    "columns of days": (columns("1d", "sketch"), ("check_rollup_1d",), DAY_MS),
    "day sums": (lambda s, a, b: checks.day_sums(s, 1, a), ("check_rollup_1h",), DAYS * DAY_MS),
}
"""The query, its tables, and how far it reads from its start."""


@pytest.mark.parametrize("generic", [False, True], ids=["custom plan", "generic plan"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_one_day_reads_only_the_chunks_of_that_day(
    filled: Store, monkeypatch: pytest.MonkeyPatch, name: str, generic: bool
) -> None:
    query, tables, length = QUERIES[name]
    start = LAST_MS - 5 * DAY_MS
    wanted = set().union(*(chunks_between(filled, table, start, start + length) for table in tables))
    every = set().union(*(chunks_between(filled, table, 0, LAST_MS * 2) for table in tables))
    with explained(monkeypatch, generic=generic) as touched:
        assert query(filled, start, start + DAY_MS)
    assert only_chunks(touched)
    assert only_chunks(touched) <= wanted
    if length == DAY_MS and name not in {"check hours", "columns of hours", "columns of days"}:  # wide chunks
        assert len(every) > 3 * len(wanted)


@pytest.mark.parametrize("generic", [False, True], ids=["custom plan", "generic plan"])
def test_the_newest_results_are_read_from_the_newest_chunks(
    filled: Store, monkeypatch: pytest.MonkeyPatch, generic: bool
) -> None:
    with explained(monkeypatch, generic=generic) as touched:
        assert len(checks.latest(filled, 1, 50)) == 50
    assert only_chunks(touched)
    assert only_chunks(touched) <= chunks_between(filled, "check_results", LAST_MS - 2 * DAY_MS, LAST_MS + 1)
