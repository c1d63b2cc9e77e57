"""A running `vedette up` on a temporary folder, as tests use it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from tests.patience import PATIENCE_S

T = TypeVar("T")
PASSWORD = "e2e-password-for-tests"
QUICK = {
    "VEDETTE_ADMIN_PASSWORD": PASSWORD,
    "VEDETTE_ALLOW_PRIVATE": "true",
    "VEDETTE_EPOCH_S": "0.5",
    "VEDETTE_SETTLE_S": "2",
    "VEDETTE_IDLE_S": "3",
    "VEDETTE_ARCHIVE_FLUSH_S": "2",
    "VEDETTE_SILENT_MIN_S": "4",
    "VEDETTE_LEASE_S": "2",
    "VEDETTE_TIMEOUT_S": "1",
}


def eventually(what: str, check: Callable[[], T | None], timeout_s: float = PATIENCE_S) -> T:
    """The first true answer of `check`; errors of the connection count as not yet."""
    deadline = time.monotonic() + timeout_s
    last: object = None
    while time.monotonic() < deadline:
        try:
            found = check()
            if found:
                return found
            last = found
        except httpx.HTTPError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout_s:g} s: {what}; last seen: {last!r}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """`vedette up` as a process of ours, and ways to look into it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.printed = data.parent / "printed.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {**os.environ, **QUICK, "VEDETTE_DATA": str(self.data), "VEDETTE_INTERVAL_S": "1"}
        with self.printed.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launch.main", "up", "--port", str(self.port)],
                env=env,
                stdout=output,
                stderr=output,
            )
        eventually("the gateway is ready", lambda: httpx.get(f"{self.url}/readyz").status_code == 200)

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def children(self) -> dict[str, psutil.Process]:
        """Children by their name in the plan."""
        assert self.process is not None
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                command = child.cmdline()
            except psutil.Error:
                continue
            if command and command[0].endswith("postgres"):
                found["postgres"] = child
            elif command[1:4] == ["-P", "-m", "agent"]:  # see agent/lean.py
                found["agent"] = child
            elif "launch.main" in command:
                found["-".join(command[command.index("launch.main") + 1 :])] = child
        return found

    def kill(self, name: str) -> None:
        """SIGKILL a child, and return when the supervisor has started it again."""
        child = self.children()[name]
        child.kill()

        def again() -> bool:
            now = self.children().get(name)
            return now is not None and now.pid != child.pid

        eventually(f"{name} runs again", again)

    @property
    def dsn(self) -> str:
        return str(json.loads((self.data / "address.json").read_text())["dsn"])

    def token(self, name: str = "cli") -> str:
        return (self.data / "tokens" / name).read_text().strip()

    def call(self, method: str, path: str, **options: Any) -> Any:
        response = httpx.request(
            method, self.url + path, headers={"Authorization": f"Bearer {self.token()}"}, timeout=10, **options
        )
        response.raise_for_status()
        return response.json() if response.content else None

    def output(self) -> str:
        """What was printed, by the supervisor and by all of its children: for a test's failure."""
        parts = [self.printed.read_text()]
        parts += [f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted((self.data / "output").glob("*"))]
        return re.sub(r"vdt_\S+", "vdt_…", "\n".join(parts))
