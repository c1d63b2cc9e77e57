"""Feature values per second of one core through the drift flow, from the log to the table (promise P6: 20 million).

    .venv/bin/python benchmarks/drift.py [--models 10] [--features 100] [--rows 50000] [--windows 3] [--segments 20]

Each model sends one batch of `--rows` a window. Counted is the CPU time of the flow's process: reading and decoding the
log, counting, judging and writing rows; PostgreSQL's is not. A verdict costs the same however many rows its window has,
so short windows with few rows measure verdicts. Beside it, in the same run: numpy's own `searchsorted` and `bincount`
over the same values, which is what counting alone could cost at best; and the intake of such rows as JSON and Arrow.
With `--segments` the same rows go through the flow once more, counted and judged by so many segments too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as Vedette's processes have it

import msgspec
import numpy as np
from processes import end
from rollup import start_postgres

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "client"))

from dataflows import drift
from dataflows.running import run
from ingest_api.intake.arrow_rows import EPOCH, SEQ, ArrowRows
from ingest_api.intake.features import pack, read_report, take
from ingest_api.intake.samples import Limits
from vedette.clock import SystemClock
from vedette.events.features import MOST_VALUES, Column, FeatureBatch, encode_batch
from vedette.events.topics import FEATURES
from vedette.log import Message, open_log
from vedette.settings import LogSettings
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.segments import fit_segments
from vedette.statistics.drift.values import Kind
from vedette.store import accounts, models
from vedette.store.pool import Store
from vedette_client.arrow import of_table_as_arrow
from vedette_client.columns import Table

PROMISED = 20e6
WINDOW_MS = 60_000
T0 = 1_700_000_000_000 // WINDOW_MS * WINDOW_MS


def prepare(store: Store, options: argparse.Namespace, segments: int, random: np.random.Generator) -> list[int]:
    """Models with references: three numeric features of four, the fourth a category."""
    account = accounts.ensure_account(store, "default")
    found = []
    settings = {"window_s": WINDOW_MS // 1000} | ({"segment_by": "segment", "segment_only": True} if segments else {})
    for number in range(options.models):
        model = models.add(store, account, f"m{number}", settings)
        columns: dict[str, Any] = {
            f"f{n}": [f"c{k % 12}" for k in range(5000)] if n % 4 == 3 else random.normal(size=5000)
            for n in range(options.features)
        }
        columns["segment"] = [f"s{one}" for one in random.integers(0, max(segments, 1), 5000).tolist()]
        profiles = [fit(name, values, kind_of(values)) for name, values in columns.items()]
        parts = fit_segments("segment", None, columns, profiles).to_dict() if segments else None
        written = [msgspec.json.decode(msgspec.json.encode(profile)) for profile in profiles[: options.features]]
        models.add_reference(store, model, "", 5000, written, segments=parts)
        found.append(model)
    return found


def kind_of(values: Any) -> Kind:
    """Of a column of a reference."""
    return "categorical" if isinstance(values, list) else "numeric"


def batch(model: int, window: int, options: argparse.Namespace, random: np.random.Generator, rows: int) -> bytes:
    """One window's rows of a model."""
    columns = [
        Column(f"f{n}", "codes", random.integers(0, 12, rows).astype("<i4").tobytes(), [f"c{k}" for k in range(12)])
        if n % 4 == 3
        else Column(f"f{n}", "numbers", random.normal(size=rows).tobytes())
        for n in range(options.features)
    ]
    segments = [f"s{n}" for n in range(max(options.segments, 1))]
    codes = random.integers(0, len(segments), rows).astype("<i4").tobytes()
    columns.append(Column("segment", "codes", codes, segments))
    times = (T0 + window * WINDOW_MS + np.arange(rows) % WINDOW_MS).astype("<i8")
    return encode_batch(FeatureBatch(1, model, "", 1, window, times.tobytes(), columns))


def limit(options: argparse.Namespace, random: np.random.Generator) -> float:
    """Values a second that numpy alone puts into ten bins, in arrays of as many rows."""
    edges, values = np.linspace(-2, 2, 9), random.normal(size=options.rows)
    begun, times = time.process_time(), 2000
    for _ in range(times):
        np.bincount(np.searchsorted(edges, values), minlength=10)
    return times * options.rows / (time.process_time() - begun)


