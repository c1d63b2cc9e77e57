"""The recovery folder: a flow's snapshots in partitions, and the lock that keeps a second flow out of it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from bytewax.recovery import init_db_dir

from vedette.errors import ConfigurationError

_PATIENCE_S = 10.0
_RETRY_S = 0.05
_UNFINISHED = ".new"


class Claim:
    """The lock, held until `close`, or until this process and those that inherited its files have ended."""

    def __init__(self, files: list[int]) -> None:
        self.files = files

    def close(self) -> None:
        """Give it up."""
        for file in self.files:
            os.close(file)
        self.files = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RecoveryFolder:
    """A folder that one flow, or one process of it, keeps its state in; made if it is missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._refused(f"a folder that can be written ({error})") from error

    def _refused(self, allowed: str) -> ConfigurationError:
        return ConfigurationError("VEDETTE_RECOVERY_DIR", str(self.path), allowed)

    def claim(self, process: int | None = None, patience_s: float = _PATIENCE_S) -> Claim:
        """Lock the folder for one flow, or for one `process` of a cluster over several machines that may share it.

        Waits for somebody who is just ending; after `patience_s` a `ConfigurationError`.
        """
        locks = [("lock", fcntl.LOCK_EX)] if process is None else [("lock", fcntl.LOCK_SH)]
        if process is not None:
            locks.append((f"lock-{process}", fcntl.LOCK_EX))
        claim = Claim([])
        deadline = time.monotonic() + patience_s
        for name, kind in locks:
            try:
                file = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                claim.close()
                raise self._refused(f"a folder that can be written ({error})") from error
            claim.files.append(file)
            if not _locked(file, kind, deadline):
                claim.close()
                raise self._refused("a folder that no other process of a dataflow is using now")
        return claim

    def noted(self, name: str, value: str) -> str:
        """What was noted under that name at the first call: `value`, if this is it."""
        try:
            with (self.path / name).open("a+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # processes that share the folder ask at the same time
                file.seek(0)
                found = file.read().strip()
                if not found:
                    file.write(value)
                return found or value
        except OSError as error:
            raise self._refused(f"a folder that can be written ({error})") from error

    def identity(self) -> str:
        """A name of its own, made once: two processes that read the same one share the folder."""
        return self.noted("identity", uuid.uuid4().hex)

    def parts(self) -> dict[int, int]:
        """The numbers of the partitions that lie here, each with how many there are in all."""
        found: dict[int, int] = {}
        for path in sorted(self.path.glob("part-*.sqlite3")):
            try:
                with closing(sqlite3.connect(path)) as database:
                    rows = database.execute("SELECT part_index, part_count FROM parts").fetchall()
            except sqlite3.Error as error:
                raise self._refused(f"whole recovery partitions; {path.name} cannot be read ({error})") from error
            found |= {int(part): int(count) for part, count in rows}
        return found

    def make(self, count: int, parts: Iterable[int]) -> None:
        """Make these of `count` empty partitions."""
        fresh = self.path / _UNFINISHED
        try:
            fresh.mkdir(mode=0o700)
            init_db_dir(fresh, count)  # type: ignore[no-untyped-call]
            for part in parts:
                name = f"part-{part}.sqlite3"
                (fresh / name).rename(self.path / name)
            shutil.rmtree(fresh)
        except OSError as error:
            raise self._refused(f"a folder that can be written ({error})") from error

    def mend(self) -> None:
        """Take away what an interrupted `make` left: no flow has run on it. Only for whoever holds the whole folder."""
        fresh = self.path / _UNFINISHED
        if fresh.exists():
            for path in self.path.glob("part-*.sqlite3"):
                path.unlink()
            shutil.rmtree(fresh)


def _locked(file: int, kind: int, deadline: float) -> bool:
    """Whether the lock was free before the deadline (monotonic seconds)."""
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_RETRY_S)
        else:
            return True
