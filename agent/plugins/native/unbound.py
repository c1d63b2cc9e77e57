"""Unbound: questions, hits, answers by their code, and what waits, from unbound-control."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.command import output


class UnboundPlugin(Plugin):
    """One Unbound with `control-enable: yes`; `extended-statistics: yes` tells more."""

    name = "unbound"
    title = "Unbound"
    section = "Network"
    options = (
        Option("config", "", "its configuration file; empty: the default one"),
        Option("command", ["unbound-control"], "the command and its first arguments"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("Unbound was restarted", below=300),)),
        Metric("questions", "Questions", "1/s", kind="counter"),
        Metric("hits", "Answered from the cache", "1/s", larger_is_better=True, kind="counter"),
        Metric("misses", "Not in the cache", "1/s", larger_is_better=False, kind="counter"),
        Metric("prefetches", "Refreshed before they were too old", "1/s", 2, kind="counter"),
        Metric(
            "waiting",
            "Questions that wait for other servers",
            larger_is_better=False,
            rules=(Rule("Unbound waits for other servers", above=1000, for_s=300),),
        ),
        Metric("overwritten", "Questions that had to make room", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric(
            "exceeded",
            "Questions that were dropped: too many wait",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("Unbound drops questions", above=0, for_s=120, severity="critical"),),
        ),
        Metric("recursion_average_s", "Average time of a question that was not in the cache", "s", 4),
        Metric("recursion_median_s", "Median of the same", "s", 4),
        Metric("answers", "Answers by their code", "1/s", 2, kind="counter"),
        Metric("bogus", "Answers whose signature is wrong", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("cached", "Entries of a cache"),
    )

    def run(self) -> None:
        """Ask once; nothing is set back by it."""
        place = ["-c", self.option("config")] if self.option("config") else []
        said = output([*self.option("command"), *place, "stats_noreset"], timeout_s=self.remaining_s())
        found: dict[str, float] = {}
        for line in said.splitlines():
            name, _, text = line.partition("=")
            try:
                found[name] = float(text)
            except ValueError:
                continue
        if "total.num.queries" not in found:
            raise PluginError("unbound-control says something else than it should", said[:200])
        for metric, field in _GAUGES:
            self.report(metric, found.get(field))
        for metric, field in _COUNTERS:
            self.counter(metric, found.get(field))
        for name, value in found.items():
            if name.startswith("num.answer.rcode."):
                self.counter("answers", value, code=name.rpartition(".")[2])
            elif name.endswith(".cache.count"):
                self.report("cached", value, cache=name.partition(".")[0])


_GAUGES = (
    ("uptime_s", "time.up"),
    ("waiting", "total.requestlist.current.all"),
    ("recursion_average_s", "total.recursion.time.avg"),
    ("recursion_median_s", "total.recursion.time.median"),
)
_COUNTERS = (
    ("questions", "total.num.queries"),
    ("hits", "total.num.cachehits"),
    ("misses", "total.num.cachemiss"),
    ("prefetches", "total.num.prefetch"),
    ("overwritten", "total.requestlist.overwritten"),
    ("exceeded", "total.requestlist.exceeded"),
    ("bogus", "num.answer.bogus"),
)
