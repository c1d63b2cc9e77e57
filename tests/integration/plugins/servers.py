"""Servers that plugins are tested against: ports, and waiting for them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.patience import PATIENCE_S


def installed(program: str, package: str) -> str:
    """The path of a program. Where it is missing the test is skipped with the package that has it, and fails in CI."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/nagios/plugins"
    found = shutil.which(program, path=path)
    if found is None:
        reason = f"{program} is not installed here: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def free_port() -> int:
    """A port at which nobody listens (for the moment)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Poll until `ready`; fails when it never is, or when `process` has ended."""
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert process is None or process.poll() is None, f"the server ended with {process.poll()}"
        assert time.monotonic() < deadline, "the server did not become ready"
        time.sleep(0.02)
