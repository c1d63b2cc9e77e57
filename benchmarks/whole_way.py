"""The whole way: samples per CPU-second from HTTP request to queryable row, beside VictoriaMetrics.

    python benchmarks/whole_way.py [--hosts N] [--steps N]
        [--kafka HOST:PORT --broker-pid PID [--timescale DSN --timescale-pid PID]]

The same samples go to each in requests of 1,000 over 32 connections: to Vedette as its JSON, to VictoriaMetrics in
the most compact text that it takes (InfluxDB's lines) and in Prometheus' text. Counted is the CPU time of all of its
processes (gateway, flow, PostgreSQL, Kafka) from the first request until every sample was found by a query with its
right value. The sender's is not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.whole_way_load import CONNECTIONS, Load
from benchmarks.whole_way_peer import victoria_metrics
from benchmarks.whole_way_vedette import Database, vedette

ROOT = Path(__file__).parents[1]
PEERS = {"influx": "m_", "prometheus": ""}
"""Formats that VictoriaMetrics takes, and what its metrics' names then begin with."""


def send(kind: str, url: str, token: str, load: Load) -> dict[str, Any]:
    """Run the sender to its end; what it measured."""
    numbers = [load.hosts, load.names, load.steps, load.every_ms, load.start_ms, load.reports]
    command = [sys.executable, str(ROOT / "benchmarks" / "whole_way_load.py"), kind, url, token, *map(str, numbers)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def show(
    name: str, load: Load, sent: dict[str, Any], cpu: dict[str, float], mb: tuple[float, float], wall: float
) -> float:
    """Print one line; samples per CPU-second."""
    rate = load.samples / sum(cpu.values())
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in cpu.items())
    print(
        f"{name:<26}{load.samples / sent['wall_s']:>12,.0f}{rate:>14,.0f}{sum(cpu.values()):>8.1f}{mb[0]:>9.0f}"
        f"{mb[1] * 1e6 / load.samples:>14.2f}{wall - sent['wall_s']:>9.1f}   {parts}",
        flush=True,
    )
    return rate


def ours(name: str, load: Load, log_url: str, broker_pid: int | None, database: Database | None = None) -> float:
    """One run of Vedette."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as made:
        folder = Path(made)
        (folder / "log").mkdir()
        with vedette(folder, log_url.format(folder=folder), broker_pid, database) as running:
            before, begin = running.cpu(), time.monotonic()
            sent = send("vedette", running.url, running.token, load)
            begin = max(begin, time.monotonic() - sent["wall_s"])
            running.wait_until_queryable(load)
            wall = time.monotonic() - begin
            after = running.cpu()
            cpu = {part: after[part] - before[part] for part in after}
            rate = show(name, load, sent, cpu, (running.peak(), running.disk()), wall)
            if running.folders:
                print(f"{'':<26}the log holds {running.log_mb() * 1e6 / load.samples:.1f} bytes a sample for 24 h")
            return rate


def theirs(kind: str, prefix: str, load: Load) -> float:
    """One run of VictoriaMetrics."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as made, victoria_metrics(Path(made)) as peer:
        before, begin = peer.cpu(), time.monotonic()
        sent = send(kind, peer.url, "-", load)
        begin = max(begin, time.monotonic() - sent["wall_s"])
        peer.wait_until_queryable(load, prefix)
        wall = time.monotonic() - begin
        after = peer.cpu()
        cpu = {part: after[part] - before[part] for part in after}
        return show(f"VictoriaMetrics, {kind}", load, sent, cpu, (peer.peak(), peer.disk()), wall)


def main() -> None:
    """Run each in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=960)
    parser.add_argument("--names", type=int, default=100)
    parser.add_argument("--steps", type=int, default=60, help="reports of each host")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two reports of a host")
    parser.add_argument("--reports", type=int, default=10, help="reports in one request")
    parser.add_argument("--kafka", help="host:port of a broker; without it only the embedded log is measured")
    parser.add_argument("--broker-pid", type=int, help="the broker's process, whose CPU time counts too")
    parser.add_argument("--timescale", help="address of a TimescaleDB's superuser, for one more run on Kafka")
    parser.add_argument("--timescale-pid", type=int, help="its first process, whose CPU time counts")
    parser.add_argument("--skip", nargs="*", default=[], choices=["embedded", "influx", "prometheus"])
    options = parser.parse_args()
    every = round(options.every * 1000)
    start = (time.time_ns() // 1_000_000 - (options.steps + 1) * every) // 60_000 * 60_000
    load = Load(options.hosts, options.names, options.steps, every, start, options.reports)
    if options.hosts % (options.reports * CONNECTIONS):
        raise SystemExit(f"--hosts must be a multiple of {options.reports * CONNECTIONS}: each keeps its connection")
    print(
        f"{load.hosts} hosts x {load.names} names x {load.steps} reports, one each {options.every:g} s;"
        f" {load.reports * load.names} samples a request\n\n"
        f"{'':<26}{'samples/s':>12}{'samples/CPU-s':>14}{'CPU s':>8}{'peak MB':>9}{'bytes/sample':>14}{'lag s':>9}"
    )
    rates: dict[str, float] = {}
    if "embedded" not in options.skip:
        rates["Vedette, embedded log"] = ours("Vedette, embedded log", load, "embedded://{folder}/log/events.db", None)
    if options.kafka:
        log = f"kafka://{options.kafka}"
        rates["Vedette, Kafka"] = ours("Vedette, Kafka", load, log, options.broker_pid)
        if options.timescale:
            database = Database(options.timescale, options.timescale_pid)
            name = "Vedette, Kafka, Timescale"
            rates[name] = ours(name, load, log, options.broker_pid, database)
    peers = {kind: theirs(kind, prefix, load) for kind, prefix in PEERS.items() if kind not in options.skip}
    for name, rate in rates.items():
        for kind, peer in peers.items():
            print(f"\nratio, {name} to VictoriaMetrics with {kind}: {rate / peer:.2f} (promise: 1)", end="")
    print()


if __name__ == "__main__":
    main()
