"""History: 90 days of one monitor over HTTP while ten thousand are stored (P4).

    python benchmarks/history.py [--monitors N] [--locations N] [--days N] [--raw-days N] [--raw-every S] [--parallel N]

Fills the tiers of hours and days and the raw results with plausible rows on the server, in the order of time as they
come in life (so that what belongs to one monitor lies in as many places as there are windows); logging of the fill is
skipped and keys are added at the end, to save time. Raw results are an hour apart unless told otherwise: each minute
would be 300 million rows. Then digests are made, as the janitor makes them, a gateway is started and asked for
histories and Apdex: one at a time, `--parallel` at a time (each connection asks again when it was answered), and as
many at once. No monitor is asked for twice within a question while there are enough, so nothing comes from the
gateway's memory, but where the same one is asked for.
Printed are the times of whole answers beside those of an answer that reads no table (`/healthz`), the p99 as a share of
the promised 50 ms, and the milliseconds of CPU that database, gateway and this asker spent on each answer: the three
share the machine's cores, so that what the asker spends is part of the times.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.asking import ask_at_once, ask_on
from benchmarks.processes import answers, cpu_of_tree, end, free_port, peak_mb, wait_for
from vedette.monitors import MonitorSpec
from vedette.statistics.sketch import Sketch
from vedette.store import accounts, monitors
from vedette.store.check_digests import pack
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Connection, Store

ROOT = Path(__file__).parents[1]
_HOUR_S, _DAY_S = 3600, 86_400
_LIMIT_MS = 50
_PATHS = {
    "90 days, steps of a day": "/v1/monitors/{monitor}/history?from=-90d&step=86400",
    "  without percentiles": "/v1/monitors/{monitor}/history?from=-90d&step=86400&percentiles=false",
    "Apdex of 90 days": "/v1/monitors/{monitor}/apdex?from=-90d",
    "90 days, steps of 6 hours": "/v1/monitors/{monitor}/history?from=-90d&step=21600",
    "  without percentiles ": "/v1/monitors/{monitor}/history?from=-90d&step=21600&percentiles=false",
    "of the same monitor": "/v1/monitors/{same}/history?from=-90d&step=86400",
    "nothing read (healthz)": "/healthz",
}


def sketch(count: int, seed: int) -> bytes:
    """Response times of `count` checks."""
    return Sketch.to_bytes(_filled(np.random.default_rng(seed).lognormal(5, 0.3, count)))


def _filled(values: object) -> Sketch:
    found = Sketch()
    found.add(values)  # type: ignore[arg-type] # an array
    return found


def fill(store: Store, options: argparse.Namespace, first: int) -> None:
    """Rows for monitors `first` and on, made by the server itself; keys are added when the rows are there."""
    end_s = int(time.time()) // _HOUR_S * _HOUR_S
    who = (first, first + options.monitors - 1, options.locations)
    places = " FROM generate_series(%s::bigint, %s::bigint) m, generate_series(1, %s) l"
    for table, width in (("check_rollup_1h", _HOUR_S), ("check_rollup_1d", _DAY_S)):
        n = width // 60
        sketches = [sketch(n, seed) for seed in range(16)]
        counted = ((1 << n) - 1).to_bytes((n + 7) // 8, "big")
        good = ((1 << n) - 5).to_bytes((n + 7) // 8, "big")
        last = end_s // width * width
        with unlogged(store, table, "(monitor_id, location, bucket)") as connection:
            # What each window is copied from: making up values would take the server longer than keeping them.
            connection.execute(
                f"CREATE TEMPORARY TABLE like_{table} ON COMMIT DROP AS"
                " SELECT m AS monitor_id, 'place-' || l AS location, 500 AS t, (%s - m %% 7 - 2)::int AS s,"
                " (m %% 7)::int AS tol, 2 AS f, %s - 1 AS up, 0 AS degraded, 1 AS down, 0 AS missed, 0 AS faults,"
                " 160.0::float8 * %s AS sum_ms, (60 + m %% 9)::float8 AS low, (400 + l)::float8 AS high,"
                " (%s::bytea[])[1 + (m * 7 + l * 3) %% 16] AS sketch, %s AS good, %s AS counted"
                f"{places}".encode(),
                (n, n, n, sketches, good, counted, *who),
            )
            for start in range(last - options.days * _DAY_S, last + width, width):
                connection.execute(
                    f"INSERT INTO {table} SELECT monitor_id, location, to_timestamp(%s), t, s, tol, f, up, degraded,"
                    f" down, missed, faults, sum_ms, low, high, sketch, good, counted FROM like_{table}".encode(),
                    (start,),
                )
    with unlogged(store, "check_results", "(monitor_id, location, scheduled_at, attempt)") as connection:
        for start in range(end_s - options.raw_days * _DAY_S, end_s, options.raw_every):
            connection.execute(
                "INSERT INTO check_results (monitor_id, location, scheduled_at, attempt, started_at, outcome, total_ms,"
                " status, dns_ms, connect_ms, ttfb_ms, transfer_ms, bytes, apdex_t_ms)"
                " SELECT m, 'place-' || l, to_timestamp(%s), 1, to_timestamp(%s), 'up', 150 + m %% 50,"
                f" 200, 2, 20, 120, 8, 5000, 500{places}".encode(),
                (start, start, *who),
            )
    store.execute("VACUUM (ANALYZE) check_rollup_1d")
    store.execute("VACUUM (ANALYZE) check_rollup_1h")
    store.execute("ANALYZE")


@contextmanager
def unlogged(store: Store, table: str, key: str) -> Iterator[Connection]:
    """Fill an empty table without its key and without logging the rows."""
    with store.transaction() as connection:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey".encode())
        connection.execute(f"TRUNCATE {table}".encode())  # with wal_level=minimal, what follows is not logged
        yield connection
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY {key}".encode())


def show(name: str, how: str, times: list[float], cpu_s: list[float]) -> None:
    """One line."""
    p50, p99 = (1000 * float(np.quantile(times, q)) for q in (0.5, 0.99))
    print(
        f"{name:<28}{how:>12}{p50:>9.1f}{p99:>9.1f}{p99 / _LIMIT_MS:>10.2f}"
        + "".join(f"{1000 * each / len(times):>10.2f}" for each in cpu_s)
        + f"{len(times):>9}",
        flush=True,
    )


def measure(port: int, token: str, ids: list[int], options: argparse.Namespace, pids: list[int]) -> None:
    """Every question, alone and in parallel; of database, gateway and asker their milliseconds of CPU an answer."""
    print(
        f"{'':<28}{'asked':>12}{'p50 ms':>9}{'p99 ms':>9}{'of 50 ms':>10}"
        f"{'database':>10}{'gateway':>10}{'asker':>10}{'answers':>9}"
    )
    many = options.parallel
    for name, path in _PATHS.items():
        if options.only not in path:
            continue
        chosen = random.sample(ids, len(ids))
        paths = (path.format(monitor=monitor, same=ids[0]) for monitor in itertools.cycle(chosen))
        asyncio.run(ask_on(port, token, paths, many, 2 * many))
        for how, asking in (
            ("one by one", lambda p: ask_on(port, token, p, 1, options.answers // 4)),
            (f"{many} parallel", lambda p: ask_on(port, token, p, many, max(options.answers, 4 * many))),
            (f"{many} at once", lambda p: ask_at_once(port, token, p, many, max(4, options.answers // 2 // many))),
        ):
            before, own = [cpu_of_tree(pid) for pid in pids], time.process_time()
            times = asyncio.run(asking(paths))
            own = time.process_time() - own
            show(name, how, times, [*(cpu_of_tree(pid) - used for pid, used in zip(pids, before, strict=True)), own])


def main() -> None:
    """Fill, start, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=10_000)
    parser.add_argument("--locations", type=int, default=3)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--raw-days", type=int, default=7)
    parser.add_argument("--raw-every", type=int, default=3600, help="seconds between two raw results")
    parser.add_argument("--parallel", type=int, default=50)
    parser.add_argument("--answers", type=int, default=2000, help="0: only fill")
    parser.add_argument("--buffers", default="8GB", help="PostgreSQL's shared_buffers; the embedded server has 128MB")
    parser.add_argument("--only", default="", help="only questions with this in their path")
    parser.add_argument("--folder", type=Path, help="where the data stays; filled once, and used again")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as made:
        run(options, options.folder or Path(made))


