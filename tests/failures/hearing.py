"""A receiver of webhooks as a process that can be killed: `python -m tests.failures.hearing PORT FILE SEED`.

It writes key, alert and event of what it takes to FILE, a line each, before it answers. Now and then it answers 500, or
takes a request and goes away without an answer, or takes it, or does not, and hangs.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.integration.alerting.receiver import OK, Answer, Received, answer, receiving

ROOT = Path(__file__).parents[2]
AWAY = b""
"""An answer that is none: the connection ends."""
ODDS = {"busy": 0.01, "away": 0.004, "hangs": 0.001, "hangs before": 0.001}


class Receiver:
    """The receiver's process, and what all that it ever was took."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self._file, self._port, self._lives = folder / "heard", port, 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, each time with another seed."""
        self._lives += 1
        command = [sys.executable, "-m", "tests.failures.hearing", str(self._port), str(self._file), str(self._lives)]
        self._process = subprocess.Popen(command, cwd=ROOT)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def heard(self) -> list[tuple[str, str, str]]:
        """Key, alert and event of each request, in the order in which they were taken."""
        if not self._file.exists():
            return []
        lines = self._file.read_text().splitlines()
        return [(key, alert, event) for key, alert, event in (line.split() for line in lines)]


async def _serve(port: int, file: Path, seed: int) -> None:
    chance = random.Random(seed)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def rule(request: Received) -> Answer:
        (mood,) = chance.choices([*ODDS, "well"], [*ODDS.values(), 1 - sum(ODDS.values())])
        if mood == "busy":
            return answer(500)
        if mood == "hangs before":
            return None
        body = request.body
        os.write(descriptor, f"{request.key} {body['alert']['id']} {body['event']}\n".encode())
        return {"away": AWAY, "hangs": None}.get(mood, OK)

    async with receiving(rule, port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
