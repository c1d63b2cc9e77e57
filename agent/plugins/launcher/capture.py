"""Capture: one pipe from a plugin's process, read as it comes, within a bound."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class Capture:
    """Reads up to `most` bytes and keeps the first `keep` of them; above `most` it calls back once and reads no more.

    `writer` is for the process, and closed here once that has it.
    """

    def __init__(self, most: int, keep: int) -> None:
        self._most = most
        self._keep = keep
        self._size = 0
        self._chunks: list[bytes] = []
        self._too_much: Callable[[], None] = lambda: None
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._reading = False

    def begin(self, too_much: Callable[[], None]) -> None:
        """Read from now on; the process has its end."""
        self._too_much = too_much
        self._close_writer()
        asyncio.get_running_loop().add_reader(self._reader, self._read)
        self._reading = True

    def finish(self) -> None:
        """Take what is still in the pipe: the process has ended, though a child of it may hold its end."""
        while self._reading and self._size <= self._most and self._read():
            pass

    def kept(self) -> bytes:
        """What was read, as far as it is kept."""
        return b"".join(self._chunks)[: self._keep]

    def _read(self) -> bool:
        try:
            chunk = os.read(self._reader, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._stop()
            return False
        if self._size < self._keep:
            self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > self._most:
            self._stop()
            self._too_much()
        return True

    def _stop(self) -> None:
        if self._reading:
            self._reading = False
            asyncio.get_running_loop().remove_reader(self._reader)

    def _close_writer(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._close_writer()
        os.close(self._reader)
