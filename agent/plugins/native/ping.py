"""Ping: whether a host answers, how fast, and how much is lost on the way."""

import re

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.command import output

_SUMMARY = re.compile(r"(\d+) packets transmitted, (\d+)(?: packets)? received")
_TIMES = re.compile(r"= ([\d.]+)/([\d.]+)/([\d.]+)(?:/([\d.]+))? ms")


class PingPlugin(Plugin):
    """One host, asked by the system's `ping`, which may send what this process may not."""

    name = "ping"
    title = "Ping"
    section = "Network"
    options = (
        Option("host", "", "name or address", required=True),
        Option("count", 5, "how often it is asked, 1 to 20"),
    )
    metrics = (
        Metric(
            "up",
            "It answers",
            larger_is_better=True,
            rules=(Rule("a host does not answer", below=1, for_s=120, severity="critical"),),
        ),
        Metric(
            "lost_ratio",
            "Lost on the way",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("packets are lost", above=0.2, for_s=300),),
        ),
        Metric("average_s", "Time to the answer", "s", 5, larger_is_better=False),
        Metric("least_s", "Shortest time", "s", 5),
        Metric("most_s", "Longest time", "s", 5, larger_is_better=False),
        Metric("deviation_s", "Deviation of the times", "s", 5, larger_is_better=False),
    )

    def run(self) -> None:
        """Run ping once; it ends by itself before this run would be ended."""
        host, count = self.option("host"), self.option("count")
        if not 1 <= count <= 20:
            raise PluginError(f"option count: {count} is not allowed; allowed: 1 to 20")
        if host.startswith("-"):
            raise PluginError(f"option host: {host!r} is not allowed; allowed: a name or an address")
        limit_s = max(1, int(self.remaining_s() * 0.8 - 0.2 * count))
        # Not -w: with it, ping asks on until so many answers have come, and what is under way then counts as lost.
        command = ["ping", "-n", "-q", "-c", str(count), "-i", "0.2", "-W", str(limit_s), "--", host]
        said = output(command, timeout_s=self.remaining_s(), allowed=(0, 1))
        found = _SUMMARY.search(said)
        if found is None:
            raise PluginError("ping says something else than it should", said[:300])
        sent, received = int(found[1]), int(found[2])
        self.report("up", float(received > 0))
        self.report("lost_ratio", 1 - min(received, sent) / sent if sent else None)
        times = _TIMES.search(said)
        if times is not None:
            for metric, text in zip(("least_s", "average_s", "most_s", "deviation_s"), times.groups(), strict=True):
                self.report(metric, None if text is None else float(text) / 1000)
