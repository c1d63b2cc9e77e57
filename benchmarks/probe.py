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
    """A fresh self-signed certificate: with its key for the server, and alone as the authority."""
    key, authority, both = folder / "key.pem", folder / "authority.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", authority], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + authority.read_bytes())
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


def compare(scheme: str, checks: int, lanes: int, folder: Path) -> float:
    """Run both over `scheme`, print the table, and give the ratio."""
    both, authority = make_certificate(folder)
    with (
        target(both if scheme == "https" else None) as port,
        probe_exporter.exporter(folder, authority) as (pid, web),
    ):
        url = f"{scheme}://127.0.0.1:{port}/"
        marks = [connections(url, authority)]
        ours = run_vedette(url, checks, lanes, authority)
        marks.append(connections(url, authority))
        peer = asyncio.run(probe_exporter.measure(pid, web, url, checks // PEERS_SHARE, lanes))
        marks.append(connections(url, authority))
    print(f"\n{scheme.upper()}: {lanes} checks at once, a connection per check (connections: with the warm-up)")
    print(f"{'':20}{'checks':>9}{'up':>9}{'connections':>13}{'CPU s':>9}{'checks/CPU-s':>14}")
    rates = []
    for name, side, opened in (
        ("vedette probe", ours, marks[1] - marks[0]),
        ("blackbox_exporter", peer, marks[2] - marks[1]),
    ):
        rates.append(side["checks"] / side["cpu_s"])
        print(f"{name:20}{side['checks']:>9,}{side['up']:>9,}{opened - 1:>13,}{side['cpu_s']:>9.2f}{rates[-1]:>14,.0f}")
        if side["up"] != side["checks"]:
            sys.exit(f"{name}: not every check succeeded {side.get('errors', '')}")
        if opened - 1 < side["checks"]:
            sys.exit(f"{name}: fewer connections than checks")
    print("our phases, mean ms: " + ", ".join(f"{name} {ms:.2f}" for name, ms in ours["phases_ms"].items()))
    ratio = rates[0] / rates[1]
    print(f"ratio {scheme}: {ratio:.2f} {PROMISES[scheme]}")
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
            compare("https", options.checks // 4, options.lanes, Path(folder))
    if options.fleet:
        probe_fleet.run(argparse.Namespace(endpoints=10_000, seconds=options.fleet, https=False))


if __name__ == "__main__":
    main()
