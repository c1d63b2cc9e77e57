"""MongoDB: connections, operations, cache, locks and replication, from serverStatus and replSetGetStatus."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.bson import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MongodbPlugin(Plugin):
    """One mongod or mongos, 3.6 or later. Its user needs the role clusterMonitor."""

    name = "mongodb"
    title = "MongoDB"
    section = "Databases"
    options = (
        Option("address", "127.0.0.1:27017", "host:port, or the path of a Unix socket"),
        Option("user", "", "with the role clusterMonitor; empty: no login"),
        Option("password", "", "its password", secret=True),
        Option("auth_database", "admin", "where the user is kept"),
        Option("tls", False, "speak TLS"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("MongoDB was restarted", below=300),)),
        Metric("connections", "Open connections"),
        Metric(
            "connections_ratio",
            "Open connections of the most that are allowed",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("MongoDB runs out of connections", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric("operations", "Operations by their kind", "1/s", kind="counter"),
        Metric("documents", "Documents by what was done to them", "1/s", kind="counter"),
        Metric("scanned", "Documents looked at by queries", "1/s", larger_is_better=False, kind="counter"),
        Metric(
            "queued",
            "Operations that wait for a lock",
            larger_is_better=False,
            rules=(Rule("operations wait for locks", above=50, for_s=120),),
        ),
        Metric("memory_bytes", "Resident memory", "bytes"),
        Metric("cache_used_ratio", "Cache in use of its limit", "ratio", 2),
        Metric("cache_dirty_ratio", "Cache that is not written yet, of its limit", "ratio", 2, larger_is_better=False),
        Metric("cache_read_bytes", "Read into the cache", "bytes/s", kind="counter"),
        Metric("cache_written_bytes", "Written from the cache", "bytes/s", kind="counter"),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("asserts", "Assertions by their kind", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric(
            "member_healthy",
            "A member of the replica set is primary, secondary or arbiter",
            larger_is_better=True,
            rules=(Rule("a member of the replica set is not well", below=1, for_s=60, severity="critical"),),
        ),
        Metric("is_primary", "This member is the primary"),
        Metric(
            "member_lag_s",
            "How far a secondary is behind the primary",
            "s",
            larger_is_better=False,
            rules=(Rule("a secondary lags", above=60, for_s=120),),
        ),
    )

    def run(self) -> None:
        """One session, two commands."""
        address, tls, verify = self.option("address"), self.option("tls"), self.option("verify")
        with Client(address, timeout_s=self.remaining_s(), tls=tls, verify=verify) as client:
            if self.option("user"):
                client.log_in(self.option("user"), self.option("password"), self.option("auth_database"))
            found = client.ask({"serverStatus": 1})
            if "repl" in found and found["repl"].get("setName"):
                self._members(client)
        for metric, path in _GAUGES:
            self.report(metric, at(found, path))
        for metric, path in _COUNTERS:
            self.counter(metric, at(found, path))
        memory = at(found, "mem.resident")
        self.report("memory_bytes", None if memory is None else memory * (1 << 20))
        current, left = at(found, "connections.current"), at(found, "connections.available")
        if current is not None and left is not None and current + left:
            self.report("connections_ratio", current / (current + left))
        for metric, label, path in (
            ("operations", "kind", "opcounters"),
            ("documents", "done", "metrics.document"),
            ("asserts", "kind", "asserts"),
        ):
            for name, total in (at(found, path) or {}).items():
                if isinstance(total, int | float) and name != "rollovers":
                    self.counter(metric, total, **{label: name})
        self._cache(at(found, "wiredTiger.cache") or {})

    def _cache(self, cache: "dict[str, Any]") -> None:
        most = cache.get("maximum bytes configured")
        if not most:
            return
        self.report("cache_used_ratio", cache.get("bytes currently in the cache", 0) / most)
        self.report("cache_dirty_ratio", cache.get("tracked dirty bytes in the cache", 0) / most)
        self.counter("cache_read_bytes", cache.get("bytes read into cache"))
        self.counter("cache_written_bytes", cache.get("bytes written from cache"))

    def _members(self, client: Client) -> None:
        try:
            members = list(client.ask({"replSetGetStatus": 1})["members"].values())
        except PluginError as error:
            self.error("the replica set may not be seen", error.subject)
            return
        primary = next((one for one in members if one.get("state") == 1), None)
        for member in members:
            name = member.get("name", "")
            self.report("member_healthy", float(member.get("state") in {1, 2, 7}), member=name)
            if member.get("self"):
                self.report("is_primary", float(member.get("state") == 1))
            if primary is not None and member.get("state") == 2:
                lag_ms = primary.get("optimeDate", 0) - member.get("optimeDate", 0)
                self.report("member_lag_s", max(0.0, lag_ms / 1000), member=name)


_GAUGES = (
    ("uptime_s", "uptime"),
    ("connections", "connections.current"),
    ("queued", "globalLock.currentQueue.total"),
)
_COUNTERS = (
    ("scanned", "metrics.queryExecutor.scannedObjects"),
    ("received_bytes", "network.bytesIn"),
    ("sent_bytes", "network.bytesOut"),
)


def at(document: "Any", path: str) -> "Any":
    """What is at a dotted path; None if there is nothing."""
    for part in path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document
