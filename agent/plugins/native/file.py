"""A file: whether it is there, how old and how long it is; for back-ups, locks, and what a job should have written."""

import glob
import os
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule


class FilePlugin(Plugin):
    """One file, or the newest of those that a pattern finds."""

    name = "file"
    title = "File"
    section = "Files"
    options = (
        Option("path", "", "the file, or a pattern with * and ?", required=True),
        Option("contains", "", "text that the file's last 64 KiB must hold; empty: not looked at"),
    )
    metrics = (
        Metric("exists", "It is there", larger_is_better=True, rules=(Rule("a file is missing", below=1, for_s=120),)),
        Metric("age_s", "Time since it was changed", "s", larger_is_better=False),
        Metric("size_bytes", "Its length", "bytes"),
        Metric("matches", "Files that the pattern finds"),
        Metric("contains", "It holds the text", larger_is_better=True, rules=(Rule("a file lacks its text", below=1),)),
    )

    def run(self) -> None:
        """Look once."""
        found: list[tuple[float, int, str]] = []
        for path in glob.iglob(self.option("path")):
            try:
                status = os.stat(path)
            except FileNotFoundError:
                continue  # it went while we looked, or is a link to nothing
            found.append((status.st_mtime, status.st_size, path))
        if not found:
            self._may_be_seen()
        self.report("exists", float(bool(found)))
        self.report("matches", len(found))
        if not found:
            return
        changed, size, path = max(found)
        self.report("age_s", max(0.0, time.time() - changed))
        self.report("size_bytes", size)
        if self.option("contains"):
            self.report("contains", float(self.option("contains").encode() in _end_of(path)))

    def _may_be_seen(self) -> None:
        """Nothing was found; raise `PluginError` if that may be because we may not look."""
        path = self.option("path")
        folder = os.path.dirname(path) or "."
        if glob.has_magic(folder):
            return
        try:
            os.stat(folder)
            closed = not os.access(folder, os.R_OK | os.X_OK)
        except FileNotFoundError:
            return
        except OSError:
            closed = True
        if closed:
            raise PluginError(f"{folder} may not be read, so it is not known whether {path} is there")


def _end_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - (64 << 10)))
            return file.read(64 << 10)
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}") from error
