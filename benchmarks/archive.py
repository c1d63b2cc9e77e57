"""The archive: bytes a sample beside those of the tables, and a 90-day query that reads both.

    python benchmarks/archive.py [--hosts N] [--names N] [--every S] [--s3]

Reports of 90 days go through the archive's flow into Parquet and are tidied up; a rebuild makes the rows of all tiers
from it. A query of one series over the 90 days in steps of 15 minutes is then asked twice: of tables that keep
everything, and after the retention of the default settings, when two thirds of it are in the archive only. Both must
give the same answer. "Cold" is a gateway that has read nothing yet, "warm" one that has (its cache holds the rows).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.archive_load import DAY_MS, Load, fill
from benchmarks.processes import peak_mb, wait_for
from dataflows import archive
from dataflows.running import run
from vedette.archive.objects import Objects, open_objects
from vedette.archive.reader import ArchiveReader
from vedette.archive.tidying import Tidier, TidyConfig
from vedette.archive.writing import Limits
from vedette.clock import SystemClock
from vedette.events.selectors import parse_selector
from vedette.history.opening import open_history
from vedette.history.queries import History
from vedette.history.ranges import Bounds
from vedette.history.rebuilding import Rebuilder
from vedette.log import open_log
from vedette.settings import ArchiveQuerySettings, LogSettings, TableSettings
from vedette.store import accounts, retention
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store
from vedette.store.query import query, span
from vedette.store.series import Catalogue

FOR_EVER = TableSettings(keep_10s_days=0, keep_1m_days=0, keep_1h_days=0, keep_1d_days=0)
STEP_S = 900


def fill_archive(folder: Path, store: Store, objects: Objects, load: Load, account: int) -> None:
    """Day by day through a log and the flow, so that neither becomes large; then each hour is one object."""
    log = open_log(LogSettings.load(log_url=f"embedded://{folder}/log/events.db", log_max_pending_mb=512))
    clock, limits = SystemClock(), Limits(256 << 20, 10_000_000, 3600)
    begin, cpu = time.monotonic(), time.process_time()
    for day in range(load.days):
        fill(log, load, account, day)
        flow = archive.build(log, store, clock, objects=objects, limits=limits, stop=lambda: True)
        run(flow, folder / "recovery", 10.0)
    log.close()
    tidier, left = Tidier(store, objects, TidyConfig(-1, -1, 0), clock, lambda seconds: False), -1
    while left != (left := _objects(store)):  # each round merges some hours
        tidier.go_round()
    took = time.monotonic() - begin
    print(f"archived in {took:.0f} s ({time.process_time() - cpu:.0f} CPU s, the load's making included)")


def _objects(store: Store) -> int:
    row = store.row("SELECT count(*)::int AS n FROM archive_objects")
    return 0 if row is None else int(row["n"])


def rebuild(store: Store, objects: Objects, load: Load, account: int) -> None:
    """All rows of all tiers from the archive."""
    rebuilder = Rebuilder(store, ArchiveReader(store, objects), FOR_EVER)
    begin, cpu = time.monotonic(), time.process_time()
    end = load.start_ms + load.days * DAY_MS
    found = rebuilder.rebuild("samples", account, Bounds(load.start_ms, end, end), SystemClock().now_ms())
    took = time.monotonic() - begin
    if found.events != load.hosts * load.reports:
        raise SystemExit(f"wrong count: {found.events} reports in the archive, {load.hosts * load.reports} sent")
    print(
        f"rebuilt in {took:.0f} s: {found.written:,} rows, {load.samples / took:,.0f} samples/s,"
        f" {load.samples / (time.process_time() - cpu):,.0f} per CPU-second of the rebuild\n"
    )


def show_sizes(store: Store, load: Load) -> None:
    """Bytes a sample: of the archive, and of each tier's table with its indexes if it kept everything."""
    row = store.row("SELECT sum(bytes)::bigint AS bytes, count(*)::bigint AS objects FROM archive_objects")
    assert row is not None
    print(f"{'':<12}{'MB':>10}{'bytes/sample':>14}")
    print(f"{'archive':<12}{row['bytes'] / 1e6:>10.1f}{row['bytes'] / load.samples:>14.2f}   {row['objects']} objects")
    total = 0
    for tier in ("10s", "1m", "1h", "1d"):
        found = store.row("SELECT pg_total_relation_size(%s::regclass) AS bytes", f"rollup_{tier}")
        assert found is not None
        total += found["bytes"]
        print(f"{'rollup_' + tier:<12}{found['bytes'] / 1e6:>10.1f}{found['bytes'] / load.samples:>14.2f}")
    print(f"{'tables':<12}{total / 1e6:>10.1f}{total / load.samples:>14.2f}")
    print(f"\nratio, bytes of the tables to those of the archive: {total / row['bytes']:.1f}\n")


