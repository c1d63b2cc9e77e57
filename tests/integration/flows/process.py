"""A dataflow as a process of its own, so that a test can kill it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.patience import PATIENCE_S

PREFIX = "VEDETTE_KAFKA_PREFIX"
"""Before the names of this test's topics, where its log is Kafka."""


class FlowProcess:
    """`vedette flow NAME` over the test's log and database; in a `with`, it is killed at the end."""

    def __init__(self, name: str, log_url: str, dsn: str, folder: Path, **settings: str) -> None:
        self._command = [sys.executable, "-m", "launch.main", "flow", name]
        self._output = folder / f"{name}.log"
        self._env = {
            **{key: value for key, value in os.environ.items() if key == PREFIX or not key.startswith("VEDETTE_")},
            "VEDETTE_LOG_URL": log_url,
            "VEDETTE_DSN": dsn,
            "VEDETTE_RECOVERY_DIR": str(folder / "recovery" / name),
            "VEDETTE_EPOCH_S": "0.5",
            "VEDETTE_SETTLE_S": "1",
            "VEDETTE_FLUSH_S": "0.1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self, **settings: str) -> None:
        """Start it, from its snapshots if it has run before; with other settings from now on, if there are any."""
        self._env |= settings
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(self._command, env=self._env, stdout=output, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def terminate(self) -> int:
        """Ask it to end; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def members(self) -> list[psutil.Process]:
        """The processes of its cluster, in the order of their numbers."""
        assert self._process is not None
        return sorted(psutil.Process(self._process.pid).children(), key=lambda member: member.pid)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return when `condition` holds; fail with the flow's own words if it does not in time, or if it has died."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert self._process is not None
            assert self._process.poll() is None, self.words()
            assert time.monotonic() < deadline, self.words()
            time.sleep(0.02)

    def says(self, event: str, times: int = 1) -> None:
        """Return when it has logged this so many times."""
        self.wait_until(lambda: self._output.read_text(encoding="utf-8").count(event) >= times)

    def words(self) -> str:
        """The end of what it printed."""
        return self._output.read_text(encoding="utf-8")[-3000:]
