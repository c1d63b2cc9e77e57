"""Rollup: samples per second per worker process and per core, from the log to upserted windows, beside its peers.

    python benchmarks/rollup.py [--log kafka --broker HOST:PORT] [--quix PYTHON] [--sources N] [--reports N]

Each flow runs in a process of its own, reads the same kind of log to its end and ends in the same PostgreSQL (the
embedded one). The peers: Bytewax as its window documentation shows it (each value an item, `fold_window` per series,
one row per series and window by COPY and upsert), and Quix Streams with the same tumbling windows, by series and by
whole reports (only with Kafka; `--quix` is the Python of an environment with quixstreams and msgspec). Ours reads two
topics: single reports, which the peers read too, and blocks as the intake writes them under load. Counted are the
seconds of the flow's process from its start to its end, and its CPU seconds (user and system, after its imports); the
database's are printed beside them. Rates are of values.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import cpu_of_tree, end, wait_for
from benchmarks.rollup_load import Load, fill
from vedette.settings import LogSettings
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

HERE = Path(__file__).parent
TABLES = ("rollup_10s", "rollup_1m", "rollup_1h", "rollup_1d", "peer_1m")


def start_postgres(folder: Path) -> tuple[EmbeddedPostgres, subprocess.Popen[bytes]]:
    """A fresh server with Vedette's tables and the peer's."""
    server = EmbeddedPostgres(folder / "postgres")
    server.prepare()
    with (folder / "postgres.log").open("wb") as output:
        process = subprocess.Popen(server.command(), stdout=output, stderr=output, **server.process_options())
    wait_for("PostgreSQL", server.ready)
    migrate(server.dsn)
    store = Store(server.dsn, pool_size=1)
    store.execute(
        "CREATE TABLE peer_1m (series text, bucket timestamptz, n integer, sum float8, min float8, max float8,"
        " last float8, PRIMARY KEY (series, bucket))"
    )
    store.close()
    return server, process


class Bench:
    """A database, a place for logs, and how to run a flow over one of them."""

    def __init__(self, folder: Path, options: argparse.Namespace, server: EmbeddedPostgres, postgres_pid: int) -> None:
        self._folder, self._options, self._dsn, self._postgres = folder, options, server.dsn, postgres_pid

    def filled(self, load: Load) -> dict[str, str]:
        """The environment that names a log with `load` in it."""
        name = f"bench-{secrets.token_hex(4)}"
        if self._options.log == "embedded":
            env = {"VEDETTE_LOG_URL": f"embedded://{self._folder}/{name}.db"}
        else:
            env = {"VEDETTE_LOG_URL": f"kafka://{self._options.broker}", "VEDETTE_KAFKA_PREFIX": f"{name}."}
        settings = {key.removeprefix("VEDETTE_").lower(): value for key, value in env.items()}
        fill(LogSettings.load(**settings, log_max_pending_mb=512), load)
        return env

    def flow(self, name: str, env: dict[str, str]) -> dict[str, Any]:
        """Run a flow of ours; what it measured, with the database's CPU seconds."""
        store = Store(self._dsn, pool_size=1)
        store.execute(f"TRUNCATE {', '.join(TABLES)}")
        store.close()
        recovery = str(self._folder / f"recovery-{secrets.token_hex(4)}")
        return self._run([sys.executable, str(HERE / "rollup_flow.py"), name, self._dsn, recovery], env)

    def quix(self, way: str, env: dict[str, str], load: Load) -> dict[str, Any]:
        """Run Quix Streams, by series or by reports."""
        topic = env["VEDETTE_KAFKA_PREFIX"] + "vedette.samples"
        sizes = [str(load.sources * load.reports), str(load.names)]
        command = [self._options.quix, str(HERE / "rollup_quix.py"), way, self._options.broker, topic, *sizes]
        return self._run([*command, str(self._folder / f"quix-{way}")], {"PYTHONWARNINGS": "ignore"})

    def _run(self, command: list[str], env: dict[str, str]) -> dict[str, Any]:
        before = cpu_of_tree(self._postgres)
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | env)
        if done.returncode:
            raise SystemExit(f"{Path(command[1]).name} failed:\n{done.stderr[-3000:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        found["postgres_cpu_s"] = cpu_of_tree(self._postgres) - before
        return found

    def check(self, table: str, expected: int) -> None:
        """Every value must have been counted; a benchmark of a wrong result is worth nothing."""
        store = Store(self._dsn, pool_size=1)
        row = store.row(f"SELECT coalesce(sum(n), 0)::bigint AS n FROM {table}")
        store.close()
        assert row is not None
        if row["n"] != expected:
            raise SystemExit(f"{table} counts {row['n']} instead of {expected}")


def show(name: str, load: Load, found: dict[str, Any]) -> float:
    """Print one line; values per CPU-second."""
    rate = load.values / found["cpu_s"]
    print(
        f"{name:<34}{load.values:>13,}{load.values / found['wall_s']:>13,.0f}{rate:>14,.0f}"
        f"{found['cpu_s']:>8.1f}{found['postgres_cpu_s']:>10.1f}{found['rows']:>10,}{found['peak_mb']:>9.0f}",
        flush=True,
    )
    return float(rate)


def main() -> None:
    """Fill logs, run flows, print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", choices=["embedded", "kafka"], default="embedded")
    parser.add_argument("--broker", help="host:port, with --log kafka")
    parser.add_argument("--quix", help="a Python that has quixstreams")
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--names", type=int, default=100)
    parser.add_argument("--reports", type=int, default=60, help="of each source")
    parser.add_argument("--every", type=int, default=1, help="seconds of event time from a source's report to its next")
    parser.add_argument("--together", type=int, default=500, help="reports that reach the intake together")
    parser.add_argument("--peer-sources", type=int, default=500, help="the same for the peers, which are slower")
    options = parser.parse_args()
    if options.log == "kafka" and not options.broker:
        raise SystemExit("--log kafka needs --broker HOST:PORT")
    blocks = Load(options.sources, options.names, options.reports, options.together, options.every)
    single = Load(options.sources, options.names, max(1, options.reports // 3), 1, options.every)
    peer = Load(options.peer_sources, options.names, options.reports, 1, options.every)
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as name:
        folder = Path(name)
        server, postgres = start_postgres(folder)
        try:
            compare(Bench(folder, options, server, postgres.pid), options, blocks, single, peer)
        finally:
            end([postgres])


def compare(bench: Bench, options: argparse.Namespace, blocks: Load, single: Load, peer: Load) -> None:
    """All runs, and the ratios of CPU seconds and of wall time on the same topic."""
    print(
        f"{options.log} log, one worker process; {blocks.sources * blocks.names:,} series,"
        f" {blocks.names} values a report, one report each {blocks.every_s} s\n\n"
        f"{'flow':<34}{'values':>13}{'values/s':>13}{'values/CPU-s':>14}"
        f"{'CPU s':>8}{'DB CPU s':>10}{'rows':>10}{'peak MB':>9}"
    )
    ours = bench.flow("vedette", bench.filled(blocks))
    show("vedette, blocks of the intake", blocks, ours)
    bench.check("rollup_10s", blocks.sources * blocks.reports)
    alone = bench.flow("vedette", bench.filled(single))
    show("vedette, single reports", single, alone)
    topic = bench.filled(peer)
    same = bench.flow("vedette", topic)
    rate = show("vedette, the peers' topic", peer, same)
    items = bench.flow("fold_window", topic)
    bench.check("peer_1m", peer.values)
    rates = {"bytewax fold_window": show("bytewax fold_window", peer, items)}
    if options.quix and options.log == "kafka":
        rates["Quix Streams by series"] = show("Quix Streams by series", peer, bench.quix("series", topic, peer))
        rates["Quix Streams by reports"] = show("Quix Streams by reports", peer, bench.quix("reports", topic, peer))
    wall = blocks.values / ours["wall_s"]
    print(f"\nsamples per second of a worker process: {wall:,.0f} (promise: 5 million)", end="")
    print(f"; memory with {blocks.sources * blocks.names:,} series: {ours['peak_mb']:,.0f} MB (promise: under 1,500)")
    for name, other in rates.items():
        print(f"ratio to {name}, values per CPU-second of the flow, same topic: {rate / other:.1f} (promise: 10)")


if __name__ == "__main__":
    main()
