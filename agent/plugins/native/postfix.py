"""Postfix: how many messages are in which queue, and how old the oldest are, from its queue's folders or postqueue."""

import json
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.command import lines

_QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")


class PostfixPlugin(Plugin):
    """One Postfix (3.1 or later), through `postqueue -j`, which every user may run."""

    name = "postfix"
    title = "Postfix"
    section = "Mail"
    options = (Option("config", "", "the folder of its configuration; empty: the default one"),)
    metrics = (
        Metric("messages", "Messages in a queue", larger_is_better=False),
        Metric(
            "waiting",
            "Messages in all queues but hold",
            larger_is_better=False,
            rules=(Rule("mail piles up", above=500, for_s=900),),
        ),
        Metric("size_bytes", "Size of the messages in a queue", "bytes"),
        Metric(
            "oldest_s",
            "Age of the oldest message that has not been tried yet",
            "s",
            larger_is_better=False,
            rules=(Rule("mail is not delivered", above=3600, for_s=60),),
        ),
        Metric("oldest_deferred_s", "Age of the oldest message that is tried again and again", "s"),
    )

    def run(self) -> None:
        """List the queue once."""
        place = ["-c", self.option("config")] if self.option("config") else []
        counts, sizes = dict.fromkeys(_QUEUES, 0), dict.fromkeys(_QUEUES, 0)
        oldest = deferred = now = time.time()
        for line in lines(["postqueue", *place, "-j"], timeout_s=self.remaining_s()):
            try:
                message = json.loads(line)
                queue, size, since = message["queue_name"], message["message_size"], message["arrival_time"]
            except (ValueError, KeyError, TypeError):
                raise PluginError("postqueue says something else than it should", line[:200]) from None
            counts[queue] = counts.get(queue, 0) + 1
            sizes[queue] = sizes.get(queue, 0) + size
            if queue == "deferred":
                deferred = min(deferred, since)
            elif queue != "hold":
                oldest = min(oldest, since)
        for queue, count in counts.items():
            self.report("messages", count, queue=queue)
            self.report("size_bytes", sizes[queue], queue=queue)
        self.report("waiting", sum(counts.values()) - counts["hold"])
        self.report("oldest_s", now - oldest)
        self.report("oldest_deferred_s", now - deferred)