def json_intake(options: argparse.Namespace, random: np.random.Generator) -> float:
    """Values a second of the intake alone: JSON read, checked and packed."""
    rows = min(options.rows, MOST_VALUES // options.features)
    numbers = {f"f{n}": random.normal(size=rows).round(6).tolist() for n in range(options.features)}
    body = {"model": "m", "epoch": 1, "seq": 1, "ts": [T0] * rows, "columns": numbers}
    data = msgspec.json.encode(body)
    begun, times = time.process_time(), 5
    for _ in range(times):
        taken = take(read_report(data), Limits(0, 1 << 50))
    assert len(taken.columns) == options.features
    assert pack("x", [1.0]).form == "numbers"
    return times * rows * options.features / (time.process_time() - begun)


def arrow_intake(options: argparse.Namespace, random: np.random.Generator) -> float:
    """Values a second of the intake alone: a body of the client's Arrow, of which a quarter is texts."""
    rows = min(options.rows, 1000)
    kinds = [f"c{number}" for number in range(12)]
    columns: dict[str, list[Any]] = {
        f"f{n}": random.choice(kinds, rows).tolist() if n % 4 == 3 else random.normal(size=rows).tolist()
        for n in range(min(options.features, 300))
    }
    body = of_table_as_arrow(Table([T0] * rows, None, columns, None), "m", None).body
    headers = {EPOCH: "e", SEQ: "1"}
    begun, times = time.process_time(), 50
    for _ in range(times):
        taken = ArrowRows(body, headers, 64 << 20).take(Limits(0, 1 << 50))
    assert len(taken.columns) == len(columns)
    return times * rows * len(columns) / (time.process_time() - begun)


class AllClosed:
    """Whether the table has all windows: a flow closes some thousand features at a time, the rest when it is called
    again. It looks each half second, so that looking costs little; after ten minutes it gives up.
    """

    def __init__(self, store: Store, windows: int) -> None:
        self._store, self._windows = store, windows
        self._looked = self._begun = time.monotonic()

    def __call__(self) -> bool:
        """Look, if it is time."""
        now = time.monotonic()
        if now - self._looked < 0.5:
            return False
        self._looked = now
        row = self._store.row("SELECT count(*) AS n FROM drift_windows")
        return (row is not None and row["n"] >= self._windows) or now - self._begun > 600


def memory(field: str) -> float:
    """A line of this process's status, in MB."""
    found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(found.split()[1]) / 1024


def peers(options: argparse.Namespace, rate: float) -> None:
    """What others make of the same windows of one model, in memory already, and how much faster the flow is."""
    script = Path(__file__).with_name("drift_peers.py")
    words = [str(number) for number in (options.features, options.rows, options.windows)]
    said = subprocess.run([options.peers, str(script), *words], capture_output=True, text=True, check=True).stdout
    for name, found in json.loads(said.splitlines()[-1]).items():
        told = (
            found
            if isinstance(found, str)
            else f"{found / 1e6:8.2f} million: the flow does {rate / found:.0f} times as many"
        )
        print(f"{name:26} {told}")


@dataclass(frozen=True)
class Run:
    """What a run of the flow came to: values, windows, seconds of CPU and of the clock, MB at most and before, bytes
    that the segments of a feature's window take in the table."""

    values: int
    windows: int
    used: float
    took: float
    most: float
    idle: float
    size: int

    @property
    def rate(self) -> float:
        """Values per CPU-second."""
        return self.values / self.used


def through_the_flow(options: argparse.Namespace, segments: int) -> Run:
    """Fill a log, and run the flow to its end; it exits if a value was not counted."""
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, postgres = start_postgres(folder)
        try:
            store = Store(server.dsn, pool_size=2)
            log = open_log(LogSettings.load(log_url=f"embedded://{folder}/events.db"))
            numbers = prepare(store, options, segments, random)
            for window in range(options.windows):
                messages = [Message(str(m).encode(), batch(m, window, options, random, options.rows)) for m in numbers]
                log.produce(FEATURES.name, messages).result(60)
            later = options.windows + 2  # so that the last windows are over
            log.produce(
                FEATURES.name, [Message(str(m).encode(), batch(m, later, options, random, 1)) for m in numbers]
            ).result(60)
            values = options.models * options.features * options.rows * options.windows
            closed = AllClosed(store, options.models * options.features * options.windows)
            flow = drift.build(log, store, SystemClock(), shards=4, stop=closed)
            Path("/proc/self/clear_refs").write_text("5")  # what was at most in memory is counted from now on
            idle = memory("VmRSS")
            begun, wall = time.process_time(), time.monotonic()
            run(flow, folder / "recovery", 10.0)
            most = memory("VmHWM")
            used, took = time.process_time() - begun, time.monotonic() - wall
            row = store.row(
                "SELECT count(*)::int AS n, sum(rows)::bigint AS rows, sum((SELECT sum((one ->> 'rows')::bigint)"
                " FROM jsonb_array_elements(segments) AS one))::bigint AS parts,"
                " avg(pg_column_size(segments))::int AS size FROM drift_windows"
            )
            assert row is not None
            store.close()
            log.close()
        finally:
            end([postgres])
    for counted in (row["rows"], *([row["parts"]] if segments else [])):
        if not values <= int(counted) <= values + options.models * options.features:
            sys.exit(f"{values:,} values were sent, {counted:,} were counted")
    return Run(values, row["n"], used, took, most, idle, row["size"] or 0)


def main() -> None:
    """Run the flow, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--rows", type=int, default=50_000, help="rows of a batch, one a window and model")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument(
        "--segments", type=int, default=0, help="segments of the second run, at most 20; 0: no such run"
    )
    parser.add_argument("--peers", help="a Python with evidently and nannyml: they compute the same windows of a model")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    found = through_the_flow(options, 0)
    rate, best = found.rate, limit(options, random)
    took = f"{found.used:.1f} s of CPU, {found.took:.1f} s"
    print(f"{found.values:,} values in {found.windows:,} windows of features: {took}")
    judged = found.windows / found.used
    print(f"drift flow, log to table   {rate / 1e6:8.1f} million values per CPU-second ({judged:,.0f} verdicts)")
    if options.segments:
        parts = through_the_flow(options, options.segments)
        name = f"by {options.segments} segments too"
        print(f"{name:26} {parts.rate / 1e6:8.1f} million: {parts.rate / rate:.2f} of it")
        beside = f"{parts.idle:.0f} before; {parts.size:,} bytes a row"
        print(f"memory by segment          {parts.most:8.0f} MB at most, {beside}")
    print(f"numpy, ten bins alone      {best / 1e6:8.1f} million")
    print(f"intake of JSON             {json_intake(options, random) / 1e6:8.1f} million")
    print(f"intake of Arrow            {arrow_intake(options, random) / 1e6:8.1f} million")
    print(f"memory                     {found.most:8.0f} MB at most, {found.idle:.0f} before the flow began")
    if options.peers:
        peers(options, rate)
    print(f"ratio to the promise of {PROMISED / 1e6:.0f} million: {rate / PROMISED:.2f}; to numpy: {rate / best:.2f}")


if __name__ == "__main__":
    main()
