"""memcached: memory, items, hits, evictions and connections, from the command stats."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect

_MOST = 1 << 16


class MemcachedPlugin(Plugin):
    """One memcached."""

    name = "memcached"
    title = "memcached"
    section = "Databases"
    options = (
        Option("address", "127.0.0.1:11211", "host:port, or the path of a Unix socket"),
        Option("tls", False, "speak TLS"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("memcached was restarted", below=300),)),
        Metric("used_bytes", "Memory of items", "bytes"),
        Metric("max_bytes", "Memory limit", "bytes"),
        Metric("used_ratio", "Memory in use of its limit", "ratio", 2),
        Metric("items", "Items"),
        Metric("connections", "Open connections"),
        Metric(
            "connections_ratio",
            "Open connections of the most that are allowed",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("memcached runs out of connections", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric("connections_refused", "Refused connections", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("gets", "Reads", "1/s", kind="counter"),
        Metric("sets", "Writes", "1/s", kind="counter"),
        Metric("hits", "Hits", "1/s", larger_is_better=True, kind="counter"),
        Metric("misses", "Misses", "1/s", larger_is_better=False, kind="counter"),
        Metric(
            "evictions",
            "Items that had to make room",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("memcached evicts many items", above=100, for_s=600),),
        ),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
    )

    def run(self) -> None:
        """One connection, one `stats`."""
        with connect(self.option("address"), timeout_s=self.remaining_s(), tls=self.option("tls")) as connection:
            connection.sendall(b"stats\r\n")
            with connection.makefile("rb") as answer:
                found = read_stats(answer.readline, _MOST)
        for metric, key in _GAUGES:
            self.report(metric, found.get(key))
        for metric, key in _COUNTERS:
            self.counter(metric, found.get(key))
        for metric, part, whole in (
            ("used_ratio", "bytes", "limit_maxbytes"),
            ("connections_ratio", "curr_connections", "max_connections"),
        ):
            if found.get(whole):
                self.report(metric, found.get(part, 0.0) / found[whole])


_GAUGES = (
    ("uptime_s", "uptime"),
    ("used_bytes", "bytes"),
    ("max_bytes", "limit_maxbytes"),
    ("items", "curr_items"),
    ("connections", "curr_connections"),
)
_COUNTERS = (
    ("connections_refused", "rejected_connections"),
    ("gets", "cmd_get"),
    ("sets", "cmd_set"),
    ("hits", "get_hits"),
    ("misses", "get_misses"),
    ("evictions", "evictions"),
    ("received_bytes", "bytes_read"),
    ("sent_bytes", "bytes_written"),
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def read_stats(read: "Callable[[int], bytes]", most: int) -> dict[str, float]:
    """The numbers in an answer to `stats`, up to its `END`."""
    found: dict[str, float] = {}
    size = 0
    while size < most:
        line = read(most)
        size += len(line)
        if line.rstrip() == b"END":
            return found
        words = line.decode("utf-8", "replace").split()
        if len(words) < 2 or words[0] != "STAT":
            raise PluginError("this is not memcached", f"it answered {line[:80]!r}")
        try:
            found[words[1]] = float(words[2])
        except (IndexError, ValueError):
            continue
    raise PluginError("the answer of memcached has no end")
