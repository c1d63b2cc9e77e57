"""From a failing answer to the outage's signal (the first part of P7: first p99 under 1 s, confirmed under 3 s).

    .venv/bin/python benchmarks/failure_latency.py [--monitors 1000] [--interval 60] [--locations 3]

The whole way is measured: endpoints on loopback, a probe process for each location, gateway, embedded log, endpoints
flow, embedded PostgreSQL. All endpoints begin to fail at once, and are found as their checks come due. A time runs from
the first failing answer of an endpoint to the moment at which the log took the signal.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.failure_target import Site
from benchmarks.processes import answers, cpu_of_tree, end, free_port, peak_mb, wait_for
from vedette.events.signals import Signal
from vedette.events.topics import SIGNALS
from vedette.log import Log, open_log
from vedette.monitors import MonitorSpec
from vedette.settings import LogSettings
from vedette.store import accounts, monitors
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Running:
    """The installation: its log, its monitors by the path that they check, and its processes."""

    log: Log
    paths: dict[int, str]
    pids: dict[str, int]


@contextlib.contextmanager
def installation(
    folder: Path,
    site: Site,
    options: argparse.Namespace,
    prepare: Callable[[Store, int, dict[int, str]], None] = lambda store, account, paths: None,
    more: dict[str, list[str]] | None = None,
) -> Iterator[Running]:
    """Everything started, and ready to be checked; `prepare` is given store, account and the monitors' paths before,
    `more` are further processes by name, as words of the command line."""
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: end(reversed(started)))

        def start(name: str, command: list[str], **more: object) -> int:
            output = stack.enter_context((folder / f"{name}.log").open("wb"))
            started.append(subprocess.Popen(command, stdout=output, stderr=output, **more))  # type: ignore[call-overload]
            return started[-1].pid

        server = EmbeddedPostgres(folder / "postgres")
        server.prepare()
        pids = {"postgres": start("postgres", server.command(), **server.process_options())}
        wait_for("PostgreSQL", server.ready)
        migrate(server.dsn)
        store = Store(server.dsn, pool_size=1)
        stack.callback(store.close)
        account = accounts.ensure_account(store, "bench")
        paths = add_monitors(store, account, site.port, options)
        prepare(store, account, paths)
        port, log_url = free_port(), f"embedded://{folder}/log/events.db"
        env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")} | {
            "VEDETTE_DSN": server.dsn,
            "VEDETTE_LOG_URL": log_url,
            "VEDETTE_PORT": str(port),
            "VEDETTE_URL": f"http://127.0.0.1:{port}",
            "VEDETTE_KEY_DIR": str(folder / "keys"),
            "VEDETTE_RECOVERY_DIR": str(folder / "recovery"),
            "VEDETTE_ALLOW_PRIVATE": "true",
        }
        python = [sys.executable, "-m", "launch.main"]
        pids["gateway"] = start("gateway", [*python, "gateway"], env=env, cwd=ROOT)
        wait_for("the gateway", lambda: answers(f"http://127.0.0.1:{port}/readyz"))
        pids["flow"] = start("flow", [*python, "flow", "endpoints"], env=env, cwd=ROOT)
        for name, words in (more or {}).items():
            own = {"VEDETTE_RECOVERY_DIR": str(folder / f"recovery-{name}")}
            pids[name] = start(name, [*python, *words], env=env | own, cwd=ROOT)
        for number in range(options.locations):
            place = f"place-{number}"
            token = accounts.add_api_token(store, account, place, ["probe"], place)
            own = {"VEDETTE_TOKEN": token, "VEDETTE_LOCATION": place, "VEDETTE_SPOOL": str(folder / place)}
            pids[place] = start(place, [*python, "probe"], env=env | own, cwd=ROOT)
        log = open_log(LogSettings.load(log_url=log_url))
        stack.callback(log.close)
        yield Running(log, paths, pids)


def add_monitors(store: Store, account: int, port: int, options: argparse.Namespace) -> dict[int, str]:
    """The monitors, checked from every location: their paths by identity."""
    places = [f"place-{number}" for number in range(options.locations)]
    found: dict[int, str] = {}
    for number in range(options.monitors):
        path = f"/{number}"
        spec = MonitorSpec(
            name=f"monitor {number}",
            url=f"http://127.0.0.1:{port}{path}",
            interval_s=options.interval,
            locations=places,
        )
        found[monitors.add(store, account, spec)] = path
    return found


def signals_since(log: Log, starts: Sequence[int]) -> list[tuple[float, Signal]]:
    """All signals from these offsets on, with the times (s) at which the log took them."""
    decoder = msgspec.json.Decoder(Signal)
    found: list[tuple[float, Signal]] = []
    for partition, start in enumerate(starts):
        at = start
        while records := log.read(SIGNALS.name, partition, at, 10_000):
            found += [(record.time_ms / 1000, decoder.decode(record.value)) for record in records]
            at = records[-1].offset + 1
    return sorted(found, key=lambda pair: pair[0])


def first_times(signals: Sequence[tuple[float, Signal]], wanted: dict[str, set[str]]) -> dict[int, float]:
    """For each monitor the time of its first signal of these kinds and states."""
    found: dict[int, float] = {}
    for at, signal in signals:
        monitor = signal.detail.get("monitor")
        if isinstance(monitor, int) and signal.state in wanted.get(signal.kind, ()):
            found.setdefault(monitor, at)
    return found


def show(name: str, running: Running, site: Site, found: dict[int, float], promise_s: float | None) -> None:
    """One line: how long it took from the first answer to the signal."""
    taken = np.array([found[m] - site.first[path] for m, path in running.paths.items() if m in found])
    lost = len(running.paths) - len(taken)
    if not len(taken):
        raise SystemExit(f"{name}: no signal came")
    p50, p99 = np.percentile(taken, [50, 99])
    promised = "" if promise_s is None else f"   (promised: p99 under {promise_s:g} s)"
    missing = f"   {lost} never signalled!" if lost else ""
    print(
        f"{name:34} p50 {p50:6.3f} s   p99 {p99:6.3f} s   longest {taken.max():6.3f} s{promised}{missing}", flush=True
    )


async def episode(running: Running, site: Site, options: argparse.Namespace, *, failing: bool) -> None:
    """Turn the site, let all monitors notice, and show how long that took."""
    starts = [bounds.end for bounds in running.log.bounds(SIGNALS.name)]
    cpu, begin = {name: cpu_of_tree(pid) for name, pid in running.pids.items()}, time.monotonic()
    site.turn(failing=failing)
    await asyncio.sleep(options.interval + options.settle)
    passed = time.monotonic() - begin
    signals = signals_since(running.log, starts)
    if failing:
        first = first_times(signals, {"endpoint": {"down"}, "monitor": {"partial", "down"}})
        show("first signal of a failure", running, site, first, 1)
        name = f"confirmed, {options.locations} locations"
        show(name, running, site, first_times(signals, {"monitor": {"down"}}), 3)
    else:
        show("end of the outage", running, site, first_times(signals, {"monitor": {"up", "degraded"}}), None)
    shares = {name: (cpu_of_tree(pid) - cpu[name]) / passed for name, pid in running.pids.items()}
    print("  CPU, of a core: " + "  ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()), flush=True)


async def run(folder: Path, options: argparse.Namespace) -> None:
    """Start, warm up, fail, recover."""
    site = Site()
    await site.listen()
    with contextlib.ExitStack() as stack:
        running = await asyncio.to_thread(stack.enter_context, installation(folder, site, options))
        about = f"every {options.interval} s from each of {options.locations} locations"
        print(f"{options.monitors} monitors, {about}", flush=True)
        deadline = time.monotonic() + 3 * options.interval + 30
        while len(site.hits) < options.monitors or min(site.hits.values()) < options.locations:
            if time.monotonic() > deadline:
                raise SystemExit("waited in vain: every monitor checked from every location")
            await asyncio.sleep(0.5)
        # Somewhere between two ticks, so that nothing is in step with the failure.
        await asyncio.sleep(2 + random.random())
        await episode(running, site, options, failing=True)
        await episode(running, site, options, failing=False)
        memory = {name: peak_mb(pid) for name, pid in running.pids.items()}
        print("memory, at most:  " + "  ".join(f"{name} {size:.0f} MB" for name, size in memory.items()))


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=1000)
    parser.add_argument("--interval", type=int, default=60, help="seconds between two checks from one location")
    parser.add_argument("--locations", type=int, default=3)
    parser.add_argument("--settle", type=float, default=10.0, help="seconds for what was found last")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vedette-failure-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded PostgreSQL may run as another user
        uvloop.run(run(folder, options))


if __name__ == "__main__":
    main()
