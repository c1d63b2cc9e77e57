"""The recorder's cost to the service (P9): mean and p99 of `record()`, beside scouter-ml's `insert` in the same run.

    .venv/bin/python benchmarks/client.py [--bursts 200] [--peer PYTHON]

A row has ten floats, a prediction and an id. Bursts of a thousand calls, then a pause in which the background works.
scouter-ml runs in a Python of its own: `--peer`, or one that is made here in a temporary folder. Without it (no
registry) that is said. Promise: 0.3 µs on average. A machine that others use too makes all numbers larger; the cost of
a call that does nothing, and that of a list's extend after the same pauses, stand beside them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "client"))

from benchmarks.client_timing import BATCHES, CALLS, overhead, timed
from vedette_client import Recorder
from vedette_client.message import Message

ROOT = Path(__file__).parents[1]
LIMIT_NS, PAUSE_S = 300.0, 0.02
ROW = {f"feature_{number}": number + 0.5 for number in range(10)}


class Nowhere:
    """A transport that takes everything at once."""

    def send(self, message: Message) -> list[str]:
        """Taken."""
        return []

    def forked(self) -> None:
        """Nothing to renew."""

    def close(self) -> None:
        """Nothing to release."""


def floor(bursts: int) -> list[float]:
    """The same for the least that must be done: the row, with its features copied, put into a list."""
    rows: list[Any] = []

    def put(features: dict[str, float], prediction: object = None, id: object = None) -> None:  # noqa: A002 - as `record`
        rows.extend(({**features}, prediction, id, None))

    found = []
    gc.collect()
    for _ in range(bursts):
        found += timed(lambda: put(ROW, prediction=0.5, id="a"), 1, PAUSE_S)
        rows.clear()
    return found


def alone(bursts: int) -> list[float]:
    """The same for `record` where no thread works beside it: the call's own cost. What it took is sent in between."""
    found: list[float] = []
    gc.collect()
    with Recorder(model="m", transport=Nowhere(), background=False) as recorder:
        record = recorder.record
        for _ in range(bursts):
            found += timed(lambda: record(ROW, prediction=0.5, id="a"), 1, 0.0)
            assert recorder.flush()
    return found


def ours(bursts: int) -> list[float]:
    """Nanoseconds per `record` of each batch, with the background at work."""
    with Recorder(model="m", transport=Nowhere()) as recorder:
        record = recorder.record
        found = timed(lambda: record(ROW, prediction=0.5, id="a"), bursts, PAUSE_S)
    counters = recorder.counters
    assert counters.accepted == counters.sent == bursts * BATCHES * CALLS, counters
    return found


def flat_out(rows: int) -> tuple[float, float]:
    """Nanoseconds per call and per row in all where a loop does nothing but record, so that the background competes."""
    recorder = Recorder(model="m", transport=Nowhere(), max_rows=rows)
    start = time.perf_counter_ns()
    for _ in range(rows):
        recorder.record(ROW, prediction=0.5, id="a")
    called = time.perf_counter_ns()
    assert recorder.flush(120)
    ended = time.perf_counter_ns()
    recorder.close()
    assert recorder.counters.sent == rows, recorder.counters
    return (called - start) / rows, (ended - start) / rows


def peer(python: str | None, bursts: int, folder: Path) -> dict[str, Any] | str:
    """scouter-ml's numbers, or why there are none."""
    if python is None:
        made = folder / "peer"
        python = str(made / "bin" / "python")
        for command in (
            [sys.executable, "-m", "venv", str(made)],
            [python, "-m", "pip", "install", "--quiet", "scouter-ml", "numpy"],
        ):
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode != 0:
                return f"scouter-ml cannot be installed: {ended.stderr.strip()[-200:]}"
    command = [python, str(ROOT / "benchmarks" / "client_scouter.py"), str(bursts), str(PAUSE_S)]
    quiet = os.environ | {"LOG_LEVEL": "error"}  # it would log every message
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    results = [line for line in ended.stdout.splitlines() if line.startswith("RESULT ")]
    if not results:
        return f"scouter-ml cannot be measured: {ended.stderr.strip()[-300:]}"
    found: dict[str, Any] = json.loads(results[0].removeprefix("RESULT "))
    return found


def told(name: str, batches: list[float], less: float) -> float:
    """Print a line; the mean."""
    ordered = sorted(max(0.0, batch - less) for batch in batches)
    mean = sum(ordered) / len(ordered)
    median, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"{name:34} mean {mean:8.0f} ns   median {median:8.0f} ns   p99 {p99:8.0f} ns")
    return mean


def main() -> None:
    """Measure both, and print the ratio."""
    options = argparse.ArgumentParser()
    options.add_argument("--bursts", type=int, default=200)
    options.add_argument("--peer")
    chosen = options.parse_args()
    cost = overhead()
    print(f"{'timer, loop and an empty call':34} {cost:.0f} ns per call, subtracted below; batches of {CALLS} calls")
    own = told("record(), the call alone", alone(chosen.bursts), cost)
    least = told("a list's extend, in bursts", floor(chosen.bursts), cost)
    mean = told("record(), in bursts", ours(chosen.bursts), cost)
    with tempfile.TemporaryDirectory() as folder:
        found = peer(chosen.peer, chosen.bursts, Path(folder))
    if isinstance(found, str):
        print(found)
    else:
        theirs = told("scouter-ml: Features and insert()", found["insert"], found["overhead"])
        told("scouter-ml: insert() alone", found["insert_ready"], found["overhead"])
        print(f"record() costs 1/{theirs / mean:.0f} of scouter-ml's")
    print(f"record() in bursts costs {mean / least:.1f} times a list's extend in bursts")
    for name, found_ns in (("the call alone", own), ("in bursts", mean)):
        kept = "kept" if found_ns <= LIMIT_NS else "NOT kept"
        print(f"limit {LIMIT_NS:.0f} ns on average: {name} {found_ns / LIMIT_NS:.2f} of it ({kept})")
    call, whole = flat_out(100_000)
    print(f"a loop that only records: {call:.0f} ns a call beside the background; {whole:.0f} ns a row until sent")


if __name__ == "__main__":
    main()
