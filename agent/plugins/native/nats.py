"""NATS: connections, messages, slow consumers and memory, from its monitoring port."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch


class NatsPlugin(Plugin):
    """One NATS server, started with `http_port` (or -m)."""

    name = "nats"
    title = "NATS"
    section = "Queues"
    options = (
        Option("url", "http://127.0.0.1:8222", "its monitoring address"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("cpu_ratio", "Share of a processor core", "ratio", 2),
        Metric("memory_bytes", "Resident memory", "bytes"),
        Metric("connections", "Open connections"),
        Metric(
            "connections_ratio",
            "Open connections of the most that are allowed",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("NATS runs out of connections", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric("new_connections", "New connections", "1/s", kind="counter"),
        Metric("subscriptions", "Subscriptions"),
        Metric("received", "Messages received", "1/s", kind="counter"),
        Metric("sent", "Messages sent", "1/s", kind="counter"),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric(
            "slow_consumers",
            "Consumers that were cut off because they were slow",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("NATS cuts off slow consumers", above=0, for_s=60),),
        ),
        Metric("routes", "Routes to other servers"),
    )

    def run(self) -> None:
        """Read /varz once."""
        url = self.option("url").rstrip("/") + "/varz"
        found = fetch(url, timeout_s=self.remaining_s(), verify=self.option("verify")).json("a NATS server")
        if not isinstance(found, dict) or "server_id" not in found:
            raise PluginError("this is not a NATS server", str(found)[:200])
        self.report("cpu_ratio", found.get("cpu", 0) / 100)
        for metric, field in _GAUGES:
            self.report(metric, found.get(field))
        for metric, field in _COUNTERS:
            self.counter(metric, found.get(field))
        if found.get("max_connections"):
            self.report("connections_ratio", found.get("connections", 0) / found["max_connections"])


_GAUGES = (
    ("memory_bytes", "mem"),
    ("connections", "connections"),
    ("subscriptions", "subscriptions"),
    ("routes", "routes"),
)
_COUNTERS = (
    ("new_connections", "total_connections"),
    ("received", "in_msgs"),
    ("sent", "out_msgs"),
    ("received_bytes", "in_bytes"),
    ("sent_bytes", "out_bytes"),
    ("slow_consumers", "slow_consumers"),
)
