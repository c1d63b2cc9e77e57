"""The whole way of an outage, with real probes: the benchmark in small, of which nothing may be missing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.e2e


def test_every_failing_monitor_is_signalled_confirmed_by_another_place_and_seen_well_again() -> None:
    command = [
        sys.executable,
        "benchmarks/failure_latency.py",
        "--monitors",
        "5",
        "--interval",
        "3",
        "--locations",
        "2",
    ]
    done = subprocess.run(
        [*command, "--settle", "5"], cwd=ROOT, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "never signalled" not in done.stdout
    found = dict(re.findall(r"^(first signal|confirmed|end of).*?p99 +([0-9.]+) s", done.stdout, re.MULTILINE))
    assert found.keys() == {"first signal", "confirmed", "end of"}
    # How long it takes is for the benchmark itself: a machine that runs tests does other things beside.
    assert float(found["first signal"]) <= float(found["confirmed"])
