"""How long situations take among many alerts, and how often noise is called a change.

    .venv/bin/python benchmarks/situations.py [--alerts 10000]

Alerts of 500 hosts and 500 monitors are written to an embedded PostgreSQL, over a week and all within half an hour.
Then situations of a week are gathered, beside reading the same alerts and nothing more, which is the limit. Reading one
situation is measured too.

Then series that do not change: of how many the ten minutes after a moment are said to be off those before it by three
spreads or more, beside the plain measure (the mean against the median before, in median distances).
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from vedette.situations.score import SMALLEST, Floats, deviations
from vedette.store import accounts, situations
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

NOW = 1_700_000_000_000
WEEK_MS = 7 * 86_400_000
SERIES = 20_000
ROUNDS = 9


@contextmanager
def _store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "data")
        server.prepare()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(server.command(), **server.process_options(), **quiet)
        try:
            while not server.ready():
                time.sleep(0.05)
            migrate(server.dsn)
            store = Store(server.dsn, pool_size=2)
            yield store
            store.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _fill(store: Store, account: int, alerts: int, days: float, roles: str) -> None:
    store.execute("TRUNCATE alerts CASCADE")
    store.execute(
        "INSERT INTO alerts (id, account_id, rule_id, rule_name, subject, title, severity, state, started_at, ended_at)"
        " SELECT g, %s, g %% 20, 'rule ' || g %% 20, CASE WHEN g %% 2 = 0 THEN 'source:web-' || (random() * 500)::int"
        " ELSE 'monitor:' || (random() * 500)::int || '@fra-1' END, 'it', 'warning', 'resolved', s,"
        " s + random() * interval '20 min' FROM (SELECT g, to_timestamp(%s / 1000.0) - random() * %s * interval '1 day'"
        " AS s FROM generate_series(1, %s) g) AS made",
        account, NOW, days, alerts,
    )  # fmt: skip
    store.execute(
        "INSERT INTO alert_transitions SELECT id, id, 'firing', started_at, NULL, jsonb_build_object('roles', %s::text)"
        " FROM alerts", roles,
    )  # fmt: skip
    store.execute("ANALYZE")


def _ms(act: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        act()
        times.append(time.perf_counter() - begin)
    return 1000 * float(np.median(times))


def measure(alerts: int) -> None:
    """Print how long lists and single situations take."""
    with _store() as store:
        account = accounts.ensure_account(store, "default")
        fills = (("a week, no roles", 7.0, ""), ("a week, one role", 7.0, "web"), ("a storm", 0.02, "web"))
        for what, days, roles in fills:
            _fill(store, account, alerts, days, roles)
            found = situations.between(store, account, NOW - WEEK_MS, NOW, NOW).situations
            listed = _ms(lambda: situations.between(store, account, NOW - WEEK_MS, NOW, NOW))
            read = _ms(lambda: situations.alerts_within(store, account, NOW - WEEK_MS, NOW, NOW))
            largest = max(found, key=lambda one: len(one.alerts))
            one = _ms(lambda number=largest.id: situations.containing(store, account, number, NOW))
            print(
                f"{alerts} alerts of {what}: {len(found)} situations in {listed:.0f} ms, reading alone {read:.0f} ms"
                f" (ratio {listed / read:.2f}); the largest, of {len(largest.alerts)}, in {one:.0f} ms"
            )


def _quiet(chance: np.random.Generator) -> Iterator[tuple[str, Floats]]:
    shape = (50, SERIES)
    waves = np.zeros((100, SERIES))
    for minute in range(1, 100):
        waves[minute] = 0.9 * waves[minute - 1] + chance.standard_normal(SERIES)
    idle = 0.01 * chance.random(shape)
    yield "normal noise of a tenth", 1 + 0.1 * chance.standard_normal(shape)
    yield "slow waves (autoregressive, 0.9) of a fifth", 1 + 0.2 * waves[50:] / np.std(waves[50:])
    yield "lognormal noise", np.exp(chance.standard_normal(shape))
    yield "lognormal noise, sigma 2", np.exp(2 * chance.standard_normal(shape))
    yield (
        "idle, busy in a twentieth of the minutes",
        0.01 * chance.random(shape) + 100.0 * (chance.random(shape) < 0.05),
    )
    yield "idle, busy in a fifth of the minutes", idle + 100.0 * (chance.random(shape) < 0.2)


def _plain(before: Floats, after: Floats) -> Floats:
    usual = np.median(before, axis=0)
    spread = 1.4826 * np.median(np.abs(before - usual), axis=0)
    return np.asarray((after.mean(axis=0) - usual) / spread)


def judge() -> None:
    """Print how many series that do not change are said to, and how many that do."""
    chance = np.random.default_rng(1)
    for what, values in _quiet(chance):
        before, after = values[:40], values[40:]
        ours = np.mean(np.abs(deviations(before, after)[0]) >= SMALLEST)
        plain = np.mean(np.abs(_plain(before, after)) >= SMALLEST)
        print(f"{what}: {100 * ours:.2f} % called changed, by the plain measure {100 * plain:.1f} %")
    for already in (0, 5, 10, 15):
        values = 1 + 0.1 * chance.standard_normal((50, SERIES))
        values[40 - already :] += 1
        found = deviations(values[:40], values[40:])[0]
        share = np.mean(found >= SMALLEST)
        print(f"doubled {already} minutes before: {100 * share:.1f} % found, off by {np.median(found):.1f} spreads")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    wanted = parser.parse_args()
    measure(wanted.alerts)
    judge()


if __name__ == "__main__":
    main()
