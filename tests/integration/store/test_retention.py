"""Retention: what is too old goes, what is not stays; by rows in plain tables, by chunks in hypertables."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.integration.store.decisions import transition
from vedette.errors import StoreUnavailable
from vedette.settings import TableSettings
from vedette.store import retention
from vedette.store.hypertables import hypertables
from vedette.store.pool import Store
from vedette.store.recording import record
from vedette.store.retention import Swept, enforce
from vedette.store.timed import TimedTable, timed_tables

INSERTS = {
    "rollup": "INSERT INTO {} VALUES (1, 1, {}, 1, '')",
    "check_results": "INSERT INTO {} VALUES (1, 'x', {}, 1, now(), 'up', 1, 200, NULL,"
    " NULL, NULL, NULL, NULL, NULL, 0, NULL, 500)",
    "check_rollup": "INSERT INTO {} VALUES (1, 'x', {}, 500, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, '')",
    "refresh_tokens": "INSERT INTO {} SELECT decode(md5(random()::text), 'hex'), id, gen_random_uuid(), {} FROM users",
    "alert_links": "INSERT INTO {} SELECT decode(md5(random()::text), 'hex'), 1, id, ARRAY[1], {} FROM channels",
    "alert_waits": "INSERT INTO {} SELECT (random() * 1e9)::bigint, 1, id, 'r', 's', 'info', 't', 'pending', 1, '', {}"
    " FROM rules",
    "alerts": "INSERT INTO {} SELECT (random() * 1e9)::bigint, 1, 1, 'r', 's', 't', 'resolved', NULL, now(), {}",
    "notification_attempts": "INSERT INTO {} SELECT id, (random() * 1e9)::int, {} FROM notifications",
    "report_runs": "INSERT INTO {} SELECT (random() * 1e9)::bigint, id, {}, NULL, 'made' FROM reports",
    "incidents": "INSERT INTO {} SELECT (random() * 1e9)::bigint, 1, 1, now(), NULL, {}, 'ended', 'partial', 'status',"
    " NULL, NULL, '{{}}', '[]', false, NULL, 1",
    "trend_changes": "INSERT INTO {} SELECT (random() * 1e9)::bigint, 1, id, 'step', 'down', now(), now(), -0.01, 0.95,"
    " 12, 10, false, 'ended', {}, 'returned' FROM monitors",
    "drift_windows": "INSERT INTO {} SELECT id, '', 'x', {}, 60, 1, 'ok', false, 9, '{{}}', '{{}}' FROM models",
    "multivariate_windows": "INSERT INTO {} SELECT id, '', {}, 60, 1, 'ok', false, 9, '{{}}' FROM models",
    "model_metrics": "INSERT INTO {} SELECT id, '', 'revenue', {}, 60, 1, 2, 2, 2 FROM models",
    "check_phases_1h": "INSERT INTO {} VALUES (1, 'x', {}, '')",
    "signals": "INSERT INTO {} VALUES (1, 'host', {}, 0, 1, NULL, '')",
    "quality_windows": "INSERT INTO {} SELECT id, '', {}, 60, 9, 9, 0, '{{}}', '{{}}', '{{}}' FROM models",
}
KEPT = [table for table in timed_tables(TableSettings()) if table.keep_days]


def insert(store: Store, table: str, age: timedelta) -> None:
    sql = next(sql for name, sql in INSERTS.items() if table.startswith(name))
    store.execute(sql.format(table, f"now() - interval '{age.total_seconds()} seconds'"))


def count(store: Store, table: str) -> int:
    row = store.row(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row["n"])


def chunk(store: Store, table: TimedTable) -> timedelta:
    """What a row may be kept too long: the width of its chunk, if it is in one."""
    with store.connection() as connection:
        return hypertables(connection).get(table.name, timedelta(0))


@pytest.mark.parametrize("table", KEPT, ids=lambda table: table.name)
def test_rows_older_than_their_days_go_and_younger_ones_stay(store: Store, table: TimedTable) -> None:
    store.execute("INSERT INTO accounts (name) VALUES ('a')")
    store.execute("INSERT INTO users (account_id, email, password_hash, scopes) VALUES (1, 'a@b', '', '{}')")
    store.execute("INSERT INTO monitors (account_id, name, url, config) VALUES (1, 'm', 'http://x/', '{}')")
    store.execute("INSERT INTO rules (account_id, name, kind, config) VALUES (1, 'r', 'outage', '{}')")
    store.execute("INSERT INTO models (account_id, name, config) VALUES (1, 'm', '{}')")
    store.execute("INSERT INTO channels (account_id, name, kind, config) VALUES (1, 'c', 'console', '{}')")
    store.execute("INSERT INTO reports (account_id, name, config) VALUES (1, 'r', '{}')")
    if table.name == "notification_attempts":
        record(store, [(transition(), ())])
    days = timedelta(days=table.keep_days)
    insert(store, table.name, days + chunk(store, table) + timedelta(minutes=1))
    insert(store, table.name, days - timedelta(hours=1))
    swept = enforce(store)
    assert swept == (Swept(0, 1) if chunk(store, table) else Swept(1, 0))
    rows = store.rows(f"SELECT {table.column} > now() - interval '{table.keep_days} days' AS young FROM {table.name}")
    assert rows == [{"young": True}]
    assert enforce(store) == Swept(0, 0)


def test_an_alert_that_still_fires_is_kept(store: Store) -> None:
    store.execute(
        "INSERT INTO alerts VALUES (1, 1, 1, 'r', 's', 't', 'firing', NULL, now() - interval '3000 days', NULL)"
    )
    assert enforce(store) == Swept(0, 0)


def test_days_are_kept_for_ever_unless_a_setting_says_otherwise(store: Store) -> None:
    for table in ("rollup_1d", "check_rollup_1d"):
        insert(store, table, timedelta(days=3000))
        assert enforce(store) == Swept(0, 0)
        assert count(store, table) == 1
        assert sum(enforce(store, TableSettings(keep_1d_days=1000))) == 1
        assert count(store, table) == 0


def test_the_days_come_from_the_environment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    insert(store, "rollup_10s", timedelta(days=3))
    monkeypatch.setenv("VEDETTE_KEEP_10S_DAYS", "0")
    assert enforce(store) == Swept(0, 0)
    monkeypatch.setenv("VEDETTE_KEEP_10S_DAYS", "1")
    assert sum(enforce(store)) == 1


def test_many_rows_go_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    store.execute(
        "INSERT INTO alerts SELECT n, 1, 1, 'r', 's', 't', 'resolved', NULL, now(), now() - interval '500 days'"
        " FROM generate_series(1, 30) n"
    )
    assert enforce(store) == Swept(30, 0)


def test_a_table_that_somebody_holds_is_named_and_the_others_are_swept(
    store: Store, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in ("rollup_10s", "rollup_1m"):
        insert(store, table, timedelta(days=40))
    impatient = Store(dsn, pool_size=1, statement_s=1)
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK TABLE rollup_10s IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailable, match="rollup_10s"):
            enforce(impatient)
    assert (count(store, "rollup_10s"), count(store, "rollup_1m")) == (1, 0)
    assert sum(enforce(impatient)) == 1
    impatient.close()
