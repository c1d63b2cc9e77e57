"""Lines of a log that match patterns, counted; across rotation nothing is left out and nothing counted twice."""

import gzip
import os
import re
import zlib

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

_MOST = 32 << 20
"""Bytes that one run reads; what is left comes with the next."""
_PIECE = 1 << 20
_LONGEST = 64 << 10
_HEAD = 256
"""By so many bytes at its beginning a file is known again."""


class LogWatchPlugin(Plugin):
    """One log file, from where the last run ended; the first run begins at its end.

    Rotated files are `app.log.1`, `app.log-20270101` or `app-20270101.log`, beside it, as they are or packed by gzip;
    the log may also be copied and emptied.
    """

    name = "log_watch"
    title = "Log"
    section = "Files"
    options = (
        Option("path", "", "the log", required=True),
        Option(
            "patterns", {"errors": "(?i)error"}, "a table: names, and the regular expressions whose lines they count"
        ),
        Option("alert", [], "names of patterns whose first line of a run becomes an alert"),
    )
    metrics = (
        Metric("matches", "Lines that match, since the last run", kind="delta"),
        Metric("lines", "Lines since the last run", kind="delta"),
        Metric("read_bytes", "Bytes that were read since the last run", "bytes", kind="delta"),
        Metric(
            "behind_bytes",
            "Bytes that were not read yet",
            "bytes",
            larger_is_better=False,
            rules=(Rule("a log grows faster than it is read", above=256 << 20, for_s=600),),
        ),
    )

    def run(self) -> None:
        """Read on."""
        self._patterns = {name: self._compiled(name, text) for name, text in self.option("patterns").items()}
        self._counts = dict.fromkeys(self._patterns, 0)
        self._first: dict[str, str] = {}
        self._lines = self._read = 0
        self._left = _MOST
        self._enough_s = self.remaining_s() / 2
        path = self.option("path")
        place = self.memory("place")
        with _opened(path) as file:
            if place is None or place["path"] != path:
                place = self._placed(file, os.fstat(file.fileno()).st_size, skipping=False)
            elif not _is_same(file, place):
                place = self._through_rotated(place, empty=os.fstat(file.fileno()).st_size == 0)
            if place is not None and not _is_same(file, place):
                behind = place.pop("behind", 0)
            else:
                begin = (place["offset"], place["skipping"]) if place is not None else (0, False)
                place = self._follow(file, *begin)
                behind = max(0, os.fstat(file.fileno()).st_size - place["offset"])
        self.report("behind_bytes", behind)
        self.remember("place", place)
        for name, count in self._counts.items():
            self.increase("matches", count, pattern=name)
            if count and name in self.option("alert"):
                self.alert(f"{path}: {count} lines match {name}", self._first[name])
        self.increase("lines", self._lines)
        self.increase("read_bytes", self._read)

    def _through_rotated(self, place: "dict[str, Any]", *, empty: bool) -> "dict[str, Any] | None":
        """Read what is left of the file that was read before, and all that were rotated after it.

        The place to stay at, if not all could be read, or the log is `empty` still: whoever writes may not have begun
        with it. None: the log itself is next, from its beginning.
        """
        rotated = _rotated(self.option("path"))
        before = next((one for one in rotated if one[2] == place["inode"] and _matches(one[1], place)), None)
        before = before or next((one for one in rotated if place["offset"] and _matches(one[1], place)), None)
        newer = [one for one in rotated if one is not before and one[0] > (before or (place["changed"],))[0]]
        chain = [(before[1], place["offset"], place["skipping"])] if before else []
        chain += [(path, 0, False) for _, path, _ in sorted(newer)]
        for number, (path, offset, skipping) in enumerate(chain):
            last = number == len(chain) - 1
            try:
                with _unpacked(path) as file:
                    there = self._follow(file, offset, skipping, whole=not (last and empty))
                    file.seek(0, os.SEEK_END)
                    there["behind"] = file.tell() - there["offset"]
            except (OSError, EOFError):
                continue  # it went while we looked, or is packed just now
            if there["behind"] > 0 or (last and empty):
                return there
        return None

    def _follow(self, file: "BinaryIO", offset: int, skipping: bool, *, whole: bool = False) -> "dict[str, Any]":
        """Count the lines from `offset` on; the place where the next run begins. A line without an end waits for it,
        unless the file is `whole`. Of a line that is too long only the beginning counts; the rest is skipped."""
        file.seek(offset)
        rest = b""
        while self._left > 0 and self.remaining_s() > self._enough_s:
            piece = file.read(min(_PIECE, self._left))
            if not piece:
                if whole and rest:
                    self._line(rest)
                    rest = b""
                break
            self._left -= len(piece)
            self._read += len(piece)
            offset += len(piece)
            if skipping:
                _, end, piece = piece.partition(b"\n")
                if not end:
                    continue
                skipping = False
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._line(line)
            if len(rest) > _LONGEST:
                self._line(rest)
                rest, skipping = b"", True
        self._read -= len(rest)
        return self._placed(file, offset - len(rest), skipping=skipping)

    def _placed(self, file: "BinaryIO", offset: int, *, skipping: bool) -> "dict[str, Any]":
        """A place, with what tells this file from others: inodes are used again."""
        status = os.fstat(file.fileno())
        return {
            "path": self.option("path"),
            "inode": status.st_ino,
            "changed": status.st_mtime,
            "offset": offset,
            "skipping": skipping,
            "head": _head(file, offset),
        }

    def _line(self, line: bytes) -> None:
        self._lines += 1
        shown = line[:_LONGEST]
        for name, pattern in self._patterns.items():
            if pattern.search(shown):
                self._counts[name] += 1
                self._first.setdefault(name, shown[:500].decode("utf-8", "replace"))

    def _compiled(self, name: str, text: "object") -> "re.Pattern[bytes]":
        try:
            return re.compile(str(text).encode())
        except re.error as error:
            raise PluginError(f"option patterns[{name}]: {text!r} is no regular expression: {error}") from error


