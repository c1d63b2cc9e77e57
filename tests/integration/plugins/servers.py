"""Servers that plugins are tested against: ports, and waiting for them."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable

WAIT_S = 30


def free_port() -> int:
    """A port at which nobody listens (for the moment)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Poll until `ready`; fails after half a minute, or when `process` has ended."""
    deadline = time.monotonic() + WAIT_S
    while not ready():
        assert process is None or process.poll() is None, f"the server ended with {process.poll()}"
        assert time.monotonic() < deadline, "the server did not become ready"
        time.sleep(0.02)
