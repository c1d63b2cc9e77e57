"""ZooKeeper: latency, queues, connections, nodes and followers, from the four-letter words ruok and mntr."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect

_MOST = 1 << 20


class ZookeeperPlugin(Plugin):
    """One server of a ZooKeeper; its `4lw.commands.whitelist` must allow mntr."""

    name = "zookeeper"
    title = "ZooKeeper"
    section = "Coordination"
    options = (
        Option("address", "127.0.0.1:2181", "host:port"),
        Option("tls", False, "speak TLS"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("latency_average_s", "Average latency", "s", 4, larger_is_better=False),
        Metric("latency_most_s", "Longest latency since its start", "s", 4, larger_is_better=False),
        Metric(
            "outstanding",
            "Requests that wait",
            larger_is_better=False,
            rules=(Rule("ZooKeeper does not keep up", above=100, for_s=120),),
        ),
        Metric("connections", "Open connections"),
        Metric("received", "Packets received", "1/s", kind="counter"),
        Metric("sent", "Packets sent", "1/s", kind="counter"),
        Metric("nodes", "Nodes"),
        Metric("ephemerals", "Ephemeral nodes"),
        Metric("watches", "Watches"),
        Metric("data_bytes", "Data, about", "bytes"),
        Metric("files", "Open files"),
        Metric(
            "files_ratio",
            "Open files of those that may be",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("ZooKeeper runs out of files", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric(
            "serving",
            "It serves requests: it leads, follows or stands alone",
            larger_is_better=True,
            rules=(Rule("ZooKeeper has no quorum", below=1, for_s=60, severity="critical"),),
        ),
        Metric("is_leader", "This server is the leader"),
        Metric("followers", "Followers of the leader"),
        Metric("followers_synced", "Followers that are in step", larger_is_better=True),
    )

    def run(self) -> None:
        """One connection, one word."""
        address = self.option("address")
        tls, verify, limit_s = self.option("tls"), self.option("verify"), self.remaining_s()
        with connect(address, timeout_s=limit_s, tls=tls, verify=verify) as connection:
            connection.sendall(b"mntr")
            with connection.makefile("rb") as answer:
                said = answer.read(_MOST).decode("utf-8", "replace")
        if "not currently serving requests" in said:
            self.report("serving", 0)
            return
        found = dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)
        if "zk_server_state" not in found:
            why = "its 4lw.commands.whitelist does not allow mntr" if "whitelist" in said else said[:200]
            raise PluginError("ZooKeeper does not tell its state", why)
        self.report("serving", 1)
        self.report("is_leader", float(found["zk_server_state"] == "leader"))
        for metric, field, factor in _GAUGES:
            value = number(found, field)
            self.report(metric, None if value is None else value * factor)
        for metric, field in (("received", "zk_packets_received"), ("sent", "zk_packets_sent")):
            self.counter(metric, number(found, field))
        most, files = number(found, "zk_max_file_descriptor_count"), number(found, "zk_open_file_descriptor_count")
        if most and files is not None:
            self.report("files_ratio", files / most)


_GAUGES = (
    ("latency_average_s", "zk_avg_latency", 0.001),
    ("latency_most_s", "zk_max_latency", 0.001),
    ("outstanding", "zk_outstanding_requests", 1),
    ("connections", "zk_num_alive_connections", 1),
    ("nodes", "zk_znode_count", 1),
    ("ephemerals", "zk_ephemerals_count", 1),
    ("watches", "zk_watch_count", 1),
    ("data_bytes", "zk_approximate_data_size", 1),
    ("files", "zk_open_file_descriptor_count", 1),
    ("followers", "zk_followers", 1),
    ("followers_synced", "zk_synced_followers", 1),
)


def number(found: dict[str, str], field: str) -> float | None:
    """A field as a number; None if it is missing or none."""
    try:
        return float(found[field])
    except (KeyError, ValueError):
        return None
