"""From a failing check to the webhook that tells it (P7: p99 under 1 s), and how many rules one core minds.

    .venv/bin/python benchmarks/alert_latency.py [--monitors 1000] [--rules 1000] [--interval 60] [--locations 1]

The whole way is measured: endpoints on loopback, probes, gateway, embedded log, flows endpoints and alerts, embedded
PostgreSQL, alert worker, and a receiver of webhooks here. All endpoints begin to fail at once, and are found as their
checks come due. A time runs from the first failing answer of an endpoint to the receipt of its webhook. With several
locations it is the confirmed outage that is told, after a re-check elsewhere.

Then the state machines alone: signals of many series through many rules, per CPU-second of one core.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from alerting.book import RuleBook
from alerting.channels import CHANNELS
from benchmarks.failure_latency import installation
from benchmarks.failure_target import Site
from benchmarks.processes import cpu_of_tree, end, peak_mb, wait_for
from dataflows.alerts import Logged, SubjectLogic
from vedette.clock import FakeClock
from vedette.events.signals import Signal
from vedette.store import accounts, alerts
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store

PROMISED_S = 1.0
_OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """A receiver of webhooks: when it got start and end of each monitor's alert (wall clock, s)."""

    def __init__(self) -> None:
        self.times: dict[str, dict[int, float]] = {"start": {}, "end": {}}
        self.keys: set[str] = set()
        self.repeated = 0
        self.port = 0

    async def listen(self) -> None:
        """Serve from now on."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                body = msgspec.json.decode(await reader.readexactly(size))
                self._note(body)
                writer.write(_OK)
        writer.close()

    def _note(self, body: dict[str, object]) -> None:
        key, alert = str(body["id"]), body["alert"]
        assert isinstance(alert, dict)
        self.repeated += key in self.keys
        self.keys.add(key)
        monitor = int(str(alert["subject"]).removeprefix("monitor:"))
        self.times[str(body["event"])].setdefault(monitor, time.time())


def show(
    name: str, receiver: Receiver, event: str, site: Site, paths: dict[int, str], promised_s: float | None
) -> None:
    """One line: how long it took from the first answer to the webhook."""
    found = receiver.times[event]
    taken = np.array([found[monitor] - site.first[path] for monitor, path in paths.items() if monitor in found])
    if not len(taken):
        raise SystemExit(f"{name}: no webhook came")
    p50, p99 = np.percentile(taken, [50, 99])
    promise = "" if promised_s is None else f"   {p99 / promised_s:.2f} of the limit of {promised_s:g} s"
    lost = f"   {len(paths) - len(taken)} never told!" if len(taken) < len(paths) else ""
    print(f"{name:30} p50 {p50:6.3f} s   p99 {p99:6.3f} s   longest {taken.max():6.3f} s{promise}{lost}", flush=True)


async def whole_way(folder: Path, options: argparse.Namespace) -> None:
    """Start, warm up, fail, recover."""
    site, receiver = Site(), Receiver()
    await site.listen()
    await receiver.listen()

    def prepare(store: Store, account: int, paths: dict[int, str]) -> None:
        config = CHANNELS["webhook"].from_config({"url": f"http://127.0.0.1:{receiver.port}/"}).config()
        alerts.add_channel(store, account, "here", "webhook", config)
        for rule in alerts.rules_of(store, account):
            alerts.remove_rule(store, account, rule["id"])
        known = list(paths)
        for number in range(options.rules):
            # The first take one monitor each; the others are rules of other kinds, which have to be passed by.
            if number < len(known):
                alerts.add_rule(store, account, f"outage {number}", "outage", {"monitor": known[number]})
            else:
                series = f'cpu.used_ratio{{source="host-{number}"}}'
                alerts.add_rule(store, account, f"series {number}", "threshold", {"series": series, "above": 0.9})

    more = {"alerts": ["flow", "alerts"], "worker": ["alert-worker"]}
    with contextlib.ExitStack() as stack:
        running = await asyncio.to_thread(
            stack.enter_context, installation(folder, site, options, prepare=prepare, more=more)
        )
        about = f"every {options.interval} s from each of {options.locations} locations, {options.rules} rules"
        print(f"{options.monitors} monitors, {about}", flush=True)
        deadline = time.monotonic() + 3 * options.interval + 30
        while len(site.hits) < options.monitors or min(site.hits.values()) < options.locations:
            if time.monotonic() > deadline:
                raise SystemExit("waited in vain: every monitor checked from every location")
            await asyncio.sleep(0.5)
        await asyncio.sleep(2 + random.random())
        for failing, event, name in ((True, "start", "outage told"), (False, "end", "end of the outage told")):
            cpu, begin = {name: cpu_of_tree(pid) for name, pid in running.pids.items()}, time.monotonic()
            site.turn(failing=failing)
            await asyncio.sleep(options.interval + options.settle)
            passed = time.monotonic() - begin
            promised = (PROMISED_S if options.locations == 1 else 3.0) if failing else None
            show(name, receiver, event, site, running.paths, promised)
            shares = {name: (cpu_of_tree(pid) - cpu[name]) / passed for name, pid in running.pids.items()}
            print("  CPU, of a core: " + "  ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()))
        print("  memory, at most: " + "  ".join(f"{name} {peak_mb(pid):.0f} MB" for name, pid in running.pids.items()))
        print(f"  {len(receiver.keys)} notifications, {receiver.repeated} of them more than once", flush=True)


def machines(folder: Path, rules: int, subjects: int, rounds: int) -> None:
    """Signals of `subjects` series through the state machines, where each is watched by `rules` of its account."""
    server = EmbeddedPostgres(folder / "rules")
    server.prepare()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(server.command(), **quiet, **server.process_options())
    try:
        wait_for("PostgreSQL", server.ready)
        migrate(server.dsn)
        store = Store(server.dsn, pool_size=1)
        account = accounts.ensure_account(store, "bench")
        for number in range(rules):
            config = {"series": f'load{{source=~"host-.*",shard!="{number}"}}', "above": 0.5 + number / 1000}
            alerts.add_rule(store, account, f"rule {number}", "threshold", config)
        book = RuleBook(store, FakeClock())
        chance = random.Random(7)
        now = int(time.time() * 1000) + 60_000
        logics = [SubjectLogic(book, FakeClock(), None) for _ in range(subjects)]
        names = [f"series:host-{number}/load" for number in range(subjects)]
        made = 0
        begin = time.process_time()
        for turn in range(rounds):
            for logic, name in zip(logics, names, strict=True):
                # One in a hundred is beyond some of the limits, the others below all.
                value = chance.random() if chance.random() < 0.01 else 0.4
                signal = Signal("series", account, name, now + turn * 1000, value=value)
                found, _ = logic.on_batch([Logged(signal.at, signal)])
                made += len(list(found))
        spent = time.process_time() - begin
        pairs = rules * subjects
        each = pairs * rounds / spent
        print(
            f"{pairs:,} pairs of rule and subject, {rounds} signals each, {made:,} transitions: {each:,.0f} evaluations"
            f" per CPU-second; all pairs each 10 s take {100 * pairs / each / 10:.1f} % of a core",
            flush=True,
        )
        store.close()
    finally:
        end([process])


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--interval", type=int, default=60, help="seconds between two checks from one location")
    parser.add_argument("--locations", type=int, default=1)
    parser.add_argument("--settle", type=float, default=10.0, help="seconds for what was found last")
    parser.add_argument("--subjects", type=int, default=1000, help="of the state machines alone")
    parser.add_argument("--each", type=int, default=100, help="rules that mind each subject")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vedette-alerts-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded PostgreSQL may run as another user
        machines(folder, options.each, options.subjects, 5)
        uvloop.run(whole_way(folder, options))


if __name__ == "__main__":
    main()