def _rotated(path: str) -> "list[tuple[float, str, int]]":
    """When each rotated file beside the log was changed last, its path and its inode."""
    folder, name = os.path.split(os.path.abspath(path))
    root, ending = os.path.splitext(name)
    after, between = rf"{re.escape(name)}[.-]\d[\d.T_-]*", rf"{re.escape(root)}[.-]\d[\d.T_-]*{re.escape(ending)}"
    wanted = re.compile(rf"({after}|{between})(\.gz)?")
    found: list[tuple[float, str, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if wanted.fullmatch(entry.name) and entry.is_file():
                status = entry.stat()
                found.append((status.st_mtime, entry.path, status.st_ino))
    return found


def _unpacked(path: str) -> "BinaryIO":
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")  # type: ignore[return-value] # it reads


def _matches(path: str, place: "dict[str, Any]") -> bool:
    """Whether a rotated file holds what was read at `place`."""
    try:
        with _unpacked(path) as file:
            file.seek(0, os.SEEK_END)
            return bool(file.tell() >= place["offset"] and _head(file, place["offset"]) == place["head"])
    except (OSError, EOFError):
        return False


def _head(file: "BinaryIO", offset: int) -> int:
    file.seek(0)
    return zlib.crc32(file.read(min(offset, _HEAD)))


def _is_same(file: "BinaryIO", place: "dict[str, Any]") -> bool:
    """Whether the log is the file that was read before, and not one that took its place or was written anew."""
    status = os.fstat(file.fileno())
    same = status.st_ino == place["inode"] and status.st_size >= place["offset"]
    return bool(same and _head(file, place["offset"]) == place["head"])


def _opened(path: str) -> "BinaryIO":
    try:
        return open(path, "rb")
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}") from error
