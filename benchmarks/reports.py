"""How long a report over thousands of monitors takes, against the time that the database gives one connection.

    .venv/bin/python benchmarks/reports.py [--monitors 10000] [--places 2] [--days 16] [--alerts 20000]

Hours and days of all monitors are written to an embedded PostgreSQL, as the endpoints flow writes them, and alerts with
what was told of them. A weekly report (in UTC, and in a zone whose days begin within days of UTC, so that hours must be
read too) and a daily one are computed and rendered. The limit is `VEDETTE_STATEMENT_S`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from alerting.reports.gathering import gather
from alerting.reports.page import html_of, pictures_of
from benchmarks.processes import end, wait_for
from vedette.notifying.report import DAY_MS, HOUR_MS, ReportSpec
from vedette.store import accounts
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

LIMIT_S = 60.0
TO_MS = 1_795_996_800_000
"""Monday, 30 November 2026, 0:00 UTC."""
_WINDOWS = (
    "INSERT INTO {table} SELECT m.id, 'place-' || p, to_timestamp(%s / 1000.0) - make_interval({unit} => n), 500,"
    " 50 * {many}, 5 * {many}, 5 * {many}, 59 * {many}, 0, {many}, 0, 0, 6000, 50, 600, '\\x00',"
    " decode(repeat('fe', {octets}), 'hex'), decode(repeat('ff', {octets}), 'hex')"
    " FROM monitors m, generate_series(1, %s) p, generate_series(1, %s) n"
)


def fill(store: Store, options: argparse.Namespace) -> None:
    """Monitors with hours and days up to `TO_MS`, and alerts of the last days, each told once."""
    account = accounts.ensure_account(store, "bench")
    store.execute(
        "INSERT INTO monitors (account_id, name, url, config) SELECT %s, 'monitor ' || n, 'http://x/',"
        " '{\"apdex_t_ms\": 500}' FROM generate_series(1, %s) n",
        account,
        options.monitors,
    )
    hours = _WINDOWS.format(table="check_rollup_1h", unit="hours", many=1, octets=8)
    days = _WINDOWS.format(table="check_rollup_1d", unit="days", many=24, octets=180)
    store.execute(hours, TO_MS, options.places, options.days * 24)
    store.execute(days, TO_MS, options.places, options.days)
    store.execute("INSERT INTO channels (account_id, name, kind, config) VALUES (%s, 'c', 'console', '{}')", account)
    store.execute(
        "INSERT INTO alerts (id, account_id, rule_id, rule_name, subject, title, severity, state, started_at, ended_at)"
        " SELECT n, %s, 1, 'Outage', 'monitor:' || n %% 1000, 'it is down', 'critical', 'resolved', at,"
        " at + interval '2 minutes' FROM (SELECT n, to_timestamp(%s / 1000.0) - make_interval(secs => n * 30) AS at"
        " FROM generate_series(1, %s) n) a",
        account,
        TO_MS,
        options.alerts,
    )
    store.execute("INSERT INTO alert_transitions SELECT id, id, 'firing', started_at, NULL, '{}' FROM alerts")
    store.execute(
        "INSERT INTO notifications (id, transition_id, alert_id, channel_id, body, state)"
        " SELECT a.id, a.id, a.id, c.id, '{}', 'delivered' FROM alerts a, channels c"
    )
    store.execute("ANALYZE")


def measure(store: Store, kind: str, zone: str) -> None:
    """Compute and render one report, and print what it took."""
    spec = ReportSpec.model_validate({"name": "bench", "kind": kind, "channels": [1], "zone": zone})
    due_ms = TO_MS + 8 * HOUR_MS if kind == "weekly" else TO_MS
    began, cpu = time.perf_counter(), time.process_time()
    with store.connection() as connection:
        found = gather(connection, 1, spec, due_ms, TO_MS + DAY_MS)
    took_s, own_s = time.perf_counter() - began, time.process_time() - cpu
    page = html_of(found, lambda chart: f"cid:{chart.name}")
    rendered_ms = (time.perf_counter() - began - took_s) * 1000
    pictures = sum(len(png) for _, png in pictures_of(found))
    print(
        f"{kind:7} {zone:14} {took_s:6.2f} s, {own_s:.2f} s of them here; {LIMIT_S / took_s:.0f} times below the limit;"
        f" {found.endpoints.checked} monitors, {found.alerting.load.began} alerts;"
        f" page {len(page)} bytes in {rendered_ms:.1f} ms, pictures {pictures} bytes"
    )


def main() -> None:
    """Fill, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=10_000)
    parser.add_argument("--places", type=int, default=2)
    parser.add_argument("--days", type=int, default=16)
    parser.add_argument("--alerts", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.prepare()
        with (Path(folder) / "log.txt").open("wb") as output:
            command = [*server.command(), "-cfsync=off"]
            process = subprocess.Popen(command, stdout=output, stderr=output, **server.process_options())
        try:
            wait_for("PostgreSQL", server.ready)
            migrate(server.dsn)
            store = Store(server.dsn, pool_size=1, statement_s=3600)
            fill(store, options)
            for zone in ("UTC", "Europe/Berlin"):
                for kind in ("weekly", "daily"):
                    measure(store, kind, zone)
            store.close()
        finally:
            end([process])


if __name__ == "__main__":
    main()
