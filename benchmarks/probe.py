"""Checks per CPU-second, beside blackbox_exporter against the same server in the same run (promise P2: 3 times).

    .venv/bin/python benchmarks/probe.py [--checks 20000] [--lanes 64] [--https] [--fleet 120]

The server's and the driver's CPU time is not counted. Ours is the whole way of a check into the spool, the
exporter's the whole way of a `/probe` request; both make a connection per check and time every phase. With
`--fleet` 10,000 endpoints a minute are then checked by one probe for that many seconds (see `probe_fleet.py`).
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
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import probe_exporter
import probe_fleet

HERE = Path(__file__).parent
PROMISES = {"http": "(promised: at least 3)", "https": "(asked for: at least 3)"}
TURNS = 5
"""Both sides take turns, since a shared machine is now faster, now slower."""
PEERS_SHARE = 4
"""The exporter makes a quarter of our checks: its rate is the same, the wait shorter."""


@contextlib.contextmanager
def target(certificate: Path | None) -> Iterator[int]:
    """A running target server: its port."""
    command = [sys.executable, str(HERE / "probe_target.py"), *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A fresh certificate, signed by a fresh authority: with its key for the server, and the authority alone."""
    key, authority, both = folder / "key.pem", folder / "authority.pem", folder / "both.pem"
    asking = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    asking += ["-days", "2"]
    own = ["-subj", "/CN=benchmark", "-keyout", folder / "authority.key", "-out", authority]
    own += ["-addext", "keyUsage=critical,keyCertSign"]
    signed = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", both]
    signed += ["-addext", "basicConstraints=critical,CA:false", "-CA", authority, "-CAkey", folder / "authority.key"]
    for options in (own, signed):
        subprocess.run([*asking, *options], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + both.read_bytes())
    return both, authority


def connections(url: str, authority: Path) -> int:
    """How many connections the target has had, this one included."""
    import ssl

    context = ssl.create_default_context(cafile=authority)
    with urllib.request.urlopen(f"{url}count", context=context) as answer:
        return int(answer.read())


def run_vedette(url: str, checks: int, lanes: int, authority: Path) -> dict[str, Any]:
    """Our side, in its own process, with the benchmark's certificate as the only authority."""
    command = [sys.executable, str(HERE / "probe_vedette.py"), url, str(checks), str(lanes)]
    variables = os.environ | {"SSL_CERT_FILE": str(authority), "PYTHONPATH": str(HERE.parent)}
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=variables, cwd=HERE.parent)
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


class Side:
    """What one of the two did, over all its turns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checks = self.up = self.connections = 0
        self.cpu_s = 0.0
        self.rates: list[float] = []
        self.phases_ms: dict[str, list[float]] = {}
        self.errors: list[str] = []

    @property
    def rate(self) -> float:
        """Checks per CPU-second."""
        return self.checks / self.cpu_s

    def add(self, turn: dict[str, Any]) -> None:
        """Count a turn."""
        self.checks += turn["checks"]
        self.up += turn["up"]
        self.cpu_s += turn["cpu_s"]
        self.rates.append(turn["checks"] / turn["cpu_s"])
        self.errors += turn.get("errors", ())
        for name, mean in turn.get("phases_ms", {}).items():
            self.phases_ms.setdefault(name, []).append(mean)


def compare(scheme: str, checks: int, lanes: int, folder: Path) -> float:
    """Run both over `scheme`, print the table, and give the ratio."""
    both, authority = make_certificate(folder)
    with (
        target(both if scheme == "https" else None) as port,
        probe_exporter.exporter(folder, authority) as (pid, web),
    ):
        url = f"{scheme}://127.0.0.1:{port}/"
        ours, peer = Side("vedette probe"), Side("blackbox_exporter")
        marks = [connections(url, authority)]
        for _ in range(TURNS):
            ours.add(run_vedette(url, checks // TURNS, lanes, authority))
            marks.append(connections(url, authority))
            ours.connections += marks[-1] - marks[-2] - 1
            peer.add(asyncio.run(probe_exporter.measure(pid, web, url, checks // TURNS // PEERS_SHARE, lanes)))
            marks.append(connections(url, authority))
            peer.connections += marks[-1] - marks[-2] - 1
    print(f"\n{scheme.upper()}: {lanes} checks at once, a connection per check (connections: with the warm-up)")
    print(f"{'':20}{'checks':>9}{'up':>9}{'connections':>13}{'CPU s':>9}{'checks/CPU-s':>14}")
    for side in (ours, peer):
        print(
            f"{side.name:20}{side.checks:>9,}{side.up:>9,}{side.connections:>13,}{side.cpu_s:>9.2f}{side.rate:>14,.0f}"
        )
        if side.up != side.checks:
            sys.exit(f"{side.name}: not every check succeeded {side.errors}")
        if side.connections < side.checks:
            sys.exit(f"{side.name}: fewer connections than checks")
    means = (f"{name} {sum(each) / TURNS:.2f}" for name, each in ours.phases_ms.items())
    print("our phases, mean ms: " + ", ".join(means))
    turns = ", ".join(f"{a / b:.2f}" for a, b in zip(ours.rates, peer.rates, strict=True))
    ratio = ours.rate / peer.rate
    print(f"ratio {scheme}: {ratio:.2f} {PROMISES[scheme]}; by turns {turns}")
    return ratio


def main() -> None:
    """Parse the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=20_000)
    parser.add_argument("--lanes", type=int, default=64, help="checks at once, on both sides")
    parser.add_argument("--https", action="store_true", help="HTTPS too, with a full handshake per check")
    parser.add_argument("--fleet", type=int, default=0, metavar="S", help="10,000 endpoints a minute for S seconds")
    options = parser.parse_args()
    if not Path(probe_exporter.PROGRAM).exists():
        sys.exit(f"{probe_exporter.PROGRAM} is missing: apt install prometheus-blackbox-exporter")
    with tempfile.TemporaryDirectory() as folder:
        compare("http", options.checks, options.lanes, Path(folder))
        if options.https:
            compare("https", options.checks // 2, options.lanes, Path(folder))
    if options.fleet:
        probe_fleet.run(argparse.Namespace(endpoints=10_000, seconds=options.fleet, https=False))


if __name__ == "__main__":
    main()
