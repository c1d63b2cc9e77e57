"""etcd: leader, proposals, disk latency, size of the database and traffic, from its own metrics."""

import io

from prometheus_client.parser import text_fd_to_metric_families as parse_text

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch


class EtcdPlugin(Plugin):
    """One member of an etcd cluster (version 3)."""

    name = "etcd"
    title = "etcd"
    section = "Coordination"
    options = (
        Option("url", "http://127.0.0.1:2379/metrics", "where its metrics are"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric(
            "has_leader",
            "This member knows a leader",
            larger_is_better=True,
            rules=(Rule("etcd has no leader", below=1, for_s=30, severity="critical"),),
        ),
        Metric("is_leader", "This member is the leader"),
        Metric(
            "leader_changes",
            "Changes of the leader",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("etcd changes its leader again and again", above=0.01, for_s=600),),
        ),
        Metric("proposals", "Proposals that were committed", "1/s", kind="counter"),
        Metric("proposals_pending", "Proposals that wait", larger_is_better=False),
        Metric(
            "proposals_failed",
            "Proposals that failed",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("proposals fail in etcd", above=0.1, for_s=300),),
        ),
        Metric("fsync_s", "Time in fsync of the log, each second", "s/s", 4, larger_is_better=False, kind="counter"),
        Metric("fsyncs", "Calls of fsync of the log", "1/s", kind="counter"),
        Metric("commit_s", "Time in commits of the database, each second", "s/s", 4, kind="counter"),
        Metric("size_bytes", "Size of the database", "bytes"),
        Metric("used_bytes", "Size of the database that is in use", "bytes"),
        Metric(
            "size_ratio",
            "Size of the database of its quota",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("the database of etcd is nearly full", above=0.8, for_s=60, severity="critical"),),
        ),
        Metric("keys", "Keys"),
        Metric("watchers", "Watchers"),
        Metric("received_bytes", "Received from clients", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent to clients", "bytes/s", kind="counter"),
    )

    def run(self) -> None:
        """Read its metrics once."""
        text = fetch(self.option("url"), timeout_s=self.remaining_s(), verify=self.option("verify")).text()
        found: dict[str, float] = {}
        try:
            for family in parse_text(io.StringIO(text)):
                for sample in family.samples:
                    if not sample.name.endswith("_bucket"):
                        found[sample.name] = found.get(sample.name, 0.0) + sample.value
        except (ValueError, KeyError, IndexError) as error:
            raise PluginError("the metrics of etcd cannot be read", str(error)) from error
        if "etcd_server_has_leader" not in found:
            raise PluginError("these are not the metrics of etcd", text[:200])
        for metric, names in _GAUGES:
            self.report(metric, next((found[name] for name in names if name in found), None))
        for metric, name in _COUNTERS:
            self.counter(metric, found.get(name))
        quota, size = found.get("etcd_server_quota_backend_bytes"), found.get("etcd_mvcc_db_total_size_in_bytes")
        if quota and size is not None:
            self.report("size_ratio", size / quota)


_GAUGES = (
    ("has_leader", ("etcd_server_has_leader",)),
    ("is_leader", ("etcd_server_is_leader",)),
    ("proposals_pending", ("etcd_server_proposals_pending",)),
    ("size_bytes", ("etcd_mvcc_db_total_size_in_bytes",)),
    ("used_bytes", ("etcd_mvcc_db_total_size_in_use_in_bytes",)),
    ("keys", ("etcd_debugging_mvcc_keys_total",)),
    ("watchers", ("etcd_debugging_mvcc_watcher_total",)),
)
_COUNTERS = (
    ("leader_changes", "etcd_server_leader_changes_seen_total"),
    ("proposals", "etcd_server_proposals_committed_total"),
    ("proposals_failed", "etcd_server_proposals_failed_total"),
    ("fsync_s", "etcd_disk_wal_fsync_duration_seconds_sum"),
    ("fsyncs", "etcd_disk_wal_fsync_duration_seconds_count"),
    ("commit_s", "etcd_disk_backend_commit_duration_seconds_sum"),
    ("received_bytes", "etcd_network_client_grpc_received_bytes_total"),
    ("sent_bytes", "etcd_network_client_grpc_sent_bytes_total"),
)
