"""Queues in Redis: how long lists, sets and streams are; for Celery and whatever else keeps its jobs there."""

from vedette_plugin import Metric, Option, Plugin, Rule
from vedette_plugin.connecting import connect
from vedette_plugin.resp import Client

_LENGTH = {"list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN"}


class RedisQueuePlugin(Plugin):
    """Some keys of one Redis."""

    name = "redis_queue"
    title = "Queues in Redis"
    section = "Queues"
    options = (
        Option("keys", ["celery"], "the queues: keys of lists, sets, hashes or streams"),
        Option("address", "127.0.0.1:6379", "host:port, or the path of a Unix socket"),
        Option("username", "", "of an ACL user; empty: the default user"),
        Option("password", "", "for AUTH; empty: none", secret=True),
        Option("tls", False, "speak TLS"),
        Option("database", 0, "the number of the database"),
    )
    metrics = (
        Metric(
            "length",
            "Things that wait; 0 if the key is not there",
            larger_is_better=False,
            rules=(Rule("a queue is long", above=10_000, for_s=600),),
        ),
    )

    def run(self) -> None:
        """One connection."""
        address, tls = self.option("address"), self.option("tls")
        with connect(address, timeout_s=self.remaining_s(), tls=tls) as connection, Client(connection) as redis:
            redis.log_in(self.option("username"), self.option("password"), self.option("database"))
            for key in self.option("keys"):
                kind = redis.ask("TYPE", key)
                length = redis.ask(_LENGTH[str(kind)], key) if kind in _LENGTH else 0
                if kind in _LENGTH or kind == "none":
                    self.report("length", float(length) if isinstance(length, int) else None, key=key)
                else:
                    self.error(f"{key} is a {kind}: it has no length")
