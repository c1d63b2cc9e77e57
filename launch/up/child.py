"""A child of the supervisor: one process that is started, watched, started again, and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launch.up.environment import child_environment
from vedette.errors import VedetteError
from vedette.settings import Settings

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
STEADY_S = 30.0
"""A process that has run this long is well: its next death is a first one."""
_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run. `prepare` comes before each start, `stop_signal` asks it to end, `ready` tells whether it serves.

    `env` is added to what is inherited; `settings` is what the process reads from it, None if it is not ours.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    output: Path
    options: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] = lambda: True
    settings: type[Settings] | None = None


class Child:
    """One child. Time comes in as an argument: seconds of a monotonic clock."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.restarted: deque[float] = deque(maxlen=_REMEMBERED)
        self.started = 0.0
        self._wait = FIRST_WAIT_S
        self._due: float | None = None

    def start(self, now: float) -> None:
        """Start it; what it prints is appended to its output file."""
        self.spec.output.parent.mkdir(parents=True, exist_ok=True)
        self.spec.prepare()
        options = dict(self.spec.options)
        with self.spec.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.spec.command,
                env=child_environment(os.environ, self.spec.env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal reaches the supervisor alone, which then stops all in order.
                start_new_session=True,
                **options,
            )
        self.started = now
        self._due = None

    def watch(self, now: float) -> str | None:
        """Start it again when it has died and its wait is over; a sentence if something happened."""
        if self.process is None:
            return None
        code = self.process.poll()
        if code is None:
            return None
        if self._due is None:
            if now - self.started >= STEADY_S:
                self._wait = FIRST_WAIT_S
            self._due = now + self._wait
            wait, self._wait = self._wait, min(LONGEST_WAIT_S, self._wait * 2)
            return f"{self.spec.name} ended ({_ending(code)}); it starts again in {wait:g} s"
        if now < self._due:
            return None
        self.restarts += 1
        self.restarted.append(now)
        try:
            self.start(now)
        except (VedetteError, OSError) as error:
            self._due = now + self._wait
            self._wait = min(LONGEST_WAIT_S, self._wait * 2)
            return f"{self.spec.name} cannot start: {error}"
        return f"{self.spec.name} runs again"

    @property
    def pid(self) -> int | None:
        """The process's number, also after its end; None before the first start."""
        return None if self.process is None else self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal, if it runs."""
        if self.alive and self.process is not None:
            self.process.send_signal(self.spec.stop_signal)

    def end(self, timeout_s: float) -> None:
        """Wait for its end; after `timeout_s` kill it."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """The end of what it printed."""
        try:
            return self.spec.output.read_text(encoding="utf-8", errors="replace")[-2000:]
        except OSError:
            return ""


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    # Real-time signals have a name only at their ends.
    return f"signal {signal.Signals(-code).name if -code in set(signal.Signals) else -code}"
