"""A server's process: started apart from its starter, found again by its recorded id, ended with its children."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

_GONE_S = 30.0


class Process:
    """One process, its record (`pid`) and its output (`log`) in a folder.

    The record holds the time of the process's birth too: an id that the system gave to somebody else is never ours.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self._record = folder / "pid"

    def start(self, command: list[str], env: dict[str, str]) -> None:
        """Start it in a session of its own; it lives on when the starter ends."""
        quiet = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        output = (os.POSIX_SPAWN_OPEN, 1, self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # Not `subprocess`, which wants its starter to stay and wait.
        number = os.posix_spawnp(
            command[0], command, env, file_actions=[quiet, output, (os.POSIX_SPAWN_DUP2, 1, 2)], setsid=True
        )
        self._record.write_text(json.dumps({"pid": number, "born": psutil.Process(number).create_time()}))

    def running(self) -> psutil.Process | None:
        """The process, if it is alive."""
        try:
            record = json.loads(self._record.read_text())
            found = psutil.Process(record["pid"])
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
        return found if found.create_time() == record["born"] and _alive(found) else None

    def kill(self) -> None:
        """SIGKILL it and all of its children at once; returns when they are gone."""
        if (found := self.running()) is not None:
            try:
                found.suspend()  # so that it has no more children after we have counted them
                family = [found, *found.children(recursive=True)]
            except psutil.NoSuchProcess:
                family = [found]
            for member in family:
                _kill(member)
            deadline = time.monotonic() + _GONE_S
            while left := [member for member in family if _alive(member)]:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"after SIGKILL these live on: {left}")
                time.sleep(0.01)
        self._record.unlink(missing_ok=True)

    def pause(self) -> None:
        """SIGSTOP it and its children, if it runs."""
        self._each(psutil.Process.suspend)

    def go_on(self) -> None:
        """SIGCONT them."""
        self._each(psutil.Process.resume)

    def _each(self, what: Callable[[psutil.Process], None]) -> None:
        if (found := self.running()) is None:
            return
        what(found)
        for child in found.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                what(child)

    def tail(self, size: int = 3000) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _alive(process: psutil.Process) -> bool:
    """Whether it runs. A dead process that its parent has not fetched yet holds no port and no file: it is gone."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
