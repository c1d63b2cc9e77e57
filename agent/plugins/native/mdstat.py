"""Linux software RAID: arrays with missing or faulty disks, and how far repairs are, from /proc/mdstat."""

import re

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule

_ARRAY = re.compile(r"^(?P<name>md\S*) : (?P<state>\S+)(?: \([^)]*\))*(?P<rest>.*)$")
_DISKS = re.compile(r"\[(?P<wanted>\d+)/(?P<present>\d+)\]")
_WORK = re.compile(r"(?P<work>resync|recovery|reshape|check|repair)\s*=\s*(?P<percent>[\d.]+)%")
_PENDING = re.compile(r"(?P<work>resync|recovery|reshape|check|repair)\s*=\s*(?:PENDING|DELAYED)")
_CONTAINER = re.compile(r"super external:[a-z]")
"""Intel's and DDF's arrays stand in containers, which are never active and whose disks all look like spares."""


class MdstatPlugin(Plugin):
    """All arrays of this host."""

    name = "mdstat"
    title = "Software RAID"
    section = "Disks"
    options = (Option("path", "/proc/mdstat", "where the kernel tells of its arrays"),)
    metrics = (
        Metric("arrays", "Arrays"),
        Metric(
            "active",
            "An array is active",
            larger_is_better=True,
            rules=(Rule("an array is not active", below=1, for_s=60, severity="critical"),),
        ),
        Metric("disks", "Disks of an array that work", larger_is_better=True),
        Metric(
            "disks_missing",
            "Disks that an array misses",
            larger_is_better=False,
            rules=(Rule("an array is degraded", above=0, for_s=60, severity="critical"),),
        ),
        Metric(
            "disks_faulty",
            "Disks of an array that are marked as faulty",
            larger_is_better=False,
            rules=(Rule("a disk of an array is faulty", above=0, severity="critical"),),
        ),
        Metric("disks_spare", "Spare disks of an array", larger_is_better=True),
        Metric("progress_ratio", "How far an array's work is", "ratio", 3, larger_is_better=True),
    )

    def run(self) -> None:
        """Read the file once."""
        try:
            with open(self.option("path"), encoding="ascii", errors="replace") as file:
                text = file.read(1 << 20)
        except OSError as error:
            raise PluginError(f"{self.option('path')}: {error.strerror}: is the module md loaded?") from error
        if not text.startswith("Personalities"):
            raise PluginError(f"{self.option('path')} is no mdstat", text[:200])
        blocks = re.split(r"\n(?=\S)", text)
        found = [(match, block) for block in blocks if (match := _ARRAY.match(block.partition("\n")[0]))]
        self.report("arrays", len(found))
        for match, block in found:
            self._array(match, block)

    def _array(self, match: "re.Match[str]", block: str) -> None:
        name = match["name"]
        self.report("disks_faulty", match["rest"].count("(F)"), array=name)
        if not _CONTAINER.search(block):
            self.report("active", float(match["state"] == "active"), array=name)
            self.report("disks_spare", match["rest"].count("(S)"), array=name)
        # Arrays without redundancy (raid0, linear) do not say how many disks they want.
        disks = _DISKS.search(block)
        if disks is not None:
            self.report("disks", int(disks["present"]), array=name)
            self.report("disks_missing", int(disks["wanted"]) - int(disks["present"]), array=name)
        work, pending = _WORK.search(block), _PENDING.search(block)
        if work is not None:
            self.report("progress_ratio", float(work["percent"]) / 100, array=name, work=work["work"])
        elif pending is not None:
            self.report("progress_ratio", 0, array=name, work=pending["work"])
