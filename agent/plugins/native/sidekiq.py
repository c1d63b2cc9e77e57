"""Sidekiq: jobs that wait, run, come again and have failed for good, and how old the queues are, from its Redis."""

import json
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect
from vedette_plugin.resp import Client

_MOST_QUEUES = 100
_MILLISECONDS = 1e11
"""Times above this are in milliseconds, as Sidekiq 8 has them; below, in seconds."""


class SidekiqPlugin(Plugin):
    """All queues of a Sidekiq."""

    name = "sidekiq"
    title = "Sidekiq"
    section = "Queues"
    options = (
        Option("address", "127.0.0.1:6379", "host:port of its Redis, or the path of a Unix socket"),
        Option("username", "", "of an ACL user; empty: the default user"),
        Option("password", "", "for AUTH; empty: none", secret=True),
        Option("tls", False, "speak TLS"),
        Option("database", 0, "the number of the database"),
    )
    metrics = (
        Metric("processed", "Jobs that were done", "1/s", kind="counter"),
        Metric("failed", "Jobs that failed", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("enqueued", "Jobs that wait in a queue", larger_is_better=False),
        Metric(
            "latency_s",
            "Time that the next job of a queue has waited",
            "s",
            1,
            larger_is_better=False,
            rules=(Rule("a Sidekiq queue is late", above=300, for_s=300),),
        ),
        Metric("scheduled", "Jobs that wait for their time"),
        Metric("retries", "Jobs that come again", larger_is_better=False),
        Metric("dead", "Jobs that failed for good", larger_is_better=False),
        Metric(
            "processes",
            "Processes of Sidekiq",
            larger_is_better=True,
            rules=(Rule("no Sidekiq runs", below=1, for_s=120, severity="critical"),),
        ),
        Metric("busy", "Jobs that are worked on"),
    )

    def run(self) -> None:
        """One connection."""
        address, tls = self.option("address"), self.option("tls")
        with connect(address, timeout_s=self.remaining_s(), tls=tls) as connection, Client(connection) as redis:
            redis.log_in(self.option("username"), self.option("password"), self.option("database"))
            self.counter("processed", _number(redis.ask("GET", "stat:processed")) or 0.0)
            self.counter("failed", _number(redis.ask("GET", "stat:failed")) or 0.0)
            for metric, key in (("scheduled", "schedule"), ("retries", "retry"), ("dead", "dead")):
                self.report(metric, _number(redis.ask("ZCARD", key)))
            for queue in sorted(_texts(redis.ask("SMEMBERS", "queues")))[:_MOST_QUEUES]:
                self.report("enqueued", _number(redis.ask("LLEN", f"queue:{queue}")), queue=queue)
                self.report("latency_s", _waited(redis.ask("LINDEX", f"queue:{queue}", "-1")), queue=queue)
            self._processes(redis)

    def _processes(self, redis: Client) -> None:
        found = _texts(redis.ask("SMEMBERS", "processes"))
        alive = [busy for busy in (redis.ask("HGET", key, "busy") for key in found) if busy is not None]
        self.report("processes", len(alive))
        self.report("busy", sum(_number(busy) or 0.0 for busy in alive))


def _texts(answer: object) -> list[str]:
    if not isinstance(answer, list):
        raise PluginError("this is not the Redis of a Sidekiq", f"it answered {answer!r:.80}")
    return [item for item in answer if isinstance(item, str)]


def _number(answer: object) -> float | None:
    try:
        return float(answer) if isinstance(answer, str | int) else None
    except ValueError:
        return None


def _waited(job: object) -> float:
    """How long the job at a queue's end has waited; 0 if there is none."""
    if not isinstance(job, str):
        return 0.0
    try:
        since = float(json.loads(job)["enqueued_at"])
    except (ValueError, KeyError, TypeError):
        return 0.0
    return max(0.0, time.time() - (since / 1000 if since > _MILLISECONDS else since))
