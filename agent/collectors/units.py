"""Units: how many of systemd's units are in which state, and which have failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from agent.collectors.base import Group, series

_COMMAND = ("systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager")
_TIMEOUT_S = 5.0
STATES = ("active", "activating", "deactivating", "failed", "inactive", "reloading")
"""Always reported, so that the layout stays: a unit's states that systemd adds later are added to them."""
MOST_FAILED = 50


def ask() -> str:
    """systemd's list of units."""
    import subprocess

    done = subprocess.run(_COMMAND, capture_output=True, timeout=_TIMEOUT_S, check=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace")


def parse_units(text: str) -> list[tuple[str, str]]:
    """Names and states (`ActiveState`) in the lines of `systemctl list-units`, without units that are not there."""
    rows = [line.replace("●", " ").replace("*", " ").split(None, 4) for line in text.splitlines()]
    return [(row[0], row[2]) for row in rows if len(row) >= 4 and row[1] != "not-found"]


class UnitsCollector:
    """`systemd.units{state}` and `systemd.unit_failed{unit}`; nothing where systemd does not run the system.

    It starts systemctl once a report, and in realtime sessions only if they ask for it.
    """

    name = "units"

    def __init__(self, root: Path = Path("/"), ask: Callable[[], str] = ask) -> None:
        self._booted = root / "run" / "systemd" / "system"
        self._ask = ask

    def collect(self, at: float) -> list[Group]:
        """One group of the counts, and one for each unit that has failed."""
        if not self._booted.is_dir():
            return []
        units = parse_units(self._ask())
        counts = dict.fromkeys(STATES, 0) | Counter(state for _, state in units)
        failed = [name for name, state in units if state == "failed"][:MOST_FAILED]
        return [
            Group({series("systemd.units", state=state): float(count) for state, count in counts.items()}),
            *(Group({series("systemd.unit_failed", unit=name): 1.0}) for name in failed),
        ]
