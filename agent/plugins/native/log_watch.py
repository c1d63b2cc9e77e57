"""Lines of a log that match patterns, counted; across rotation nothing is left out and nothing counted twice."""

import os
import re
import zlib

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule

_MOST = 32 << 20
"""Bytes that one run reads; what is left comes with the next."""
_PIECE = 1 << 20
_LONGEST = 64 << 10
_HEAD = 256
"""By so many bytes at its beginning a file is known again."""


class LogWatchPlugin(Plugin):
    """One log file, from where the last run ended; the first run begins at its end."""

    name = "log_watch"
    title = "Log"
    section = "Files"
    options = (
        Option("path", "", "the log", required=True),
        Option(
            "patterns", {"errors": "(?i)error"}, "a table: a name, and the regular expression whose lines it counts"
        ),
        Option("alert", [], "names of patterns whose first line of a run becomes an alert"),
    )
    metrics = (
        Metric(
            "matches",
            "Lines that match",
            "1/s",
            2,
            kind="delta",
            rules=(Rule("a log shows many errors", above=10, for_s=300),),
        ),
        Metric("lines", "Lines", "1/s", kind="delta"),
        Metric("read_bytes", "Bytes that were read", "bytes/s", kind="delta"),
        Metric("behind_bytes", "Bytes that were not read yet", "bytes", larger_is_better=False),
    )

    def run(self) -> None:
        """Read on."""
        patterns = {name: self._compiled(name, text) for name, text in self.option("patterns").items()}
        self._counts = dict.fromkeys(patterns, 0)
        self._first: dict[str, str] = {}
        self._lines = self._read = 0
        self._left = _MOST
        place = self.memory("place")
        with _opened(self.option("path")) as file:
            status = os.fstat(file.fileno())
            if place is None:
                offset = status.st_size
            elif _is_same(file, place):
                offset = place["offset"]
            elif self._rest_of_rotated(place, patterns):
                offset = 0
            else:
                self._told()
                return
            offset = self._follow(file, offset, patterns)
            self.report("behind_bytes", max(0, status.st_size - offset))
            self.remember("place", _place(file, offset))
        self._told()

    def _rest_of_rotated(self, place: "dict[str, Any]", patterns: "dict[str, re.Pattern[bytes]]") -> bool:
        """Read what is left of the file that this log was before; whether all of it was read, or it is gone."""
        path = self.option("path")
        folder, name = os.path.split(path)
        for entry in sorted(os.listdir(folder or ".")):
            if not entry.startswith(name) or entry == name:
                continue
            try:
                with open(os.path.join(folder, entry), "rb") as file:
                    if not _is_same(file, place):
                        continue
                    offset = self._follow(file, place["offset"], patterns, whole=True)
                    left = os.fstat(file.fileno()).st_size - offset
                    if left > 0:
                        self.remember("place", _place(file, offset))
                        self.report("behind_bytes", left)
                    return left <= 0
            except OSError:
                continue
        return True

    def _follow(
        self, file: "BinaryIO", offset: int, patterns: "dict[str, re.Pattern[bytes]]", *, whole: bool = False
    ) -> int:
        """Count the lines from `offset` on; where the next run begins. A line without an end waits for it, unless the
        file is `whole`."""
        file.seek(offset)
        rest = b""
        while self._left > 0 and (piece := file.read(min(_PIECE, self._left))):
            self._left -= len(piece)
            self._read += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._line(line, patterns)
            offset += len(piece)
            if len(rest) > _LONGEST:  # no line is so long: its beginning counts as one
                self._line(rest, patterns)
                rest = b""
        if whole and rest and self._left > 0:
            self._line(rest, patterns)
            rest = b""
        self._read -= len(rest)
        return offset - len(rest)

    def _line(self, line: bytes, patterns: "dict[str, re.Pattern[bytes]]") -> None:
        self._lines += 1
        shown = line[:_LONGEST]
        for name, pattern in patterns.items():
            if pattern.search(shown):
                self._counts[name] += 1
                self._first.setdefault(name, shown[:500].decode("utf-8", "replace"))

    def _told(self) -> None:
        for name, count in self._counts.items():
            self.increase("matches", count, pattern=name)
            if count and name in self.option("alert"):
                self.alert(f"{self.option('path')}: {count} lines match {name}", self._first[name])
        self.increase("lines", self._lines)
        self.increase("read_bytes", self._read)

    def _compiled(self, name: str, text: "object") -> "re.Pattern[bytes]":
        try:
            return re.compile(str(text).encode())
        except re.error as error:
            raise PluginError(f"option patterns[{name}]: {text!r} is no regular expression: {error}") from error


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO


def _place(file: "BinaryIO", offset: int) -> "dict[str, Any]":
    """Where to read on: in the file of this inode that begins so, for inodes are used again."""
    length = min(offset, _HEAD)
    file.seek(0)
    return {"inode": os.fstat(file.fileno()).st_ino, "offset": offset, "head": zlib.crc32(file.read(length))}


def _is_same(file: "BinaryIO", place: "dict[str, Any]") -> bool:
    """Whether this is the file that was read before, and not one that took its place or was written anew."""
    status = os.fstat(file.fileno())
    if status.st_ino != place["inode"] or status.st_size < place["offset"]:
        return False
    file.seek(0)
    return bool(zlib.crc32(file.read(min(place["offset"], _HEAD))) == place["head"])


def _opened(path: str) -> "BinaryIO":
    try:
        return open(path, "rb")
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}") from error
