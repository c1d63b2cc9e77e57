"""A process of Vedette that is started with certain settings, and what it says before it ends or while it waits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.patience import PATIENCE_S


class Starting:
    """`vedette COMMAND…` with these settings and no others; in a `with`, it is killed at the end."""

    def __init__(self, folder: Path, *command: str, **settings: str) -> None:
        self._output = folder / f"{'-'.join(command)}.log"
        env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launch.main", *command],
                env={**env, "VEDETTE_DATA": str(folder / "data"), **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(30)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)

    def says(self, *words: str) -> None:
        """Return when it has said all of this; fail with what it said instead."""
        deadline = time.monotonic() + PATIENCE_S
        while not all(word in self.words() for word in words):
            assert time.monotonic() < deadline, self.words()
            assert self.process.poll() is None or all(word in self.words() for word in words), self.words()
            time.sleep(0.05)

    def words(self) -> str:
        """What it has printed."""
        return self._output.read_text(encoding="utf-8", errors="replace")
