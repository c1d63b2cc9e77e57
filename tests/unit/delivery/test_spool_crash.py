"""The spool after kill -9: everything that append acknowledged is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.delivery.fakes import bodies, open_spool, waiting
from vedette.clock import FakeClock

_WRITER = """
import sys
from pathlib import Path
from vedette.clock import SystemClock
from vedette.delivery.spool import Spool

spool = Spool(Path(sys.argv[1]), SystemClock(), max_bytes=1 << 30, max_age_s=3600)
number = 1
while True:
    spool.append("samples", [f'{{"n":{n}}}'.encode() for n in range(number, number + 3)])
    number += 3
    print(number - 1, flush=True)  # acknowledged up to here
"""


def test_what_append_acknowledged_survives_kill_9_whole_and_in_order(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as writer:
        assert writer.stdout is not None
        for _ in range(40):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
    acknowledged = max([acknowledged, *(int(line) for line in rest[:-1])])
    spool = open_spool(tmp_path, FakeClock(), max_bytes=1 << 30)
    kept = waiting(spool)
    assert len(kept) >= acknowledged
    assert kept == bodies(1, len(kept))
    assert len(kept) % 3 == 0, "an append is there whole or not at all"
    assert len(spool) == len(kept)
    spool.close()
