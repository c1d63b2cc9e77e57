"""The spill: messages on disk that memory has no room for, oldest first.

One file per message, `<folder>/<epoch>/<number>-<rows>.message`: a line of JSON about it, then its body. A file is
written under another name first, so a killed process leaves whole messages; a power cut may take the last ones.

Several processes may share a folder: each has its own below it, and holds a lock there. What a process left that is
no more is taken over by the next that starts, and sent under the identity that it has, if it has one.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vedette_client.message import Kind, Message


class _About(msgspec.Struct):
    """The first line of a file: a message but for its body."""

    kind: Kind
    content_type: str
    model: str
    version: str | None
    rows: int
    epoch: str | None
    seq: int | None


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    rows: int
    size: int


class Spill:
    """The messages on disk of one process. Methods block for the disk; any thread may call them.

    Above `max_bytes` the oldest go, but never the one that `oldest` gave and that is being sent; `put` says how many
    rows that cost.
    """

    def __init__(self, folder: Path, epoch: str, max_bytes: int) -> None:
        self._folder = folder
        self._own = folder / epoch
        self._max_bytes = max_bytes
        self._files: deque[_File] = deque()
        self._locks: list[int] = []
        self._number = 0
        self._mutex = threading.Lock()
        self._flying = False
        self.rows = 0
        self.bytes = 0

    def open(self) -> int:
        """Make this process's folder, and take over what dead processes left; the number of rows of that."""
        self._own.mkdir(parents=True, exist_ok=True)
        self._lock(self._own)
        for other in sorted(self._folder.iterdir()):
            if other == self._own or not other.is_dir() or not self._lock(other):
                continue
            for path in sorted(other.glob("*.message")):
                self._append(path, int(path.stem.partition("-")[2]))
            with suppress(OSError):
                if not any(other.glob("*.message")):
                    self._clear(other)
        return self.rows

    def _lock(self, folder: Path) -> bool:
        """Whether the folder is this process's now. Where there are no such locks, only the own one is."""
        try:
            import fcntl
        except ImportError:
            return folder == self._own
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._locks.append(handle)
        return True

    def _append(self, path: Path, rows: int) -> None:
        file = _File(path, rows, path.stat().st_size)
        self._files.append(file)
        self.rows += file.rows
        self.bytes += file.size

    def put(self, message: Message) -> int:
        """Keep the message; the rows of older ones that had to go for it. `OSError`: it was not kept."""
        about = _About(
            message.kind,
            message.content_type,
            message.model,
            message.version,
            message.rows,
            message.epoch,
            message.seq,
        )
        with self._mutex:
            return self._put(about, message.body)

    def _put(self, about: _About, body: bytes) -> int:
        self._number += 1
        path = self._own / f"{self._number:012}-{about.rows}.message"
        torn = path.with_suffix(".torn")
        try:
            torn.write_bytes(msgspec.json.encode(about) + b"\n" + body)
            torn.replace(path)
        except OSError:
            with suppress(OSError):
                torn.unlink(missing_ok=True)
            raise
        self._append(path, about.rows)
        gone = 0
        while self.bytes > self._max_bytes and len(self._files) > 1 + self._flying:
            gone += self._remove(int(self._flying))
        return gone

    def oldest(self) -> Message | None:
        """The oldest message, which stays until `remove_oldest`. None: nothing is there, or it cannot be read."""
        with self._mutex:
            if not self._files:
                return None
            self._flying = True
            path = self._files[0].path
        try:
            line, _, body = path.read_bytes().partition(b"\n")
            about = msgspec.json.decode(line, type=_About)
        except (OSError, msgspec.DecodeError):
            return None
        return Message(
            about.kind,
            about.content_type,
            about.model,
            about.version,
            about.rows,
            body,
            about.epoch,
            about.seq,
        )

    def remove_oldest(self) -> int:
        """Forget the oldest message; its rows."""
        with self._mutex:
            self._flying = False
            return self._remove(0) if self._files else 0

    def land(self) -> None:
        """The oldest message could not be sent now."""
        self._flying = False

    def _remove(self, index: int) -> int:
        file = self._files[index]
        del self._files[index]
        self.rows -= file.rows
        self.bytes -= file.size
        with suppress(OSError):
            file.path.unlink(missing_ok=True)
            if file.path.parent != self._own and not any(file.path.parent.glob("*.message")):
                self._clear(file.path.parent)
        return file.rows

    @staticmethod
    def _clear(folder: Path) -> None:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()

    def __len__(self) -> int:
        return len(self._files)

    def close(self) -> None:
        """Let the folders go; what is in them is for the next process."""
        if not self._files:
            with suppress(OSError):
                self._clear(self._own)
        self.forget()

    def forget(self) -> None:
        """Close this process's handles on the locks and leave everything as it is: after a fork it is the parent's."""
        for handle in self._locks:
            with suppress(OSError):
                os.close(handle)
        self._locks.clear()
        self._files.clear()
