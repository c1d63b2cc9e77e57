"""Realtime sessions: from the button to the first frame, from the host to the viewer, and 5,000 viewers (P5).

    .venv/bin/python benchmarks/realtime.py [--hosts 50] [--trials 20] [--viewers 5000] [--stalled 500] [--seconds 15]

The whole way is measured: agents' control streams and streamers, two gateways, the embedded log, embedded PostgreSQL,
and viewers that read raw event streams. All of it, viewers and hosts too, shares this machine's cores. Limits: first
frame p99 under 1 s, host to viewer p99 under 150 ms, with 5,000 viewers p99 under 100 ms beyond that.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.processes import answers, cpu_of_tree, end, free_port, wait_for
from vedette.store import accounts
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

ROOT = Path(__file__).parents[1]
FIRST_MS, WAY_MS, MORE_MS = 1000.0, 150.0, 100.0
SOURCE = (
    "INSERT INTO sources (id, account_id, name, interval_ms, first_seen, last_seen)"
    " VALUES (%s, %s, %s, 60000, now(), now())"
)
Delays = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(slots=True)
class Site:
    """Two gateways over the same log and store, and tokens for them."""

    ports: list[int]
    pids: list[int]
    agent: str
    reader: str

    def begin(self, names: list[str]) -> str:
        """A new session; its identity."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.ports[0]}/v1/realtime/sessions",
            json={"sources": names},
            headers={"Authorization": f"Bearer {self.reader}"},
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def end(self, identity: str) -> None:
        """End a session."""
        url = f"http://127.0.0.1:{self.ports[0]}/v1/realtime/sessions/{identity}"
        httpx.delete(url, headers={"Authorization": f"Bearer {self.reader}"}).raise_for_status()


@contextlib.contextmanager
def site(folder: Path, hosts: int) -> Iterator[Site]:
    """Everything started."""
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: end(reversed(started)))
        server = EmbeddedPostgres(folder / "postgres")
        server.prepare()
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(server.command(), **quiet, **server.process_options()))
        wait_for("PostgreSQL", server.ready)
        migrate(server.dsn)
        store = Store(server.dsn, pool_size=1)
        account = accounts.ensure_account(store, "bench")
        for number in range(hosts):
            store.execute(SOURCE, number, account, f"host-{number}")
        tokens = [accounts.add_api_token(store, account, scope, [scope]) for scope in ("agent", "read")]
        store.close()
        ports = [free_port(), free_port()]
        for port in ports:
            env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")} | {
                "VEDETTE_DSN": server.dsn,
                "VEDETTE_LOG_URL": f"embedded://{folder}/log/events.db",
                "VEDETTE_PORT": str(port),
                "VEDETTE_KEY_DIR": str(folder / "keys"),
            }
            output = stack.enter_context((folder / f"gateway-{port}.log").open("wb"))
            command = [sys.executable, "-m", "launch.main", "gateway"]
            started.append(subprocess.Popen(command, env=env, cwd=ROOT, stdout=output, stderr=output))
            wait_for("the gateway", lambda port=port: answers(f"http://127.0.0.1:{port}/readyz"))  # type: ignore[misc]
        command = [sys.executable, str(ROOT / "benchmarks" / "realtime_hosts.py")]
        command += [f"http://127.0.0.1:{ports[0]}", tokens[0], str(hosts)]
        agents = subprocess.Popen(command, stdout=subprocess.PIPE)
        started.append(agents)
        assert agents.stdout is not None
        assert agents.stdout.readline() == b"ready\n"
        yield Site(ports, [process.pid for process in started[1:3]], *tokens)


async def first_frames(found: Site, names: list[str]) -> list[float]:
    """Milliseconds from the button to the first frame of each host, at the second gateway as a browser would."""
    headers = {"Authorization": f"Bearer {found.reader}"}
    taken: dict[str, float] = {}
    async with httpx.AsyncClient(headers=headers, timeout=20, trust_env=False) as client:
        began = time.perf_counter()
        url = f"http://127.0.0.1:{found.ports[0]}/v1/realtime/sessions"
        session = (await client.post(url, json={"sources": names})).json()["id"]
        async with client.stream(
            "GET", f"http://127.0.0.1:{found.ports[1]}/v1/realtime/sessions/{session}/stream"
        ) as answer:
            async for line in answer.aiter_lines():
                if line.startswith('data: {"source"') and '"values"' in line:
                    taken.setdefault(json.loads(line[6:])["source"], (time.perf_counter() - began) * 1000)
                    if len(taken) == len(names):
                        break
        await client.delete(f"{url}/{session}")
    return list(taken.values())


