"""The supervisor: starts the children in order, restarts those that die, stops all of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType

from launch.up.child import Child, ChildSpec
from vedette.clock import Clock
from vedette.errors import Unavailable

Say = Callable[[str], None]
Note = Callable[[Sequence[Child]], None]
_POLL_S = 0.1
_STOP_S = 8.0


class Supervisor:
    """Runs children until `stop` is asked for, by SIGINT or SIGTERM or by a call.

    `say` gets a sentence when something happened, `note` all children whenever they were looked at.
    """

    def __init__(self, clock: Clock, say: Say, note: Note = lambda children: None) -> None:
        self._clock = clock
        self._say = say
        self._note = note
        self.children: list[Child] = []
        self._stopping = threading.Event()

    def take_signals(self) -> None:
        """Stop at SIGINT and SIGTERM; the main thread only."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stopping.is_set()

    def start(self, *specs: ChildSpec) -> None:
        """Start children at once."""
        for spec in specs:
            child = Child(spec)
            self.children.append(child)
            child.start(self._clock.monotonic())

    def wait_ready(self, timeout_s: float) -> None:
        """Return when every child serves; `Unavailable` with the last words of one that does not in time."""
        deadline = self._clock.monotonic() + timeout_s
        for child in self.children:
            while not child.spec.ready():
                if self.stopping():
                    return
                if self._clock.monotonic() > deadline:
                    raise Unavailable(f"{child.spec.name} does not start; its last words:\n{child.last_words()}")
                self._watch()
                self._stopping.wait(_POLL_S)

    def run(self) -> None:
        """Watch until a stop is asked for."""
        while not self._stopping.wait(_POLL_S):
            self._watch()

    def _watch(self) -> None:
        for child in self.children:
            news = child.watch(self._clock.monotonic())
            if news is not None:
                self._say(news)
        self._note(self.children)

    def stop(self) -> None:
        """Stop all, the last started first: senders flush into the gateway, flows drain, the database goes last."""
        self._stopping.set()
        database = [child for child in self.children if child.spec.name == "postgres"]
        others = [child for child in self.children if child.spec.name != "postgres"]
        senders = [child for child in others if child.spec.name in {"agent", "probe"}]
        for group in (senders, [child for child in others if child not in senders], database):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.end(_STOP_S)
