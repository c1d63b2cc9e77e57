"""Elasticsearch and OpenSearch: health of the cluster, shards, documents, searches, heap and disk of a node."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ElasticsearchPlugin(Plugin):
    """One node, and the cluster as it sees it."""

    name = "elasticsearch"
    title = "Elasticsearch"
    section = "Databases"
    options = (
        Option("url", "http://127.0.0.1:9200", "the node's HTTP address"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric(
            "health",
            "Health of the cluster (2 green, or yellow with one data node; 1 yellow; 0 red)",
            larger_is_better=True,
            rules=(
                Rule("the cluster is red", below=1, for_s=60, severity="critical"),
                Rule("the cluster is yellow", below=2, for_s=900),
            ),
        ),
        Metric("nodes", "Nodes", larger_is_better=True),
        Metric("data_nodes", "Nodes with data", larger_is_better=True),
        Metric("shards", "Shards that are active"),
        Metric("shards_moving", "Shards that move or begin", larger_is_better=False),
        Metric(
            "shards_unassigned",
            "Shards without a node",
            larger_is_better=False,
        ),
        Metric("pending_tasks", "Tasks of the cluster that wait", larger_is_better=False),
        Metric("documents", "Documents of this node"),
        Metric("store_bytes", "Data of this node", "bytes"),
        Metric("indexed", "Documents indexed", "1/s", kind="counter"),
        Metric("index_s", "Time in indexing, each second", "s/s", 3, kind="counter"),
        Metric("searches", "Searches", "1/s", kind="counter"),
        Metric("search_s", "Time in searches, each second", "s/s", 3, kind="counter"),
        Metric(
            "heap_ratio",
            "Heap in use",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("the heap is nearly full", above=0.9, for_s=300, severity="critical"),),
        ),
        Metric("collections", "Collections of garbage", "1/s", 2, kind="counter"),
        Metric("collection_s", "Time in collections of garbage, each second", "s/s", 3, kind="counter"),
        Metric(
            "rejected",
            "Requests that were turned away",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("requests are turned away", above=1, for_s=120),),
        ),
        Metric("breakers_tripped", "Times that memory ran out", "1/s", 4, larger_is_better=False, kind="counter"),
        Metric(
            "disk_free_ratio",
            "Disk that is free",
            "ratio",
            2,
            larger_is_better=True,
            rules=(Rule("the disk is nearly full", below=0.1, for_s=300),),
        ),
        Metric("http_connections", "HTTP connections"),
    )

    def run(self) -> None:
        """Health of the cluster, and the statistics of this node."""
        health = self._get("_cluster/health")
        if not isinstance(health, dict) or health.get("status") not in _HEALTH:
            raise PluginError("this is not Elasticsearch", str(health)[:200])
        # Alone, a node cannot hold copies: yellow is as good as it gets.
        alone = health.get("number_of_data_nodes") == 1 and health["status"] == "yellow"
        self.report("health", _HEALTH["green" if alone else health["status"]])
        for metric, field in _CLUSTER:
            self.report(metric, health.get(field))
        self.report("shards_moving", health.get("relocating_shards", 0) + health.get("initializing_shards", 0))
        nodes = self._get("_nodes/_local/stats/indices,jvm,thread_pool,fs,breaker,http").get("nodes") or {}
        for node in nodes.values():
            self._node(node)

    def _node(self, node: "dict[str, Any]") -> None:
        for metric, path in _GAUGES:
            self.report(metric, at(node, path))
        for metric, path, factor in _COUNTERS:
            total = at(node, path)
            self.counter(metric, None if total is None else total * factor)
        used, most = at(node, "jvm.mem.heap_used_in_bytes"), at(node, "jvm.mem.heap_max_in_bytes")
        if used is not None and most:
            self.report("heap_ratio", used / most)
        collectors = (at(node, "jvm.gc") or {}).get("collectors", {}).values()
        self.counter("collections", sum(one.get("collection_count", 0) for one in collectors))
        self.counter("collection_s", sum(one.get("collection_time_in_millis", 0) for one in collectors) / 1000)
        self.counter("rejected", sum(one.get("rejected", 0) for one in node.get("thread_pool", {}).values()))
        self.counter("breakers_tripped", sum(one.get("tripped", 0) for one in node.get("breakers", {}).values()))
        free, whole = at(node, "fs.total.available_in_bytes"), at(node, "fs.total.total_in_bytes")
        if free is not None and whole:
            self.report("disk_free_ratio", free / whole)

    def _get(self, path: str) -> "Any":
        answer = fetch(
            f"{self.option('url').rstrip('/')}/{path}",
            timeout_s=self.remaining_s(),
            user=self.option("user"),
            password=self.option("password"),
            verify=self.option("verify"),
        )
        return answer.json("Elasticsearch")


_HEALTH = {"red": 0, "yellow": 1, "green": 2}
_CLUSTER = (
    ("nodes", "number_of_nodes"),
    ("data_nodes", "number_of_data_nodes"),
    ("shards", "active_shards"),
    ("shards_unassigned", "unassigned_shards"),
    ("pending_tasks", "number_of_pending_tasks"),
)
_GAUGES = (
    ("documents", "indices.docs.count"),
    ("store_bytes", "indices.store.size_in_bytes"),
    ("http_connections", "http.current_open"),
)
_COUNTERS = (
    ("indexed", "indices.indexing.index_total", 1),
    ("index_s", "indices.indexing.index_time_in_millis", 0.001),
    ("searches", "indices.search.query_total", 1),
    ("search_s", "indices.search.query_time_in_millis", 0.001),
)


def at(document: "Any", path: str) -> "Any":
    """What is at a dotted path; None if there is nothing."""
    for part in path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document
