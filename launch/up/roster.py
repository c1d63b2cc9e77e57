"""The roster: `children.json`, which tells `vedette doctor` what the supervisor's processes are and how they fare."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from launch.up.child import Child
from launch.up.folder import DataFolder
from vedette.clock import Clock
from vedette.telemetry import get_logger

EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """One child. Times are wall-clock milliseconds; `restarted_ms` are the latest restarts, the oldest first."""

    name: str
    pid: int
    restarts: int
    started_ms: int
    restarted_ms: list[int]
    output: str


class Roster:
    """Writes the file when something has changed, at most once a second. A disk that fails is not its end."""

    def __init__(self, folder: DataFolder, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._written: list[tuple[str, int | None, int]] = []
        self._due = clock.monotonic()

    def note(self, children: Sequence[Child]) -> None:
        """Write down how they fare now, if that is due."""
        now = self._clock.monotonic()
        state = [(child.spec.name, child.pid, child.restarts) for child in children]
        if now < self._due or state == self._written:
            return
        self._due = now + EVERY_S
        records = [record(child, now, self._clock.now_ms()) for child in children if child.pid is not None]
        try:
            self._folder.write_secret(self._folder.children, json.dumps([asdict(each) for each in records]))
        except OSError as error:
            get_logger("up").warning("roster_not_written", error=str(error))
        else:
            self._written = state

    def clear(self) -> None:
        """Nothing runs any more."""
        self._folder.children.unlink(missing_ok=True)


def record(child: Child, now: float, now_ms: int) -> ChildRecord:
    """What is written about a child; its monotonic times become wall-clock ones, which only a reader needs."""

    def wall(time: float) -> int:
        return now_ms - round((now - time) * 1000)

    restarted = [wall(time) for time in child.restarted]
    output = str(child.spec.output)
    return ChildRecord(child.spec.name, child.pid or 0, child.restarts, wall(child.started), restarted, output)


def read_roster(folder: DataFolder) -> list[ChildRecord] | None:
    """What was last written; None if nothing is there that can be read."""
    try:
        return [ChildRecord(**row) for row in json.loads(folder.children.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return None
