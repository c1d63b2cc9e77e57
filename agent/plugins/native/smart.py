"""SMART: what disks say of their own health: verdict, temperature, wear, sectors that went bad, from smartctl."""

import json

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.command import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ASLEEP = 2
_CANNOT_OPEN = 3
"""The lowest two bits of smartctl's code: a wrong command line, a disk that cannot be opened (or sleeps)."""


class SmartPlugin(Plugin):
    """All disks that smartctl finds (or those that are named). Needs the rights to read disks: usually sudo."""

    name = "smart"
    title = "SMART"
    section = "Disks"
    options = (
        Option("devices", [], "as /dev/sda; empty: all that smartctl finds"),
        Option("command", ["smartctl"], 'the command and its first arguments; as ["sudo", "-n", "smartctl"]'),
    )
    metrics = (
        Metric(
            "healthy",
            "A disk's own verdict",
            larger_is_better=True,
            rules=(Rule("a disk says that it will fail", below=1, severity="critical"),),
        ),
        Metric(
            "temperature_celsius",
            "Temperature",
            "°C",
            larger_is_better=False,
            rules=(Rule("a disk is hot", above=70, for_s=600),),
        ),
        Metric("power_on_s", "Time in operation", "s"),
        Metric("power_cycles", "Times that it was switched on"),
        Metric(
            "reallocated",
            "Sectors that were replaced",
            larger_is_better=False,
            rules=(Rule("a disk has replaced sectors", above=0),),
        ),
        Metric(
            "pending",
            "Sectors that cannot be read",
            larger_is_better=False,
            rules=(Rule("a disk has sectors that cannot be read", above=0, for_s=3600, severity="critical"),),
        ),
        Metric("uncorrectable", "Errors that could not be corrected", larger_is_better=False),
        Metric("crc_errors", "Errors between disk and controller", larger_is_better=False),
        Metric(
            "wear_ratio",
            "Part of its life that an SSD has used up",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("an SSD is worn out", above=0.9),),
        ),
        Metric(
            "spare_ratio",
            "Spare blocks that an SSD has left",
            "ratio",
            2,
            larger_is_better=True,
            rules=(Rule("an SSD has few spare blocks left", below=0.1, severity="critical"),),
        ),
        Metric("media_errors", "Errors of an SSD's memory", larger_is_better=False),
        Metric("written_bytes", "Written", "bytes/s", kind="counter"),
    )  # fmt: skip

    def run(self) -> None:
        """Ask each disk; one that sleeps is left asleep."""
        named = self.option("devices")
        for name in named:
            if not name.startswith("/"):
                raise PluginError(f"option devices: {name!r} is not allowed; allowed: paths, as /dev/sda")
        found = [(name, "") for name in named] or [
            (one["name"], one.get("type", "")) for one in self._ask("--scan").get("devices", [])
        ]
        if not found:
            raise PluginError("smartctl finds no disks")
        places = [name for name, _ in found]
        for name, kind in found:
            # Behind a controller disks share a name. Of a disk that is found as scsi smartctl must see itself that it
            # is one of SATA, else it tells nothing of its attributes.
            label = f"{name} {kind}" if places.count(name) > 1 else name
            typed = ["-d", kind] if "," in kind or kind == "nvme" else []
            try:
                told = self._ask("-a", "-n", f"standby,{_CANNOT_OPEN}", *typed, name, parts=len(found))
            except PluginError as error:
                self.error(f"{label}: {error.subject}", error.body)
                continue
            messages = "; ".join(one.get("string", "") for one in told.get("smartctl", {}).get("messages", []))
            if told.get("smartctl", {}).get("exit_status", 0) & _CANNOT_OPEN:
                if "STANDBY" not in messages and "standby" not in messages.lower():
                    self.error(f"{label} cannot be read", messages)
                continue
            self._disk(label, told)

    def _disk(self, name: str, told: "dict[str, Any]") -> None:
        if "passed" in told.get("smart_status", {}):
            self.report("healthy", float(told["smart_status"]["passed"]), disk=name)
        self.report("temperature_celsius", told.get("temperature", {}).get("current"), disk=name)
        hours = told.get("power_on_time", {}).get("hours")
        self.report("power_on_s", None if hours is None else hours * 3600, disk=name)
        self.report("power_cycles", told.get("power_cycle_count"), disk=name)
        block = told.get("logical_block_size", 512)
        for row in told.get("ata_smart_attributes", {}).get("table", []):
            raw, number = row.get("raw", {}).get("value"), row.get("id")
            if number in _ATTRIBUTES:
                self.report(_ATTRIBUTES[number], raw, disk=name)
            elif number == 241 and "LBA" in row.get("name", ""):
                self.counter("written_bytes", raw * block, disk=name)
            elif row.get("name") in _LIFE_LEFT:
                # What is left counts down from 100, under different names; the first one that is there counts.
                self._once("wear_ratio", 1 - row.get("value", 100) / 100, name)
        self.report("reallocated", told.get("scsi_grown_defect_list"), disk=name)
        worn = told.get("scsi_percentage_used_endurance_indicator")
        if worn is not None:
            self._once("wear_ratio", worn / 100, name)
        ssd = told.get("nvme_smart_health_information_log", {})
        if ssd:
            self._once("wear_ratio", ssd.get("percentage_used", 0) / 100, name)
            self.report("spare_ratio", ssd.get("available_spare", 100) / 100, disk=name)
            self.report("media_errors", ssd.get("media_errors"), disk=name)
            # By its specification in thousands of 512 bytes.
            self.counter("written_bytes", ssd.get("data_units_written", 0) * 512_000, disk=name)

    def _once(self, metric: str, value: float, disk: str) -> None:
        if not any(row[0] == metric and row[3] == {"disk": disk} for row in self.values):
            self.report(metric, min(1.0, max(0.0, value)), disk=disk)

    def _ask(self, *words: str, parts: int = 1) -> "dict[str, Any]":
        command = [*self.option("command"), "--json", *words]
        said = output(command, timeout_s=max(1.0, self.remaining_s() / parts), allowed=range(256))
        try:
            told = json.loads(said)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise PluginError("smartctl says something else than it should (needed: version 7)", said[:200])
        return told


_LIFE_LEFT = {"Wear_Leveling_Count", "SSD_Life_Left", "Media_Wearout_Indicator", "Percent_Lifetime_Remain"}
_ATTRIBUTES = {5: "reallocated", 197: "pending", 198: "uncorrectable", 199: "crc_errors"}
