"""What every server of the testbed can do: start, answer, be killed, and tell its address."""

from __future__ import annotations

import os
import random
import socket
import time
from abc import ABC, abstractmethod
from pathlib import Path

from deploy.testbed.processes import Process

_READY_S = 400.0  # seconds on a machine of its own; a busy one takes its time
_POLL_S = 0.1
_PORTS = range(20000, 32000)


class TestbedError(Exception):
    """The testbed cannot do what was asked; the text says what is wrong and what to do."""

    __test__ = False  # not a test, whatever pytest makes of its name


class Server(ABC):
    """One server with its folder: data, log, and the record of its process."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.process = Process(folder)

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder, if there is none."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that runs it in the foreground."""

    @abstractmethod
    def answers(self) -> None:
        """Return if it truly serves; raise anything if it does not yet."""

    def environment(self) -> dict[str, str]:
        """Variables of its process beside the starter's own."""
        return {}

    def start(self) -> None:
        """Start it if it does not run; data and port are those of before. Does not wait: see `wait`."""
        if self.process.running() is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.prepare()
            self.process.start(self.command(), {**os.environ, **self.environment()})

    def wait(self, timeout_s: float = _READY_S) -> None:
        """Return when it answers; `TestbedError` with its last words if it ends or takes longer."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self.answers()
            except Exception as error:  # noqa: BLE001 - whatever a client raises means: not yet
                last = error
            else:
                return
            if self.process.running() is None:
                raise TestbedError(f"{self.name} ended at once:\n{self.process.tail()}")
            if time.monotonic() > deadline:
                raise TestbedError(f"{self.name} does not answer in {timeout_s:g} s: {last!r}\n{self.process.tail()}")
            time.sleep(_POLL_S)

    def kill(self) -> None:
        """SIGKILL, as a crash does it. The data stays."""
        self.process.kill()


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on now, all different.

    They lie below those that the system gives to outgoing connections: a server that was killed gets its port back.
    """
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
        if len(found) == count:
            break
    return found
