"""A directory: how much it holds, in how many files, and how old they are."""

import os
import stat
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule

_MOST = 1_000_000


class DirectoryPlugin(Plugin):
    """All below a directory on its file system; links are not followed, and what has several names counts once."""

    name = "directory"
    title = "Directory"
    section = "Files"
    options = (
        Option("path", "/var/log", "the directory", required=True),
        Option("suffix", "", "only files whose name ends so; empty: all"),
        Option("deep", True, "also what lies in directories below it"),
    )
    metrics = (
        Metric("used_bytes", "Space on the disk", "bytes"),
        Metric("size_bytes", "Length of all files", "bytes"),
        Metric("files", "Files", rules=(Rule("a directory holds very many files", above=500_000, for_s=3600),)),
        Metric("directories", "Directories below it"),
        Metric("closed", "Directories that may not be read, and are not counted", larger_is_better=False),
        Metric("oldest_s", "Age of the file changed longest ago", "s"),
        Metric("newest_s", "Age of the file changed last", "s"),
    )

    def run(self) -> None:
        """Walk through it once."""
        path = self.option("path")
        if not os.path.isdir(path):
            raise PluginError(f"{path} is no directory")
        self._device = os.stat(path).st_dev
        self._seen: set[tuple[int, int]] = set()
        self._times: list[float] = []
        self._used = self._size = self._directories = self._closed = 0
        waiting = [path]
        while waiting:
            waiting += self._look(waiting.pop())
        now = time.time()
        self.report("used_bytes", self._used)
        self.report("size_bytes", self._size)
        self.report("files", len(self._times))
        self.report("directories", self._directories)
        self.report("oldest_s", max(0.0, now - min(self._times)) if self._times else None)
        self.report("newest_s", max(0.0, now - max(self._times)) if self._times else None)
        self.report("closed", self._closed)

    def _look(self, path: str) -> list[str]:
        """Count what lies in one directory; the directories in it that must be looked at too."""
        below: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    self._count(entry, below)
        except FileNotFoundError:
            pass  # it went while we looked
        except PermissionError as error:
            if path == self.option("path"):
                raise PluginError(f"{path} may not be read") from error
            self._closed += 1
        return below

    def _count(self, entry: "os.DirEntry[str]", below: list[str]) -> None:
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        if stat.S_ISDIR(found.st_mode):
            self._directories += 1
            if self.option("deep") and found.st_dev == self._device:
                below.append(entry.path)
            return
        if not entry.name.endswith(self.option("suffix")) or (found.st_dev, found.st_ino) in self._seen:
            return
        if found.st_nlink > 1:
            self._seen.add((found.st_dev, found.st_ino))
        if len(self._times) >= _MOST:
            raise PluginError(f"more than {_MOST} files lie below {self.option('path')}")
        self._times.append(found.st_mtime)
        self._used += found.st_blocks * 512
        self._size += found.st_size
