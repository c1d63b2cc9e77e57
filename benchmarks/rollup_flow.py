"""One flow of the rollup benchmark as a process: reads the log to its end, prints what it took as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.dataflow import Dataflow

from dataflows import rollup
from dataflows.running import run
from dataflows.source import LogSource, Poll
from sinks.store import StoreSink
from vedette.clock import SystemClock
from vedette.collector import be_patient
from vedette.events.codec import decode_samples
from vedette.log import Log, open_log
from vedette.settings import LogSettings
from vedette.store.pool import Store
from vedette.windows.rollup import RollupConfig

Item = tuple[str, tuple[datetime, float]]
Sums = tuple[int, float, float, float, float]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def items(poll: Poll) -> Iterable[Item]:
    """Each value as an item under its series."""
    for record in poll.records:
        for batch in decode_samples(record.value):
            at = datetime.fromtimestamp(batch.ts / 1000, UTC)
            for name, value in zip(batch.names(), batch.floats(), strict=True):
                yield f"{batch.source}/{name}", (at, value)


def fold(sums: Sums, item: tuple[datetime, float]) -> Sums:
    """One value into count, sum, minimum, maximum and last."""
    value = item[1]
    return sums[0] + 1, sums[1] + value, min(sums[2], value), max(sums[3], value), value


def merge(one: Sums, other: Sums) -> Sums:
    """Two parts of a window."""
    return one[0] + other[0], one[1] + other[1], min(one[2], other[2]), max(one[3], other[3]), other[4]


def row(width: timedelta, item: tuple[str, tuple[int, Sums]]) -> tuple[str, datetime, int, float, float, float, float]:
    """A window as a row."""
    series, (window, sums) = item
    return series, EPOCH + window * width, *sums


def write(store: Store, rows: Sequence[tuple[object, ...]]) -> None:
    """COPY into a staging table and one upsert, as ours."""
    with store.transaction() as connection:
        connection.execute("CREATE TEMPORARY TABLE staging (LIKE peer_1m) ON COMMIT DROP")
        with connection.cursor() as cursor, cursor.copy("COPY staging FROM STDIN") as copy:
            for one in rows:
                copy.write_row(one)
        connection.execute(
            "INSERT INTO peer_1m SELECT * FROM staging ON CONFLICT (series, bucket) DO UPDATE SET n = excluded.n,"
            " sum = excluded.sum, min = excluded.min, max = excluded.max, last = excluded.last"
        )


def peer(log: Log, store: Store) -> Dataflow:
    """The item-by-item flow: one-minute windows only, and none of our counters, duplicates and tiers."""
    width = timedelta(minutes=1)
    flow = Dataflow("peer")
    source = LogSource(log, "vedette.samples", SystemClock(), stop=lambda: True)
    values = op.flat_map("items", op.input("samples", flow, source), items)
    windows = win.fold_window(
        "windows",
        values,
        win.EventClock(lambda item: item[0], wait_for_system_duration=timedelta(hours=1)),
        win.TumblingWindower(length=width, align_to=EPOCH),
        lambda: (0, 0.0, float("inf"), float("-inf"), 0.0),
        fold,
        merge,
    )
    rows = op.map("rows", windows.down, lambda item: row(width, item))
    op.output("write", rows, StoreSink("peer", lambda batch: write(store, batch)))
    return flow


def main() -> None:
    """`rollup_flow.py FLOW DSN RECOVERY`; the log is that of the environment."""
    name, dsn, recovery = sys.argv[1:]
    log, store = open_log(LogSettings.load()), Store(dsn, pool_size=2)
    if name == "vedette":
        config = RollupConfig()
        flow = rollup.build(log, store, SystemClock(), config=config, shards=4, watch=lambda *_: (), stop=lambda: True)
    else:
        flow = peer(log, store)
    be_patient()  # as `vedette flow` is
    began, cpu = time.monotonic(), time.process_time()
    run(flow, Path(recovery), 10.0)
    wall, used = time.monotonic() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall, "cpu_s": used, "rows": rows_of(store, name), "peak_mb": peak}))
    store.close()
    log.close()


def rows_of(store: Store, name: str) -> int:
    """How many rows the flow has written."""
    tables = ["rollup_10s", "rollup_1m", "rollup_1h", "rollup_1d"] if name == "vedette" else ["peer_1m"]
    counts = [store.row(f"SELECT count(*) AS n FROM {table}") for table in tables]
    return sum(int(row["n"]) for row in counts if row is not None)


if __name__ == "__main__":
    main()
