"""The claim: the spool folder belongs to one agent at a time, and each start gets a new epoch."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from vedette.errors import ConfigurationError

_LOCK = "agent.lock"
_EPOCH = "agent.epoch"


@dataclass(frozen=True, slots=True)
class Claim:
    """A held lock on a spool folder; `epoch` is greater than that of every earlier claim of the folder.

    The kernel frees the lock when the process ends, however it ends. As a context manager it is freed at the end.
    """

    epoch: int
    descriptor: int

    def release(self) -> None:
        """Let others have the folder."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def claim_spool(folder: Path, now_ms: int) -> Claim:
    """Claim `folder`, made if need be. The epoch is `now_ms`, or one above the last if the clock went back.

    Raises `ConfigurationError` if another agent holds the folder or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _refused(folder, f"a folder that can be written ({error.strerror})") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Claim(_next_epoch(folder, now_ms), descriptor)
    except BlockingIOError as error:
        os.close(descriptor)
        raise _refused(folder, "a folder that no other running agent uses") from error
    except OSError as error:
        os.close(descriptor)
        raise _refused(folder, f"a folder that can be written ({error.strerror})") from error


def _refused(folder: Path, allowed: str) -> ConfigurationError:
    return ConfigurationError("VEDETTE_SPOOL", str(folder), allowed)


def _next_epoch(folder: Path, now_ms: int) -> int:
    path = folder / _EPOCH
    epoch = max(now_ms, _last_epoch(path) + 1)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(str(epoch))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)  # whole or not at all, also when the power goes
    return epoch


def _last_epoch(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0
