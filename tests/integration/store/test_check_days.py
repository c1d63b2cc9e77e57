"""Days of checks in a database that had none: made by the migration from its hours, minutes noted where they are."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.servers.databases import Databases
from vedette.events.checks import OUTCOMES, CheckRecord
from vedette.history.checking import fold_checks
from vedette.store.check_days import days_of
from vedette.store.checks import COLUMNS, CheckBatch, CheckWindow, write
from vedette.store.migrate import migrate
from vedette.store.pool import Store

DAY, HOUR = 86_400_000, 3_600_000
T0 = 1_699_920_000_000
NAME = "0013.check_days"


@pytest.fixture
def dsn_before(postgres: Databases) -> Iterator[str]:
    """A database as it was before days were kept."""
    made = postgres.empty()
    migrate(made)
    store = Store(made, pool_size=1)
    store.execute("DROP TABLE check_rollup_1d")
    store.execute("ALTER TABLE check_rollup_1h DROP COLUMN good, DROP COLUMN counted")
    store.execute("DELETE FROM _yoyo_migration WHERE migration_id = %s", NAME)
    store.close()
    yield made
    postgres.drop(made)


def results() -> list[CheckRecord]:
    """Three days of 25 monitors at two locations, a check or so each hour."""
    chance = random.Random(3)
    return [
        CheckRecord(monitor, place, slot, slot, chance.choice(OUTCOMES), chance.randint(1, 4000) / 2)
        for monitor in range(1, 26)
        for place in ("x", "y")
        for slot in range(T0 + 7 * HOUR, T0 + 3 * DAY, 60_000 * 53)
    ]


def rows(store: Store, table: str) -> list[CheckWindow]:
    found = store.tuples(f"SELECT {COLUMNS}, good, counted FROM {table} ORDER BY monitor_id, bucket, location")
    return [CheckWindow(*row) for row in found]


def fill(dsn: str, tiers: dict[str, list[CheckWindow]]) -> None:
    """The minutes and hours, as they were written then."""
    store = Store(dsn, pool_size=1)
    write(store, [CheckBatch([], [], tiers["1m"], [])])
    with store.transaction() as connection, connection.cursor() as cursor:
        marks = ", ".join(["%s"] * 13)
        cursor.executemany(
            f"INSERT INTO check_rollup_1h VALUES (%s, %s, to_timestamp(%s / 1000.0), {marks})".encode(),
            [row[:16] for row in tiers["1h"]],
        )
    store.close()


def test_an_upgrade_gives_the_days_and_minutes_that_the_flow_would_have_written(dsn_before: str) -> None:
    tiers = fold_checks(results())
    fill(dsn_before, tiers)
    assert NAME in migrate(dsn_before)
    store = Store(dsn_before, pool_size=1)
    assert len(tiers["1d"]) == 150
    assert rows(store, "check_rollup_1h") == tiers["1h"]
    assert rows(store, "check_rollup_1d") == tiers["1d"]
    assert migrate(dsn_before) == []
    store.close()


def test_of_hours_whose_minutes_are_gone_it_is_not_known_and_neither_of_their_day(dsn_before: str) -> None:
    tiers = fold_checks(results())
    gone = T0 + DAY + 30 * 60_000  # in the middle of an hour
    fill(dsn_before, {**tiers, "1m": [row for row in tiers["1m"] if row.bucket_ms >= gone]})
    migrate(dsn_before)
    store = Store(dsn_before, pool_size=1)
    unknown = set()
    for row, whole in zip(rows(store, "check_rollup_1h"), tiers["1h"], strict=True):
        assert row[:16] == whole[:16]
        if row.bucket_ms + HOUR <= gone and whole.up + whole.degraded + whole.down:
            assert (row.good, row.counted) == (None, None)
        elif row.bucket_ms >= gone:
            assert (row.good, row.counted) == (whole.good, whole.counted)
        if row.good is None:
            unknown.add((row.monitor, row.location, row.bucket_ms - row.bucket_ms % DAY))
    for row, whole in zip(rows(store, "check_rollup_1d"), tiers["1d"], strict=True):
        lost = (row.monitor, row.location, row.bucket_ms) in unknown
        assert row == (whole._replace(good=None, counted=None) if lost else whole)
    assert 0 < len(unknown) < len(tiers["1d"])
    store.close()


def test_an_empty_database_has_no_days() -> None:
    assert list(days_of([])) == []
