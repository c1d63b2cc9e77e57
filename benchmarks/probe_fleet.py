"""10,000 endpoints a minute by one probe process: start delays, share of a CPU, memory.

    .venv/bin/python benchmarks/probe_fleet.py [--endpoints 10000] [--seconds 120] [--https]

The probe is the whole process (`vedette probe`): it gets its monitors over HTTP, checks each once a minute with a
connection of its own, and reports over HTTP. What counts is told by its results: how long after its slot a check
began. Gateway and target are small servers in processes of their own, and their CPU time is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from probe_exporter import cpu_s

HERE = Path(__file__).parent
INTERVAL_S = 60
WARM_UP_S = 15
PROMISED_MS = 1000


class Gateway:
    """What a probe needs of the gateway: the monitors' list, and an intake that keeps what counts of each result."""

    def __init__(self, monitors: list[dict[str, Any]]) -> None:
        self._list = msgspec.json.encode({"monitors": monitors})
        self.results: list[tuple[int, int, int, str]] = []
        self.begun = asyncio.Event()
        self.port = 0

    async def start(self) -> None:
        """Listen on loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode().lower():
                length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
                status, answer = self._answer(head, await reader.readexactly(int(length)))
                lines = f'HTTP/1.1 {status} X\r\nETag: "1"\r\nContent-Length: {len(answer)}\r\n\r\n'
                writer.write(lines.encode() + answer)
                await writer.drain()
        writer.close()

    def _answer(self, head: str, body: bytes) -> tuple[int, bytes]:
        if head.startswith("post /v1/ingest/checks "):
            found = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(body))
            self.results += [(r["monitor"], r["scheduled_ms"], r["started_ms"], r["outcome"]) for r in found]
            self.begun.set()
            return 202, msgspec.json.encode({"accepted": len(found), "rejects": []})
        if not head.startswith("get /v1/probe/monitors"):
            return 404, b""
        return (304, b"") if 'if-none-match: "1"' in head else (200, self._list)


@contextlib.contextmanager
def target(certificate: Path | None) -> Iterator[int]:
    """The server that is checked, in a process of its own: its port."""
    command = [sys.executable, str(HERE / "probe_target.py"), *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@contextlib.contextmanager
def probe(folder: Path, port: int) -> Iterator[int]:
    """`vedette probe`: its process id."""
    variables = {
        "VEDETTE_URL": f"http://127.0.0.1:{port}",
        "VEDETTE_TOKEN": "vdt_benchmark",
        "VEDETTE_SPOOL": str(folder / "spool"),
        "VEDETTE_LOCATION": "bench",
        "VEDETTE_REFERENCES": "",
        "VEDETTE_ALLOW_PRIVATE": "true",
        "VEDETTE_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "launch.main", "probe"]
    with subprocess.Popen(command, env=os.environ | variables, cwd=HERE.parent) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory of a process now, and at its peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return int(sizes["VmRSS"].split()[0]) / 1024, int(sizes["VmHWM"].split()[0]) / 1024


async def measure(options: argparse.Namespace, folder: Path, target_port: int) -> dict[str, Any]:
    """Let the probe run, and judge what it reported of the slots of the measured time."""
    scheme = "https" if options.https else "http"
    url = f"{scheme}://127.0.0.1:{target_port}/"
    more = {"interval_s": INTERVAL_S, "timeout_s": 10, "verify_tls": False}
    gateway = Gateway([{"id": n, "name": "m", "url": url, **more} for n in range(1, options.endpoints + 1)])
    await gateway.start()
    with probe(folder, gateway.port) as pid:
        await gateway.begun.wait()
        await asyncio.sleep(WARM_UP_S)
        begin_ms, used, begin = time.time_ns() // 1_000_000, cpu_s(pid), time.monotonic()
        await asyncio.sleep(options.seconds)
        end_ms, used, took = time.time_ns() // 1_000_000, cpu_s(pid) - used, time.monotonic() - begin
        now_mb, peak_mb = memory_mb(pid)
        await asyncio.sleep(5)  # what was just checked is still on its way
    counted = [r for r in gateway.results if begin_ms <= r[1] < end_ms]
    delays = sorted(r[2] - r[1] for r in counted if r[3] == "up")
    return {
        "expected": options.endpoints * took / INTERVAL_S,
        "up": len(delays),
        "others": len(counted) - len(delays),
        "p50_ms": delays[len(delays) // 2],
        "p99_ms": delays[len(delays) * 99 // 100],
        "max_ms": delays[-1],
        "cpu_share": used / took,
        "now_mb": now_mb,
        "peak_mb": peak_mb,
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run; prints its table."""
    from probe import make_certificate

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = make_certificate(folder)[0] if options.https else None
        with target(certificate) as port:
            found = asyncio.run(measure(options, folder, port))
    scheme = "HTTPS" if options.https else "HTTP"
    print(f"\n{options.endpoints:,} {scheme} endpoints a minute by one process, for {options.seconds} s")
    print(f"checks: {found['up']:,} up, {found['others']:,} others, {found['expected']:,.0f} expected")
    print(
        f"start delay: p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, longest {found['max_ms']} ms"
        f" (promised: p99 below {PROMISED_MS})"
    )
    memory = f"{found['now_mb']:.0f} MB, at its peak {found['peak_mb']:.0f} MB"
    print(f"CPU: {found['cpu_share']:.1%} of one; memory: {memory}")
    return found


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoints", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--https", action="store_true", help="HTTPS in place of HTTP")
    parser.add_argument("--json", action="store_true", help="the figures alone, as one JSON object at the end")
    options = parser.parse_args()
    found = run(options)
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
