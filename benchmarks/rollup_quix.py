"""The Quix Streams peers of the rollup benchmark: the same tumbling windows from the same topic.

    python benchmarks/rollup_quix.py series|reports BROKER TOPIC REPORTS NAMES STATE_FOLDER

Runs in an environment of its own that has quixstreams, msgspec and nothing of Vedette. `series` is Quix Streams as its
documentation shows it: each value is a message of its series (`group_by`, which goes through a topic), folded into
one-minute windows by the library's own aggregations. `reports` is the best that we found: the state of a window is a
whole report's, a dict of names, folded by a function. Both hold count, sum, minimum, maximum and last value as
Vedette's rows do. Changes of windows are counted and not written to any database, which favours them. Prints what it
took as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from quixstreams import Application
from quixstreams.dataframe.windows import Count, Latest, Max, Min, Sum

_SOURCE, _TS, _LAYOUT, _VALUES = 1, 4, 6, 7


@lru_cache(maxsize=1)
def report(data: bytes) -> dict[str, Any]:
    """A packed batch as source, time, names and values; decoded once though the time is asked for first."""
    fields = msgspec.msgpack.decode(data)
    return {
        "source": fields[_SOURCE],
        "ts": fields[_TS],
        "names": fields[_LAYOUT].decode().split("\n"),
        "values": array("d", fields[_VALUES]).tolist(),
    }


def items(data: bytes) -> list[dict[str, Any]]:
    """A report's values, each with its series."""
    found = report(data)
    source = found["source"]
    return [
        {"series": f"{source}/{name}", "value": value}
        for name, value in zip(found["names"], found["values"], strict=True)
    ]


def begin(value: dict[str, Any]) -> dict[str, list[float]]:
    """The window's state after its first report."""
    return {name: [1, one, one, one, one] for name, one in zip(value["names"], value["values"], strict=True)}


def fold(state: dict[str, list[float]], value: dict[str, Any]) -> dict[str, list[float]]:
    """The state after one more."""
    for name, one in zip(value["names"], value["values"], strict=True):
        cell = state[name]
        state[name] = [cell[0] + 1, cell[1] + one, min(cell[2], one), max(cell[3], one), one]
    return state


def by_series(stream: Any) -> Any:
    """Windows of series."""
    stream = stream.apply(items, expand=True).group_by("series")
    window = stream.tumbling_window(60_000, grace_ms=5_000)
    return window.agg(
        count=Count(), sum=Sum("value"), min=Min("value"), max=Max("value"), last=Latest("value")
    ).current()


def by_report(stream: Any) -> Any:
    """Windows of sources."""
    return stream.apply(report).tumbling_window(60_000, grace_ms=5_000).reduce(fold, begin).current()


def main() -> None:
    """Read so many reports, then stop."""
    way, broker, topic_name, reports, names, folder = sys.argv[1:]
    app = Application(
        broker_address=broker,
        consumer_group=f"quix-{time.time_ns()}",
        auto_offset_reset="earliest",
        auto_create_topics=True,
        state_dir=folder,
        loglevel="ERROR",
        commit_interval=10.0,
    )
    topic = app.topic(topic_name, value_deserializer="bytes", timestamp_extractor=lambda value, *_: report(value)["ts"])
    make: Callable[[Any], Any] = {"series": by_series, "reports": by_report}[way]
    expected = int(reports) * (int(names) if way == "series" else 1)
    changes = 0

    def changed(_: object) -> None:
        nonlocal changes
        changes += 1
        if changes == expected:
            app.stop()

    make(app.dataframe(topic)).update(changed)
    started, cpu = time.monotonic(), time.process_time()
    app.run()
    wall, used = time.monotonic() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall, "cpu_s": used, "rows": changes, "peak_mb": peak}))


if __name__ == "__main__":
    main()
