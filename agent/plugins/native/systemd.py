"""systemd: units by their state, which of them have failed, and state, restarts and use of those that matter."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.command import output

_PROPERTIES = "Id,ActiveState,NRestarts,CPUUsageNSec,MemoryCurrent,TasksCurrent,ActiveEnterTimestampMonotonic"
_UNKNOWN = str(2**64 - 1)
_MOST_FAILED = 50


class SystemdPlugin(Plugin):
    """The system's manager, through systemctl."""

    name = "systemd"
    title = "systemd"
    section = "Processes"
    options = (
        Option("units", [], "units that must be active, with their endings, as ssh.service; each is reported"),
        Option("ignore", [], "units that may be in the state failed"),
        Option("command", ["systemctl"], 'the command and its first arguments; as ["systemctl", "--user"]'),
    )
    metrics = (
        Metric("units", "Units by their state"),
        Metric(
            "failed",
            "Units that have failed",
            larger_is_better=False,
            rules=(Rule("units have failed", above=0, for_s=60),),
        ),
        Metric("unit_failed", "This unit has failed", larger_is_better=False),
        Metric(
            "active",
            "A unit is active",
            larger_is_better=True,
            rules=(Rule("a unit is not active", below=1, for_s=60, severity="critical"),),
        ),
        Metric(
            "restarts",
            "Times that systemd started a unit anew",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("a unit restarts again and again", above=0.01, for_s=300),),
        ),
        Metric("cpu_s", "Time on processors of a unit, each second", "s/s", 3, kind="counter"),
        Metric("memory_bytes", "Memory of a unit", "bytes"),
        Metric("tasks", "Processes and threads of a unit"),
    )  # fmt: skip

    def run(self) -> None:
        """List all units once, and ask for those that are named."""
        said = self._ask("list-units", "--all", "--plain", "--no-legend", "--no-pager")
        states: dict[str, int] = {}
        failed = []
        for line in said.splitlines():
            words = line.replace("●", " ").split(None, 4)
            if len(words) >= 4 and words[1] != "not-found":
                states[words[2]] = states.get(words[2], 0) + 1
                if words[2] == "failed" and words[0] not in self.option("ignore"):
                    failed.append(words[0])
        if not states:
            raise PluginError("systemctl lists no units", said[:200])
        for state, count in states.items():
            self.report("units", count, state=state)
        self.report("failed", len(failed))
        for unit in failed[:_MOST_FAILED]:
            self.report("unit_failed", 1, unit=unit)
        for unit in self.option("units"):
            self._unit(unit)

    def _unit(self, unit: str) -> None:
        if unit.startswith("-"):
            raise PluginError(f"option units: {unit!r} is not allowed; allowed: names of units")
        found = dict(line.split("=", 1) for line in self._ask("show", f"--property={_PROPERTIES}", unit).splitlines()
                     if "=" in line)  # fmt: skip
        self.report("active", float(found.get("ActiveState") in {"active", "reloading"}), unit=unit)
        self.counter("restarts", number(found, "NRestarts"), unit=unit)
        used = number(found, "CPUUsageNSec")
        self.counter("cpu_s", None if used is None else used / 1e9, unit=unit)
        self.report("memory_bytes", number(found, "MemoryCurrent"), unit=unit)
        self.report("tasks", number(found, "TasksCurrent"), unit=unit)

    def _ask(self, *words: str) -> str:
        return output([*self.option("command"), *words], timeout_s=self.remaining_s())


def number(found: dict[str, str], name: str) -> float | None:
    """A property as a number; None where systemd does not know it."""
    text = found.get(name, "")
    return float(text) if text.isdigit() and text != _UNKNOWN else None
