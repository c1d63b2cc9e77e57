"""The closed list of metrics that Vedette publishes about itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, what it counts, and the names of its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


METRICS: tuple[Metric, ...] = (
    Metric("vedette_ingest_accepted_total", "counter", "values or checks accepted by the intake", ("topic",)),
    Metric("vedette_ingest_rejected_total", "counter", "items refused by the intake", ("topic",)),
    Metric("vedette_ingest_overloaded_total", "counter", "requests answered with 429"),
    Metric("vedette_recorded_waiting", "gauge", "messages of clients in the log that this gateway has yet to take"),
    Metric("vedette_http_requests_total", "counter", "requests by route and status", ("route", "status")),
    Metric("vedette_http_seconds", "histogram", "time to the end of the response's head", ("route",)),
    Metric("vedette_stream_viewers", "gauge", "open event streams"),
    Metric("vedette_stream_dropped_total", "counter", "events not sent to a viewer that was too slow"),
    Metric("vedette_realtime_viewers", "gauge", "open streams of realtime sessions"),
    Metric("vedette_realtime_frames_total", "counter", "frames that agents have published into sessions"),
    Metric("vedette_realtime_missed_total", "counter", "frames not sent to a viewer that was too slow"),
    Metric("vedette_realtime_stuck_total", "counter", "viewers let go because they took nothing for ten seconds"),
    Metric("vedette_flow_messages_total", "counter", "messages read by a dataflow", ("flow",)),
    Metric("vedette_flow_rejected_total", "counter", "messages a dataflow could not read", ("flow",)),
    Metric("vedette_flow_duplicates_total", "counter", "batches seen before and dropped", ("flow",)),
    Metric("vedette_flow_late_total", "counter", "values that came after their window was closed", ("flow",)),
    Metric(
        "vedette_flow_uncounted_total",
        "counter",
        "rows without a reference, metrics of too many names",
        ("flow",),
    ),
    Metric("vedette_flow_unjoined_total", "counter", "predictions and outcomes given up without the other", ("flow",)),
    Metric("vedette_flow_rows_total", "counter", "rows upserted", ("flow",)),
    Metric("vedette_archive_events_total", "counter", "events committed to the archive", ("kind",)),
    Metric("vedette_archive_objects_total", "counter", "objects committed to the archive", ("kind",)),
    Metric("vedette_archive_bytes_total", "counter", "bytes of those objects", ("kind",)),
    Metric("vedette_archive_tidied_total", "counter", "objects that were merged, expired or deleted", ("what",)),
    Metric("vedette_spool_bytes", "gauge", "bytes waiting in the spool"),
    Metric("vedette_spool_dropped_total", "counter", "reports dropped from a full or too old spool"),
    Metric("vedette_deliveries_total", "counter", "attempts to deliver a notification", ("channel", "result")),
    Metric("vedette_checks_total", "counter", "checks run by this probe", ("outcome",)),
)


class Metrics:
    """The metrics of this process. A name outside `METRICS` is a `KeyError`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        makers = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}
        self._by_name = {
            metric.name: makers[metric.kind](metric.name, metric.help, metric.labels, registry=self.registry)
            for metric in METRICS
        }
        self._found: dict[tuple[str, tuple[tuple[str, str], ...]], Counter | Gauge | Histogram] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add `amount` to a counter."""
        metric = self._of(name, labels)
        assert isinstance(metric, Counter)
        metric.inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        metric = self._of(name, labels)
        assert isinstance(metric, Gauge)
        metric.set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add `value` to a histogram."""
        metric = self._of(name, labels)
        assert isinstance(metric, Histogram)
        metric.observe(value)

    def _of(self, name: str, labels: dict[str, str]) -> Counter | Gauge | Histogram:
        """The metric with these labels, which the library takes long to find."""
        key = name, tuple(labels.items())
        found = self._found.get(key)
        if found is None:
            metric = self._by_name[name]
            found = self._found[key] = metric.labels(**labels) if labels else metric
        return found

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def serve(self, port: int) -> None:
        """Serve `text()` on loopback from a daemon thread; port 0 serves nothing."""
        if port != 0:
            start_http_server(port, "127.0.0.1", self.registry)


@cache
def metrics() -> Metrics:
    """The metrics of this process, made at first use."""
    return Metrics()