class Asking:
    """The query, as the gateway asks it."""

    def __init__(self, store: Store, load: Load, account: int) -> None:
        self._store, self._account = store, account
        self._refs = Catalogue(store).find(account, [parse_selector('metric_001{source="host-0000"}')])
        self._span = span(load.start_ms, load.start_ms + load.days * DAY_MS, STEP_S)

    def ask(self, history: History) -> tuple[float, list[float | None]]:
        """Seconds, and the values."""
        begin = time.perf_counter()
        rows = query(self._store, self._refs, self._span, "avg", SystemClock().now_ms(), history.series(self._account))
        return time.perf_counter() - begin, rows[0][1]

    def time(self, name: str, history: Callable[[], History], runs: int) -> tuple[float, list[float | None]]:
        """Print one line; the median (seconds) and the answer."""
        found = [self.ask(history()) for _ in range(runs)]
        seconds = np.asarray([each[0] for each in found])
        median, high = np.percentile(seconds, [50, 99])
        print(f"{name:<34}{median * 1000:>10.1f}{high * 1000:>10.1f}{runs:>7}", flush=True)
        return float(median), found[0][1]


def ask_both(store: Store, settings: ArchiveQuerySettings, load: Load, account: int, runs: int) -> None:
    """Of tables that keep everything, then of tables and archive together."""
    asking, clock = Asking(store, load, account), SystemClock()
    print(f"90 days in steps of {STEP_S // 60} min{'':<12}{'p50 ms':>10}{'p99 ms':>10}{'runs':>7}")
    store.execute("VACUUM ANALYZE")
    all_hot, expected = asking.time("all in tables", lambda: open_history(store, clock, settings, FOR_EVER), 10 * runs)
    tables = TableSettings(chunk_10s_hours=6)
    retention.enforce(store, tables)
    cold, found = asking.time("tables and archive, cold", lambda: open_history(store, clock, settings, tables), runs)
    kept = open_history(store, clock, settings, tables)
    asking.ask(kept)
    warm, again = asking.time("tables and archive, warm", lambda: kept, 10 * runs)
    pairs = zip(expected, found, strict=True)
    wrong = [pair for pair in pairs if pair[0] != pair[1] and not _close(*pair)]
    if wrong or again != found:
        raise SystemExit(f"wrong values in {len(wrong)} of {len(expected)} steps: {wrong[:3]}")
    print(f"\nratio, cold to all in tables: {cold / all_hot:.1f}\nratio, warm to all in tables: {warm / all_hot:.1f}")


def _close(one: float | None, other: float | None) -> bool:
    """But for the rounding of sums."""
    return one is not None and other is not None and abs(one - other) <= 1e-12 * max(abs(one), abs(other))


def main() -> None:
    """Fill, measure, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--names", type=int, default=100)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--every", type=int, default=300, help="seconds between two reports of a host")
    parser.add_argument("--runs", type=int, default=5, help="of the cold query; ten times as many of the others")
    parser.add_argument("--s3", action="store_true", help="into what VEDETTE_ARCHIVE_URL and its kin name")
    options = parser.parse_args()
    now = SystemClock().now_ms()
    start = now - now % DAY_MS - options.days * DAY_MS
    load = Load(options.hosts, options.names, options.days, options.every * 1000, start)
    print(
        f"{load.hosts} hosts x {load.names} names x {load.days} days, a report each {options.every} s:"
        f" {load.samples:,} samples; the archive is {'S3' if options.s3 else 'a local folder'}\n"
    )
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as made:
        folder = Path(made)
        (folder / "log").mkdir()
        named = {} if options.s3 else {"archive_url": f"file://{folder}/archive"}
        settings = ArchiveQuerySettings.load(**named)
        objects = open_objects(settings)
        objects.check()
        server = EmbeddedPostgres(folder / "postgres")
        server.prepare()
        with (folder / "postgres.log").open("wb") as output:
            process = subprocess.Popen(server.command(), stdout=output, stderr=output, **server.process_options())
            try:
                wait_for("PostgreSQL", server.ready)
                migrate(server.dsn)
                store = Store(server.dsn, pool_size=2, statement_s=600)
                account = accounts.ensure_account(store, "bench")
                fill_archive(folder, store, objects, load, account)
                rebuild(store, objects, load, account)
                show_sizes(store, load)
                ask_both(store, settings, load, account, options.runs)
                print(f"\npeak memory of this process and PostgreSQL: {peak_mb(os.getpid()):.0f} MB")
                store.close()
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)


if __name__ == "__main__":
    main()
