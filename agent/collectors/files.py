"""Open files of the whole host, and how many there may be."""

from __future__ import annotations

from pathlib import Path

from agent.collectors.base import Group, read_optional

_PROC = Path("/proc")


class FilesCollector:
    """`files.open`, `files.max` and `files.used_ratio` of Linux' table of open files (proc(5), `file-nr`)."""

    name = "files"

    def __init__(self, proc: Path = _PROC) -> None:
        self._path = proc / "sys" / "fs" / "file-nr"

    def collect(self, at: float) -> list[Group]:
        """One group; none on other systems."""
        text = read_optional(self._path)
        if not text:
            return []
        allocated, free, most = map(float, text.split())
        used = allocated - free
        return [Group({"files.open": used, "files.max": most, "files.used_ratio": used / most if most > 0 else 0.0})]
