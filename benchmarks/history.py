"""History: 90 days of one monitor over HTTP while ten thousand are stored (P4).

    python benchmarks/history.py [--monitors N] [--locations N] [--days N] [--raw-days N] [--raw-every S] [--parallel N]

Fills the hour tier (and coarser ones, if there are any) and the raw results with plausible rows on the server, starts
a gateway, and asks for the history of random monitors, one at a time and `--parallel` at a time. Printed are the times
of whole answers, read to their end, beside those of an answer that reads no table (`/healthz`) in the same run: what is
above them is the history's own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import answers, cpu_of_tree, end, free_port, peak_mb, wait_for
from vedette.monitors import MonitorSpec
from vedette.statistics.sketch import Sketch
from vedette.store import accounts, monitors
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

ROOT = Path(__file__).parents[1]
_HOUR_S, _DAY_S = 3600, 86_400
_PATHS = {
    "90 days, steps of a day": "/v1/monitors/{monitor}/history?from=-90d&step=86400",
    "90 days, steps of 6 hours": "/v1/monitors/{monitor}/history?from=-90d&step=21600",
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
    tiers = {"check_rollup_1h": _HOUR_S, "check_rollup_1d": _DAY_S}
    for table, width in tiers.items():
        if store.row("SELECT to_regclass(%s) AS found", table) == {"found": None}:
            continue
        sketches = [sketch(width // 60, seed) for seed in range(16)]
        stop_s = end_s // width * width
        store.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
        store.execute(
            f"INSERT INTO {table} (monitor_id, location, bucket, apdex_t_ms, satisfied, tolerating, frustrated, up,"
            " degraded, down, missed, probe_error, sum_ms, min_ms, max_ms, sketch)"
            " SELECT m, 'place-' || l, to_timestamp(s), 500, %s - m %% 7 - 2, m %% 7, 2, %s - 1, 0, 1, 0, 0,"
            " 160.0 * %s, 60 + m %% 9, 400 + l, (%s::bytea[])[1 + (m + s / 3600) %% 16]"
            " FROM generate_series(%s::bigint, %s::bigint) m, generate_series(1, %s) l,"
            " generate_series(%s::bigint, %s::bigint, %s::bigint) s",
            *(width // 60, width // 60, width // 60, sketches),
            *(first, first + options.monitors - 1, options.locations),
            *(stop_s - options.days * _DAY_S, stop_s - width, width),
        )
        store.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (monitor_id, location, bucket)")
    store.execute("ALTER TABLE check_results DROP CONSTRAINT check_results_pkey")
    store.execute(
        "INSERT INTO check_results (monitor_id, location, scheduled_at, attempt, started_at, outcome, total_ms, status,"
        " dns_ms, connect_ms, ttfb_ms, transfer_ms, bytes, apdex_t_ms)"
        " SELECT m, 'place-' || l, to_timestamp(s), 1, to_timestamp(s), 'up', 150 + m %% 50,"
        " 200, 2, 20, 120, 8, 5000, 500"
        " FROM generate_series(%s::bigint, %s::bigint) m, generate_series(1, %s) l,"
        " generate_series(%s::bigint, %s::bigint, %s::bigint) s",
        *(first, first + options.monitors - 1, options.locations),
        *(end_s - options.raw_days * _DAY_S, end_s - 1, options.raw_every),
    )
    store.execute(
        "ALTER TABLE check_results ADD CONSTRAINT check_results_pkey"
        " PRIMARY KEY (monitor_id, location, scheduled_at, attempt)"
    )
    store.execute("ANALYZE")


async def ask(url: str, token: str, path: str, ids: list[int], parallel: int, count: int) -> list[float]:
    """Seconds of each of `count` answers, `parallel` at a time."""
    times: list[float] = []
    left = iter(range(count))
    limits = httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as client:

        async def one() -> None:
            for _ in left:
                monitor = random.choice(ids)
                begin = time.perf_counter()
                answer = await client.get(path.format(monitor=monitor))
                times.append(time.perf_counter() - begin)
                answer.raise_for_status()

        await asyncio.gather(*(one() for _ in range(parallel)))
    return times


def show(name: str, parallel: int, times: list[float], cpu_s: float) -> None:
    """One line."""
    p50, p99 = (1000 * float(np.quantile(times, q)) for q in (0.5, 0.99))
    print(
        f"{name:<28}{parallel:>9}{p50:>10.1f}{p99:>10.1f}{1000 * cpu_s / len(times):>16.2f}{len(times):>8}", flush=True
    )


def measure(url: str, token: str, ids: list[int], options: argparse.Namespace, pids: list[int]) -> None:
    """Every question, alone and in parallel; CPU is the gateway's and the database's."""
    print(f"{'':<28}{'parallel':>9}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms/answer':>16}{'answers':>8}")
    for name, path in _PATHS.items():
        for parallel in (1, options.parallel):
            asyncio.run(ask(url, token, path, ids, parallel, 2 * parallel))
            before = sum(map(cpu_of_tree, pids))
            times = asyncio.run(ask(url, token, path, ids, parallel, max(options.answers, 4 * parallel)))
            show(name, parallel, times, sum(map(cpu_of_tree, pids)) - before)


def main() -> None:
    """Fill, start, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=10_000)
    parser.add_argument("--locations", type=int, default=3)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--raw-days", type=int, default=7)
    parser.add_argument("--raw-every", type=int, default=60, help="seconds between two raw results")
    parser.add_argument("--parallel", type=int, default=50)
    parser.add_argument("--answers", type=int, default=400)
    options = parser.parse_args()
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as made:
        folder = Path(made)
        server = EmbeddedPostgres(folder / "postgres")
        server.prepare()
        try:
            with (folder / "log.txt").open("wb") as output:
                command = [*server.command(), "-cfsync=off", "-cmax_wal_size=8GB", "-cmaintenance_work_mem=1GB"]
                database = subprocess.Popen(command, stdout=output, stderr=output, **server.process_options())
                started.append(database)
                wait_for("PostgreSQL", server.ready)
                migrate(server.dsn)
                store = Store(server.dsn, pool_size=1, statement_s=7200)
                account = accounts.ensure_account(store, "bench")
                token = accounts.add_api_token(store, account, "bench", ["read"])
                specs = [
                    MonitorSpec(name=f"m{n}", url="http://127.0.0.1/", paused=True) for n in range(options.monitors)
                ]
                ids = [monitors.add(store, account, spec) for spec in specs]
                begin = time.monotonic()
                fill(store, options, ids[0])
                size = store.row("SELECT pg_database_size(current_database()) AS n")
                print(
                    f"{options.monitors:,} monitors x {options.locations} locations, {options.days} days of hours,"
                    f" {options.raw_days} days of raw results each {options.raw_every} s:"
                    f" {(size or {'n': 0})['n'] / 1e9:.1f} GB, filled in {time.monotonic() - begin:.0f} s\n"
                )
                store.close()
                port = free_port()
                env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")} | {
                    "VEDETTE_DSN": server.dsn,
                    "VEDETTE_LOG_URL": f"embedded://{folder}/events.db",
                    "VEDETTE_PORT": str(port),
                    "VEDETTE_KEY_DIR": str(folder / "keys"),
                }
                gateway = [sys.executable, "-m", "launch.main", "gateway"]
                started.append(subprocess.Popen(gateway, env=env, cwd=ROOT, stdout=output, stderr=output))
                url = f"http://127.0.0.1:{port}"
                wait_for("the gateway", lambda: answers(f"{url}/readyz"))
                measure(url, token, ids, options, [process.pid for process in started])
                print(f"\npeak memory of the gateway: {peak_mb(started[-1].pid):.0f} MB")
        finally:
            end(reversed(started))


if __name__ == "__main__":
    main()
