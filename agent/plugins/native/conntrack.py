"""Connection tracking of the kernel's firewall: how full its table is, and what it had to drop."""

import os

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule


class ConntrackPlugin(Plugin):
    """This host's nf_conntrack."""

    name = "conntrack"
    title = "Connection tracking"
    section = "Network"
    options = (Option("proc", "/proc", "where the host's /proc is seen"),)
    metrics = (
        Metric("entries", "Connections in the table"),
        Metric("most", "Connections that the table can hold"),
        Metric(
            "used_ratio",
            "The table, of what it can hold",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("the table of connections is nearly full", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric("invalid", "Packets that belong to no connection", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("insert_failed", "Entries that could not be made", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric(
            "dropped",
            "Packets that were dropped: the table was full, or two began the same connection at once",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("connection tracking drops packets", above=5, for_s=300),),
        ),
        Metric("early_dropped", "Entries that had to make room", "1/s", 2, larger_is_better=False, kind="counter"),
    )

    def run(self) -> None:
        """Read three files."""
        folder = f"{self.option('proc')}/sys/net/netfilter"
        entries, most = (int(_text(f"{folder}/nf_conntrack_{name}")) for name in ("count", "max"))
        self.report("entries", entries)
        self.report("most", most)
        if most:
            self.report("used_ratio", entries / most)
        # One row for each processor, in hexadecimal; which columns there are depends on the kernel.
        statistics = f"{self.option('proc')}/net/stat/nf_conntrack"
        if not os.path.exists(statistics):  # kernels may be built without it
            return
        names, *rows = (line.split() for line in _text(statistics).splitlines())
        for metric, column in _COUNTERS:
            if column in names:
                self.counter(metric, sum(int(row[names.index(column)], 16) for row in rows))


_COUNTERS = (
    ("invalid", "invalid"),
    ("insert_failed", "insert_failed"),
    ("dropped", "drop"),
    ("early_dropped", "early_drop"),
)


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise PluginError(f"{path}: {error.strerror}: is nf_conntrack loaded?") from error
