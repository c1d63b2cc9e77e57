"""The object store's port: what every adapter promises."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Target(Protocol):
    """An object that is being written, as pyarrow wants a file to be."""

    def write(self, data: bytes) -> int:
        """Append."""
        ...


class Source(Protocol):
    """An object that is being read, as pyarrow wants a file to be."""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes from where it stands."""
        ...

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stand elsewhere."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class Objects(Protocol):
    """Objects by path, each written once as a whole; an object is there entirely or not at all.

    Methods block and may be called from any thread. What does not answer or refuses raises `ArchiveUnavailable`, whose
    text says what to do; an object that is not there raises `NotFound`.
    """

    @property
    def url(self) -> str:
        """Where it is, without secrets."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Write an object; durable afterwards. One at the same path is replaced."""
        ...

    def create(self, path: str) -> AbstractContextManager[Target]:
        """Write an object piece by piece: it is there, durable, when the context ends without an exception."""
        ...

    def get(self, path: str) -> bytes:
        """The whole object."""
        ...

    def open(self, path: str) -> Source:
        """The object, to be read in places. Its size is looked up, its content read when asked for."""
        ...

    def delete(self, path: str) -> None:
        """Remove an object; no error if there is none."""
        ...

    def paths(self) -> list[str]:
        """All there are, in order: for tests and for people, since a large archive has millions."""
        ...

    def check(self) -> None:
        """Raise `ArchiveUnavailable` unless an object can be written, read and deleted now."""
        ...
