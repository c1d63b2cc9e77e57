"""RabbitMQ: queues, messages, consumers, alarms and nodes, from the management plugin's API."""

from urllib.parse import quote

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_QUEUES = 100


class RabbitmqPlugin(Plugin):
    """One RabbitMQ cluster, through one of its nodes; the user needs the tag monitoring."""

    name = "rabbitmq"
    title = "RabbitMQ"
    section = "Queues"
    options = (
        Option("url", "http://127.0.0.1:15672", "where the management plugin listens"),
        Option("user", "guest", "with the tag monitoring"),
        Option("password", "guest", "its password", secret=True),
        Option("verify", True, "check the certificate"),
        Option("queues", True, "report each queue too, up to a hundred: the longest"),
    )
    metrics = (
        Metric("ready", "Messages that wait", larger_is_better=False),
        Metric("unacknowledged", "Messages that are being worked on"),
        Metric("published", "Messages published", "1/s"),
        Metric("delivered", "Messages delivered", "1/s"),
        Metric("acknowledged", "Messages acknowledged", "1/s"),
        Metric("redelivered", "Messages delivered again", "1/s", 2, larger_is_better=False),
        Metric(
            "unroutable",
            "Messages that no queue took",
            "1/s",
            2,
            larger_is_better=False,
            rules=(Rule("messages come that no queue takes", above=1, for_s=300),),
        ),
        Metric("connections", "Connections"),
        Metric("channels", "Channels"),
        Metric("consumers", "Consumers"),
        Metric("queues", "Queues"),
        Metric(
            "queue_ready",
            "Messages that wait in a queue",
            larger_is_better=False,
            rules=(Rule("a queue grows long", above=10_000, for_s=600),),
        ),
        Metric("queue_unacknowledged", "Messages of a queue that are being worked on"),
        Metric("queue_consumers", "Consumers of a queue", larger_is_better=True),
        Metric(
            "node_running",
            "A node runs",
            larger_is_better=True,
            rules=(Rule("a node of RabbitMQ is down", below=1, for_s=30, severity="critical"),),
        ),
        Metric(
            "node_alarms",
            "Alarms of a node (memory, disk): publishers are blocked",
            larger_is_better=False,
            rules=(Rule("RabbitMQ blocks publishers", above=0, severity="critical"),),
        ),
        Metric("node_partitions", "Nodes that a node has lost sight of", larger_is_better=False,
               rules=(Rule("RabbitMQ is split", above=0, severity="critical"),)),
        Metric("node_memory_ratio", "Memory of a node of its limit", "ratio", 2, larger_is_better=False),
        Metric("node_disk_free_bytes", "Free disk of a node", "bytes", larger_is_better=True),
        Metric("node_files_ratio", "Files of a node of those that may be", "ratio", 2, larger_is_better=False),
    )  # fmt: skip

    def run(self) -> None:
        """The overview, the nodes, and the queues."""
        overview = self._get("overview")
        if not isinstance(overview, dict) or "queue_totals" not in overview:
            raise PluginError("this is not the API of RabbitMQ", str(overview)[:200])
        lengths, messages = overview.get("queue_totals") or {}, overview.get("message_stats") or {}
        self.report("ready", lengths.get("messages_ready", 0))
        self.report("unacknowledged", lengths.get("messages_unacknowledged", 0))
        # Rates as the cluster itself makes them: its totals shrink when a node leaves.
        for metric, fields in _RATES:
            rates = [messages[f"{field}_details"]["rate"] for field in fields if f"{field}_details" in messages]
            self.report(metric, sum(rates) if rates else None)
        for name, count in (overview.get("object_totals") or {}).items():
            if name in {"connections", "channels", "consumers", "queues"}:
                self.report(name, count)
        for node in self._get("nodes"):
            self._node(node)
        if self.option("queues"):
            columns = "name,vhost,messages_ready,messages_unacknowledged,consumers"
            order = f"columns={columns}&sort=messages_ready&sort_reverse=true&page=1&page_size={_MOST_QUEUES}"
            found = self._get(f"queues?{order}")
            for queue in found.get("items", []) if isinstance(found, dict) else found:
                labels = {"queue": queue["name"], "vhost": queue.get("vhost", "/")}
                self.report("queue_ready", queue.get("messages_ready"), **labels)
                self.report("queue_unacknowledged", queue.get("messages_unacknowledged"), **labels)
                self.report("queue_consumers", queue.get("consumers"), **labels)

    def _node(self, node: "dict[str, Any]") -> None:
        name = node["name"]
        self.report("node_running", float(bool(node.get("running"))), node=name)
        if not node.get("running"):
            return
        alarms = bool(node.get("mem_alarm")) + bool(node.get("disk_free_alarm"))
        self.report("node_alarms", alarms, node=name)
        self.report("node_partitions", len(node.get("partitions") or ()), node=name)
        self.report("node_disk_free_bytes", number(node.get("disk_free")), node=name)
        for metric, part, whole in (
            ("node_memory_ratio", "mem_used", "mem_limit"),
            ("node_files_ratio", "fd_used", "fd_total"),
        ):
            used, most = number(node.get(part)), number(node.get(whole))
            if used is not None and most:
                self.report(metric, used / most, node=name)

    def _get(self, path: str) -> "Any":
        answer = fetch(
            f"{self.option('url').rstrip('/')}/api/{quote(path, safe='/?=&,')}",
            timeout_s=self.remaining_s(),
            user=self.option("user"),
            password=self.option("password"),
            verify=self.option("verify"),
        )
        return answer.json("the API of RabbitMQ")


_RATES = (
    ("published", ("publish",)),
    ("delivered", ("deliver_get",)),
    ("acknowledged", ("ack",)),
    ("redelivered", ("redeliver",)),
    ("unroutable", ("drop_unroutable", "return_unroutable")),
)


def number(value: "Any") -> float | None:
    """A number; None for the words that stand where the server could not find one out."""
    return float(value) if isinstance(value, int | float) else None