def run(options: argparse.Namespace, folder: Path) -> None:
    """Start the servers, fill the tables unless they are, and ask."""
    started: list[subprocess.Popen[bytes]] = []
    server = EmbeddedPostgres(folder / "postgres")
    server.prepare()
    try:
        with (folder / "log.txt").open("wb") as output:
            command = [*server.command(), "-cfsync=off", "-cmax_wal_size=8GB", "-cmaintenance_work_mem=1GB"]
            command += ["-cwal_level=minimal", "-cmax_wal_senders=0", f"-cshared_buffers={options.buffers}"]
            database = subprocess.Popen(command, stdout=output, stderr=output, **server.process_options())
            started.append(database)
            wait_for("PostgreSQL", server.ready)
            migrate(server.dsn)
            store = Store(server.dsn, pool_size=1, statement_s=7200)
            account = accounts.ensure_account(store, "bench")
            token = accounts.add_api_token(store, account, f"bench {time.time()}", ["read"])
            ids = sorted(monitors.ids(store, account))
            if not ids:
                ids = filled(store, account, options)
            begin = time.monotonic()
            made = pack(store, int(time.time() * 1000), 7200)
            store.execute("VACUUM (ANALYZE) check_digests")
            print(f"{made:,} digests made in {time.monotonic() - begin:.0f} s, as the janitor makes them")
            size = store.row("SELECT pg_database_size(current_database()) AS n")
            print(
                f"{len(ids):,} monitors x {options.locations} locations, {options.days} days of hours,"
                f" {options.raw_days} days of raw results each {options.raw_every} s:"
                f" {(size or {'n': 0})['n'] / 1e9:.1f} GB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n",
                flush=True,
            )
            store.execute("SELECT sum(length(sketch)) FROM check_rollup_1d")  # into memory, as far as it has room
            store.close()
            if not options.answers:
                return
            port = free_port()
            env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")} | {
                "VEDETTE_DSN": server.dsn,
                "VEDETTE_LOG_URL": f"embedded://{folder}/events.db",
                "VEDETTE_PORT": str(port),
                "VEDETTE_KEY_DIR": str(folder / "keys"),
            }
            gateway = [sys.executable, "-m", "launch.main", "gateway"]
            started.append(subprocess.Popen(gateway, env=env, cwd=ROOT, stdout=output, stderr=output))
            wait_for("the gateway", lambda: answers(f"http://127.0.0.1:{port}/readyz"))
            measure(port, token, ids, options, [process.pid for process in started])
            print(f"\npeak memory of the gateway: {peak_mb(started[-1].pid):.0f} MB")
    finally:
        end(reversed(started))


def filled(store: Store, account: int, options: argparse.Namespace) -> list[int]:
    """Monitors with all their rows; their identities."""
    begin = time.monotonic()
    specs = [MonitorSpec(name=f"m{n}", url="http://127.0.0.1/", paused=True) for n in range(options.monitors)]
    ids = [monitors.add(store, account, spec) for spec in specs]
    fill(store, options, ids[0])
    print(f"filled in {time.monotonic() - begin:.0f} s")
    return ids


if __name__ == "__main__":
    main()
