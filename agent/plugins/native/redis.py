"""Redis: memory, clients, commands, hits, keys, persistence and replication, from INFO."""

from vedette_plugin import Metric, Option, Plugin, Rule
from vedette_plugin.connecting import connect
from vedette_plugin.resp import Client


class RedisPlugin(Plugin):
    """One Redis server, or anything that speaks its protocol."""

    name = "redis"
    title = "Redis"
    section = "Databases"
    options = (
        Option("address", "127.0.0.1:6379", "host:port, or the path of a Unix socket"),
        Option("username", "", "of an ACL user; empty: the default user"),
        Option("password", "", "for AUTH; empty: none", secret=True),
        Option("tls", False, "speak TLS"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("Redis was restarted", below=300),)),
        Metric("used_bytes", "Memory in use", "bytes"),
        Metric("max_bytes", "Memory limit", "bytes"),
        Metric(
            "used_ratio",
            "Memory in use of its limit",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("Redis is nearly full", above=0.9, for_s=300),),
        ),
        Metric("rss_bytes", "Resident memory", "bytes"),
        Metric("fragmentation_ratio", "Fragmentation", "ratio", 2, larger_is_better=False),
        Metric("clients", "Clients"),
        Metric("clients_blocked", "Blocked clients", larger_is_better=False),
        Metric("commands", "Commands", "1/s", kind="counter"),
        Metric("connections", "New connections", "1/s", kind="counter"),
        Metric(
            "connections_refused",
            "Refused connections",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("Redis refuses connections", above=0, for_s=60, severity="critical"),),
        ),
        Metric("hits", "Keyspace hits", "1/s", kind="counter", larger_is_better=True),
        Metric("misses", "Keyspace misses", "1/s", kind="counter", larger_is_better=False),
        Metric("expired_keys", "Expired keys", "1/s", kind="counter"),
        Metric("evicted_keys", "Evicted keys", "1/s", kind="counter", larger_is_better=False),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("keys", "Keys of a database"),
        Metric("changes_unsaved", "Changes since the last save"),
        Metric(
            "save_ok",
            "Last save succeeded",
            larger_is_better=True,
            rules=(Rule("Redis cannot save", below=1, severity="critical"),),
        ),
        Metric("replicas", "Connected replicas"),
        Metric(
            "master_link_up",
            "Link to the master is up",
            larger_is_better=True,
            rules=(Rule("Redis replication is broken", below=1, for_s=60, severity="critical"),),
        ),
        Metric(
            "master_silent_s",
            "Silence of the master",
            "s",
            larger_is_better=False,
            rules=(Rule("Redis replication lags", above=60, for_s=60),),
        ),
    )

    def run(self) -> None:
        """One connection, AUTH if need be, one INFO."""
        address, tls = self.option("address"), self.option("tls")
        with connect(address, timeout_s=self.remaining_s(), tls=tls) as connection, Client(connection) as client:
            client.log_in(self.option("username"), self.option("password"))
            found = read_info(str(client.ask("INFO")))
        for metric, key in _GAUGES:
            self.report(metric, number(found, key))
        for metric, key in _COUNTERS:
            self.counter(metric, number(found, key))
        self._derived(found)

    def _derived(self, found: dict[str, str]) -> None:
        most = number(found, "maxmemory") or 0
        if most:
            self.report("used_ratio", (number(found, "used_memory") or 0) / most)
        if "rdb_last_bgsave_status" in found:
            self.report("save_ok", float(found["rdb_last_bgsave_status"] == "ok"))
        if found.get("role") == "slave":
            self.report("master_link_up", float(found.get("master_link_status") == "up"))
            silent = number(found, "master_last_io_seconds_ago")
            self.report("master_silent_s", silent if silent is None or silent >= 0 else None)
        for name, text in found.items():
            if name[:2] == "db" and name[2:].isdigit():
                keys = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
                self.report("keys", number(keys, "keys"), db=name[2:])


_GAUGES = (
    ("uptime_s", "uptime_in_seconds"),
    ("used_bytes", "used_memory"),
    ("max_bytes", "maxmemory"),
    ("rss_bytes", "used_memory_rss"),
    ("fragmentation_ratio", "mem_fragmentation_ratio"),
    ("clients", "connected_clients"),
    ("clients_blocked", "blocked_clients"),
    ("changes_unsaved", "rdb_changes_since_last_save"),
    ("replicas", "connected_slaves"),
)
_COUNTERS = (
    ("commands", "total_commands_processed"),
    ("connections", "total_connections_received"),
    ("connections_refused", "rejected_connections"),
    ("hits", "keyspace_hits"),
    ("misses", "keyspace_misses"),
    ("expired_keys", "expired_keys"),
    ("evicted_keys", "evicted_keys"),
    ("received_bytes", "total_net_input_bytes"),
    ("sent_bytes", "total_net_output_bytes"),
)


def read_info(text: str) -> dict[str, str]:
    """The fields of an INFO answer, without its headings."""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))


def number(found: dict[str, str], key: str) -> float | None:
    """A field as a number; None if it is missing or none."""
    try:
        return float(found[key])
    except (KeyError, ValueError):
        return None
