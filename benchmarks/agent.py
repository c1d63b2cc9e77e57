"""The agent's cost (P8): processor and memory at one report a minute, and in a realtime session, beside node_exporter.

    .venv/bin/python benchmarks/agent.py [--seconds 120] [--live 60]

The agent is the real one, with a gateway, the embedded log and embedded PostgreSQL. node_exporter (if it is installed)
is scraped by this program, each minute and then each second. Both are measured from the kernel's books over the same
span. Promise: under 0.5 % of a core and 45 MB at one report a minute, under 2 % in a realtime session.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import answers, cpu_of_tree, end, free_port, wait_for
from vedette.store import accounts
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

ROOT = Path(__file__).parents[1]
QUIET_SHARE, LIVE_SHARE, MEMORY_MB = 0.005, 0.02, 45.0


@contextlib.contextmanager
def site(folder: Path) -> Iterator[tuple[str, str, int, int | None, str]]:
    """Everything started: the gateway's address, a token to read, the agent's process, the exporter's and its URL."""
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: end(reversed(started)))

        def start(name: str, command: list[str], **more: Any) -> int:
            output = stack.enter_context((folder / f"{name}.log").open("wb"))
            started.append(subprocess.Popen(command, stdout=output, stderr=output, **more))
            return started[-1].pid

        server = EmbeddedPostgres(folder / "postgres")
        server.prepare()
        start("postgres", server.command(), **server.process_options())
        wait_for("PostgreSQL", server.ready)
        migrate(server.dsn)
        store = Store(server.dsn, pool_size=1)
        account = accounts.ensure_account(store, "bench")
        agent_token = accounts.add_api_token(store, account, "agent", ["agent"], "bench")
        reader = accounts.add_api_token(store, account, "reader", ["read"])
        store.close()
        port, exporter_port = free_port(), free_port()
        url = f"http://127.0.0.1:{port}"
        env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")} | {
            "VEDETTE_DSN": server.dsn,
            "VEDETTE_LOG_URL": f"embedded://{folder}/log/events.db",
            "VEDETTE_PORT": str(port),
            "VEDETTE_KEY_DIR": str(folder / "keys"),
            "VEDETTE_RECOVERY_DIR": str(folder / "recovery"),
        }
        python = [sys.executable, "-m", "launch.main"]
        start("gateway", [*python, "gateway"], env=env, cwd=ROOT)
        wait_for("the gateway", lambda: answers(f"{url}/readyz"))
        start("rollup", [*python, "flow", "rollup"], env=env, cwd=ROOT)
        own = {"VEDETTE_URL": url, "VEDETTE_TOKEN": agent_token, "VEDETTE_SOURCE": "bench"}
        own |= {"VEDETTE_SPOOL": str(folder / "spool"), "VEDETTE_INTERVAL_S": "60", "PATH": os.environ["PATH"]}
        agent = start("agent", [*python, "agent"], env=own, cwd=ROOT)
        program = shutil.which("prometheus-node-exporter")
        exporter = None
        if program is not None:
            exporter = start("exporter", [program, f"--web.listen-address=127.0.0.1:{exporter_port}"])
            wait_for("node_exporter", lambda: answers(f"http://127.0.0.1:{exporter_port}/metrics"))
        yield url, reader, agent, exporter, f"http://127.0.0.1:{exporter_port}/metrics"


def measure(what: str, agent: int, exporter: int | None, seconds: float, limit: float) -> None:
    """Two lines: processor and memory of both over a span."""
    pids = {"vedette agent": agent, **({"node_exporter": exporter} if exporter else {})}
    before = {name: cpu_of_tree(pid) for name, pid in pids.items()}
    began = time.monotonic()
    time.sleep(seconds)
    for name, pid in pids.items():
        share = (cpu_of_tree(pid) - before[name]) / (time.monotonic() - began)
        memory = psutil.Process(pid).memory_info().rss / 1e6
        verdict = f"   {share / limit:4.2f} and {memory / MEMORY_MB:4.2f} of the limits" if pid == agent else ""
        print(f"{what:<28}{name:<16}{share:7.2%} of a core {memory:7.1f} MB{verdict}", flush=True)


def scrape(url: str, every_s: float, stop: threading.Event) -> None:
    """Ask the exporter again and again."""
    with httpx.Client() as client:
        while not stop.wait(every_s):
            client.get(url)


def look_on(url: str, headers: dict[str, str], identity: str, stop: threading.Event) -> None:
    """Watch a session, so that it goes on."""
    path = f"{url}/v1/realtime/sessions/{identity}/stream"
    with httpx.Client(timeout=30, headers=headers) as client, client.stream("GET", path) as answer:
        for _ in answer.iter_lines():
            if stop.is_set():
                return


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--live", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder, site(Path(folder)) as found:
        url, reader, agent, exporter, metrics = found
        headers = {"Authorization": f"Bearer {reader}"}
        wait_for("a report", lambda: bool(httpx.get(f"{url}/v1/sources", headers=headers).json()["sources"]))
        time.sleep(3)  # what starting costs is not asked here
        stop = threading.Event()
        workers = [threading.Thread(target=scrape, args=(metrics, 60.0, stop))] if exporter else []
        for worker in workers:
            worker.start()
        measure("one report a minute", agent, exporter, options.seconds, QUIET_SHARE)
        stop.set()
        answer = httpx.post(f"{url}/v1/realtime/sessions", json={"sources": ["bench"]}, headers=headers)
        identity, done = answer.json()["id"], threading.Event()
        more = [threading.Thread(target=look_on, args=(url, headers, identity, done))]
        if exporter:
            more.append(threading.Thread(target=scrape, args=(metrics, 1.0, done)))
        for worker in more:
            worker.start()
        time.sleep(2)
        measure("a realtime session", agent, exporter, options.live, LIVE_SHARE)
        done.set()
        for worker in [*workers, *more]:
            worker.join()


if __name__ == "__main__":
    main()
