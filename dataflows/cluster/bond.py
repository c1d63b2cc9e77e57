"""The bond: the processes of a cluster wait for each other, and none outlives another.

Bytewax goes on waiting for ever for a process whose machine has vanished, and knows no order to end that reaches all.
So each process keeps a connection to process 0: whoever is told to end tells all, and who loses the others ends.
"""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from dataflows.cluster.letters import Hello
from dataflows.cluster.seat import Seat
from vedette.telemetry import get_logger

_LOST_CODE = 1


class StopFlag(Protocol):
    """Whether to end, and a way to say so."""

    def __call__(self) -> bool: ...  # noqa: D102 - the class says it

    def set(self) -> None: ...  # noqa: D102 - the class says it


class End(ABC):
    """One end of the bond. `pump` does what is to be done, for at most half a second.

    It raises `LostError` when the cluster is no longer whole while `running`.
    """

    running = False

    @abstractmethod
    def pump(self) -> None:
        """Wait for letters, answer them, tell that this end is alive. `Conflict` if this process cannot take part."""

    @abstractmethod
    def leave(self) -> None:
        """Say that this process's part has ended well, and close."""

    @abstractmethod
    def abandon(self) -> None:
        """Close without a word."""


class Bond:
    """A cluster that is whole. While this process runs, the loss of another one ends it at once, without draining:
    what was not in a snapshot is done again after the restart.
    """

    def __init__(self, end: End) -> None:
        self._end = end
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="bond", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        try:
            while not self._left.is_set():
                self._end.pump()
        except Exception as error:  # noqa: BLE001 - a watchman who dies of anything must wake the house
            get_logger("cluster").error("cluster_broken", reason=str(error) or repr(error))
            os._exit(_LOST_CODE)

    def leave(self) -> None:
        """The dataflow has ended well here."""
        self._left.set()
        self._thread.join()
        self._end.leave()


def join(seat: Seat, hello: Hello, count: int, make: Callable[[int, list[int]], None], stop: StopFlag) -> Bond | None:
    """Wait until all processes are here and agree; None if told to end meanwhile.

    `make` makes recovery partitions, of which there shall be `count` if there are none. Raises `Conflict` if the
    processes or their folders do not fit together.
    """
    from dataflows.cluster.hub import Hub
    from dataflows.cluster.member import Member

    hub = seat.process == 0
    end: End = Hub(seat, hello, count, make, stop) if hub else Member(seat, hello, make, stop)
    try:
        while not end.running:
            if stop():
                end.abandon()
                return None
            end.pump()
    except BaseException:
        end.abandon()
        raise
    return Bond(end)
