"""A folder as an object store: a file per object."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from vedette.archive.objects.port import Source, Target
from vedette.errors import ArchiveUnavailable, NotFound

_UNFINISHED = ".unfinished"


class Folder:
    """Objects below `root`. Files are written under another name, synced and renamed, so a crash leaves no half."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def url(self) -> str:
        """The folder's."""
        return f"file://{self._root}"

    def put(self, path: str, data: bytes) -> None:
        """As `create` with one piece."""
        with self.create(path) as target:
            target.write(data)

    @contextmanager
    def create(self, path: str) -> Iterator[Target]:
        """Rename after the last byte is on the disk."""
        whole = self._root / path
        # Two may write the same object: neither may touch the other's half.
        fresh = whole.with_name(f".{whole.name}.{secrets.token_hex(4)}{_UNFINISHED}")
        with self._translated(path):
            whole.parent.mkdir(parents=True, exist_ok=True)
            file = fresh.open("wb")
        try:
            with file:
                yield file
                with self._translated(path):
                    file.flush()
                    os.fsync(file.fileno())
            with self._translated(path):
                fresh.replace(whole)
                _sync(whole.parent)
        except BaseException:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise

    def get(self, path: str) -> bytes:
        """The file's content."""
        with self._translated(path):
            return (self._root / path).read_bytes()

    def open(self, path: str) -> Source:
        """The file, opened."""
        with self._translated(path):
            file: BinaryIO = (self._root / path).open("rb")
            return file

    def delete(self, path: str) -> None:
        """The file, what a crash left of writing it, and the folders that are empty then."""
        whole = self._root / path
        with self._translated(path):
            for left in whole.parent.glob(f".{whole.name}.*{_UNFINISHED}"):
                left.unlink(missing_ok=True)
            whole.unlink(missing_ok=True)
        for folder in whole.relative_to(self._root).parents:
            with suppress(OSError):  # it is not empty, or another process was faster
                if folder.parts:
                    (self._root / folder).rmdir()

    def paths(self) -> list[str]:
        """All finished files."""
        found = (path for path in self._root.rglob("*") if path.is_file() and not path.name.endswith(_UNFINISHED))
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def check(self) -> None:
        """Write a file, read it, and delete it."""
        path = f".check-{os.getpid()}"
        self.put(path, b"?")
        self.get(path)
        self.delete(path)

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound(f"the archive {self.url} holds no object {path}") from error
        except OSError as error:
            message = f"the archive's folder {self._root} cannot be used: {error.strerror} ({path})"
            raise ArchiveUnavailable(f"{message}; give this process's user the right to it, or make room") from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
