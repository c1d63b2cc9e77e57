"""A keeper of processes, as systemd would be one: who ends is started again."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
_POLL_S = 0.1
_AGAIN_S = 0.5


class Keeper:
    """Processes of `vedette` by name; their output lies in `folder`.

    `died` notes those that ended unasked, `last_words` what they said.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[list[str], dict[str, str]]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._asked: set[int] = set()
        self.died: list[tuple[str, int]] = []
        self.last_words: list[str] = []
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Keep a process running from now on."""
        with self._lock:
            self._kept[name] = (command, environment)
            self._run(name)

    def kill(self, name: str) -> None:
        """SIGKILL it; it is started again. Returns when it has been."""
        self._again(name, lambda process: process.kill())

    def restart(self, name: str) -> None:
        """SIGTERM it; it is started again. Returns when it has been."""
        self._again(name, lambda process: process.terminate())

    def _again(self, name: str, end: Callable[[subprocess.Popen[bytes]], None]) -> None:
        with self._lock:
            before = self._running[name]
            self._asked.add(before.pid)
            end(before)
        deadline = time.monotonic() + PATIENCE_S
        while self.process(name) is before:
            assert time.monotonic() < deadline, f"{name} was not started again"
            time.sleep(_POLL_S / 4)

    def kill_process(self, number: int) -> None:
        """SIGKILL one process, which may be a child of a kept one."""
        with self._lock:
            self._asked.add(number)
            psutil.Process(number).kill()

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """The process that runs, or ran last."""
        with self._lock:
            return self._running[name]

    def children(self, name: str) -> list[int]:
        """The processes that it has started."""
        return [child.pid for child in psutil.Process(self.process(name).pid).children()]

    def stop(self, *names: str, patience_s: float = PATIENCE_S) -> dict[str, int]:
        """SIGTERM these (all if none is named), the last first, and keep them no more; their exit codes."""
        codes = {}
        with self._lock:
            chosen = [name for name in reversed(self._kept) if not names or name in names]
            for name in chosen:
                del self._kept[name]
        for name in chosen:
            process = self._running[name]
            process.terminate()
            try:
                codes[name] = process.wait(patience_s)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        return codes

    def close(self) -> None:
        """End all of them."""
        self.stop()
        self._ended.set()
        self._thread.join(10)

    def output(self, name: str, size: int = 4000) -> str:
        """The last words of a process."""
        return (self._folder / f"{name}.log").read_text(errors="replace")[-size:]

    def _run(self, name: str) -> None:
        command, environment = self._kept[name]
        with (self._folder / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "launch.main", *command],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _watch(self) -> None:
        due: dict[str, float] = {}
        while not self._ended.wait(_POLL_S):
            with self._lock:
                for name in list(self._kept):
                    process = self._running[name]
                    if process.poll() is None:
                        due.pop(name, None)
                    elif name not in due:
                        due[name] = time.monotonic() + _AGAIN_S
                        if process.pid not in self._asked:
                            self.died.append((name, process.returncode))
                            self.last_words.append(f"== {name} ended unasked\n{self.output(name)}")
                    elif time.monotonic() >= due[name]:
                        self._run(name)
