"""Vedette in the whole-way benchmark: gateway, rollup flow and database, over the embedded log or Kafka."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

from benchmarks.processes import answers, cpu_of_tree, end, free_port, peak_mb, size_mb, wait_for
from benchmarks.whole_way_load import Load
from vedette.store import accounts
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Running:
    """A running installation: where it answers, and the process ids that do the work, by name."""

    url: str
    token: str
    store: Store
    pids: dict[str, int]
    folders: dict[str, Path] = field(default_factory=dict)

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by process."""
        return {name: cpu_of_tree(pid) for name, pid in self.pids.items()}

    def peak(self) -> float:
        """MB of all processes at their highest."""
        return sum(peak_mb(pid) for pid in self.pids.values())

    def disk(self) -> float:
        """MB of the tables of samples, with their indexes."""
        found = self.store.row(
            "SELECT sum(pg_total_relation_size(oid))::bigint AS n FROM pg_class"
            " WHERE relkind = 'r' AND (relname LIKE 'rollup\\_%%' OR relname LIKE '\\_hyper\\_%%')"
        )
        return int(found["n"]) / 1e6 if found else 0.0

    def log_mb(self) -> float:
        """MB that the event log takes until its retention."""
        return sum(size_mb(folder) for folder in self.folders.values())

    def wait_until_queryable(self, load: Load) -> None:
        """Return when every report can be queried, and the query's answer is right."""
        reports = load.hosts * load.steps

        def counted() -> bool:
            tier = "10s" if load.every_ms < 60_000 else "1m"
            row = self.store.row(f"SELECT coalesce(sum(n), 0)::bigint AS n FROM rollup_{tier}")
            return row is not None and row["n"] >= reports

        wait_for("all reports in their rows", counted, 600)
        answer = httpx.get(
            f"{self.url}/v1/query",
            params={
                "series": f"metric_{load.names - 1:03d}",
                "source": "host-00000",
                "from": load.start_ms,
                "to": load.start_ms + load.steps * load.every_ms,
                "step": load.every_ms // 1000,
                "agg": "last",
            },
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        ).json()
        values = answer["series"][0]["values"]
        expected = [load.values(0, step)[-1] for step in range(load.steps)]
        if values != expected:
            raise SystemExit(f"wrong values: {values[:5]} … instead of {expected[:5]} …")


@dataclass(frozen=True, slots=True)
class Database:
    """A running TimescaleDB: its superuser's address and its first process."""

    dsn: str
    pid: int

    @contextlib.contextmanager
    def made(self) -> Iterator[str]:
        """A database of this run's own, dropped afterwards."""
        name = f"bench_{secrets.token_hex(4)}"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                yield urlsplit(self.dsn)._replace(path=f"/{name}").geturl()
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def vedette(
    folder: Path, log_url: str, broker_pid: int | None = None, database: Database | None = None
) -> Iterator[Running]:
    """A fresh installation. With Kafka, `broker_pid` is the broker whose CPU time counts too."""
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: end(reversed(started)))

        def start(name: str, command: list[str], **options: object) -> int:
            output = stack.enter_context((folder / f"{name}.log").open("wb"))
            started.append(subprocess.Popen(command, stdout=output, stderr=output, **options))  # type: ignore[call-overload]
            return started[-1].pid

        if database is None:
            server = EmbeddedPostgres(folder / "postgres")
            server.prepare()
            dsn = server.dsn
            pids = {"postgres": start("postgres", server.command(), **server.process_options())}
            wait_for("PostgreSQL", server.ready)
        else:
            dsn = stack.enter_context(database.made())
            pids = {"timescaledb": database.pid}
        migrate(dsn)
        store = Store(dsn, pool_size=1)
        stack.callback(store.close)
        token = accounts.add_api_token(store, accounts.ensure_account(store, "bench"), "bench", ["ingest", "read"])
        port = free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")} | {
            "VEDETTE_DSN": dsn,
            "VEDETTE_LOG_URL": log_url,
            "VEDETTE_KAFKA_PREFIX": f"bench-{secrets.token_hex(4)}.",
            "VEDETTE_PORT": str(port),
            "VEDETTE_KEY_DIR": str(folder / "keys"),
            "VEDETTE_RECOVERY_DIR": str(folder / "recovery"),
            "VEDETTE_MAX_PAST_S": str(400 * 86_400),
        }
        python = [sys.executable, "-m", "launch.main"]
        pids["gateway"] = start("gateway", [*python, "gateway"], env=env, cwd=ROOT)
        pids["rollup"] = start("rollup", [*python, "flow", "rollup"], env=env, cwd=ROOT)
        if broker_pid is not None:
            pids["kafka"] = broker_pid
        url = f"http://127.0.0.1:{port}"
        wait_for("the gateway", lambda: answers(f"{url}/readyz"))
        folders = {"log": folder / "log"} if log_url.startswith("embedded:") else {}
        yield Running(url, token, store, pids, folders)