class Viewers:
    """A process of viewers at one gateway."""

    def __init__(self, port: int, token: str, seconds: float, sessions: dict[str, int], stalled: int = 0) -> None:
        command = [sys.executable, str(ROOT / "benchmarks" / "realtime_viewers.py"), str(port), token, str(seconds)]
        command += [str(stalled), *(f"{count}:{session}" for session, count in sessions.items())]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def ready(self) -> None:
        """Return when all are open."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def delays(self) -> Delays:
        """Milliseconds from tick to arrival, of all frames at all viewers."""
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self._process.wait()
        if said["lost"]:
            print(f"  {said['lost']} viewers were lost")
        return np.array(said["delays"])


def show(what: str, delays: Delays, limit_ms: float, base_ms: float = 0.0) -> float:
    """One line; the 99th percentile."""
    p50, p99 = np.percentile(delays, [50, 99])
    verdict = f"   {(p99 - base_ms) / limit_ms:5.2f} of the limit of {limit_ms:.0f} ms"
    beyond = f", {p99 - base_ms:.0f} beyond" if base_ms else ""
    print(f"{what:<58} p50 {p50:6.0f}   p99 {p99:6.0f} ms{beyond}{verdict}   ({len(delays):,})", flush=True)
    return float(p99)


def many(
    found: Site, options: argparse.Namespace, sessions: list[str], base_ms: float, what: str, stalled: int
) -> None:
    """The many viewers at the first gateway, spread over these sessions."""
    each = {session: (options.viewers - stalled) // len(sessions) for session in sessions}
    gateway = psutil.Process(found.pids[0])
    before_mb = gateway.memory_info().rss / 1e6
    viewers = Viewers(found.ports[0], found.reader, options.seconds, each, stalled)
    viewers.ready()
    cpu, began = cpu_of_tree(found.pids[0]), time.perf_counter()
    delays = viewers.delays()
    share = (cpu_of_tree(found.pids[0]) - cpu) / (time.perf_counter() - began)
    grown = gateway.memory_info().rss / 1e6 - before_mb
    show(what, delays, MORE_MS, base_ms)
    count = sum(each.values()) + stalled
    print(f"    gateway: {share:.0%} of a core; {grown:+.0f} MB, {grown * 1000 / count:.0f} kB a viewer", flush=True)


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--viewers", type=int, default=5000)
    parser.add_argument("--stalled", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    names = [f"host-{number}" for number in range(options.hosts)]
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder, site(Path(folder), options.hosts) as found:
        taken: list[float] = []
        for _ in range(options.trials):
            taken += uvloop.run(first_frames(found, names))
            time.sleep(0.7)
        show(f"button to first frame, {options.hosts} hosts, {options.trials} times", np.array(taken), FIRST_MS)

        session = found.begin(names)
        each = [Viewers(port, found.reader, options.seconds, {session: 1}) for port in found.ports]
        for place, viewers in zip(("first", "second"), each, strict=True):
            viewers.ready()
            show(f"tick to a viewer of {options.hosts} hosts, {place} gateway", viewers.delays(), WAY_MS)
        found.end(session)

        # One host each, ten sessions: their ticks lie at different tenths of the second.
        sessions = [found.begin([name]) for name in names[:10]]
        few = Viewers(found.ports[0], found.reader, options.seconds, dict.fromkeys(sessions, 1))
        few.ready()
        base_ms = show("one viewer of each of 10 sessions", few.delays(), WAY_MS)
        many(found, options, sessions, base_ms, f"{options.viewers:,} viewers of 10 sessions", 0)
        many(found, options, sessions, base_ms, f"the same, {options.stalled} of them read nothing", options.stalled)
        for ended in sessions[1:]:
            found.end(ended)
        many(found, options, sessions[:1], base_ms, f"{options.viewers:,} viewers of one session", 0)


if __name__ == "__main__":
    main()
