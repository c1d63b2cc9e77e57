"""uWSGI: requests, errors and workers, from its stats server."""

import json

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST = 4 << 20


class UwsgiPlugin(Plugin):
    """One uWSGI, started with `--stats`."""

    name = "uwsgi"
    title = "uWSGI"
    section = "Web"
    options = (Option("address", "127.0.0.1:1717", "where --stats listens: host:port, or the path of a Unix socket"),)
    metrics = (
        Metric(
            "queue",
            "Requests that wait for a worker",
            larger_is_better=False,
            rules=(Rule("uWSGI queues requests", above=0, for_s=300),),
        ),
        Metric("queue_overflows", "Times that the queue was full", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("workers", "Workers, by what they do"),
        Metric(
            "busy_ratio",
            "Busy workers of all",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("uWSGI runs out of workers", above=0.9, for_s=120, severity="critical"),),
        ),
        Metric("requests", "Requests", "1/s", kind="counter"),
        Metric("exceptions", "Exceptions of the application", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("respawns", "Workers that were started anew", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("memory_bytes", "Resident memory of the workers; only with --memory-report", "bytes"),
    )

    def run(self) -> None:
        """Read the statistics once."""
        found = self._read()
        workers: list[dict[str, Any]] = found["workers"]
        self.report("queue", found.get("listen_queue"))
        self.counter("queue_overflows", found.get("listen_queue_errors"))
        for metric, key in (
            ("requests", "requests"),
            ("exceptions", "exceptions"),
            ("respawns", "respawn_count"),
            ("sent_bytes", "tx"),
        ):
            self.counter(metric, sum(worker.get(key, 0) for worker in workers))
        states: dict[str, int] = {}
        for worker in workers:
            states[str(worker.get("status", "?"))] = states.get(str(worker.get("status", "?")), 0) + 1
        for state, count in states.items():
            self.report("workers", count, work=state[:40])
        if workers:
            # Workers that are stopped until they are needed (cheap) are room, not work.
            busy = sum(count for state, count in states.items() if state == "busy" or state.startswith("sig"))
            self.report("busy_ratio", busy / len(workers))
        memory = sum(worker.get("rss", 0) for worker in workers)
        self.report("memory_bytes", memory or None)

    def _read(self) -> "dict[str, Any]":
        data = b""
        with connect(self.option("address"), timeout_s=self.remaining_s()) as connection:
            while len(data) < _MOST and (piece := connection.recv(1 << 16)):
                data += piece
        data = data.partition(b"\r\n\r\n")[2] if data.startswith(b"HTTP/") else data
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("workers"), list):
            raise PluginError("this is not the stats server of uWSGI", f"it answered {data[:80]!r}")
        return found
