"""The member's end of the bond: a connection to process 0."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable

from dataflows.cluster.bond import End, StopFlag
from dataflows.cluster.letters import Done, Ending, Go, Hello, LostError, Made, Make, Ping, Refused, Wire
from dataflows.cluster.seat import Seat
from dataflows.cluster.times import EVERY_S, PARTING_S, SAY_EVERY_S, SILENT_S, TICK_S
from vedette.errors import Conflict
from vedette.telemetry import get_logger


class Member(End):
    """Comes to process 0, again and again until the cluster runs."""

    def __init__(self, seat: Seat, hello: Hello, make: Callable[[int, list[int]], None], stop: StopFlag) -> None:
        self._seat, self._hello, self._make, self._stop = seat, hello, make, stop
        self._wire: Wire | None = None
        self._pinged = 0.0
        self._said = -SAY_EVERY_S
        self._told = self._hub_done = False
        self._log = get_logger("cluster")

    def pump(self) -> None:
        """See `End`."""
        if self._hub_done:
            time.sleep(TICK_S)
            return
        try:
            if self._wire is None:
                self._come()
            else:
                self._exchange(self._wire)
        except (LostError, OSError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._hub_done:
            return
        if self.running:
            raise LostError(f"process 0 is lost: {error}") from error
        self.abandon()
        now = time.monotonic()
        if now - self._said >= SAY_EVERY_S:
            self._said = now
            self._log.warning("process_0_awaited", address=":".join(map(str, self._seat.bond)), reason=str(error))
        time.sleep(TICK_S)

    def _come(self) -> None:
        connection = socket.create_connection(self._seat.bond, timeout=EVERY_S)
        self._wire = Wire(connection)
        self._wire.send(self._hello)

    def _exchange(self, wire: Wire) -> None:
        if self._stop() and self.running and not self._told:
            self._told = True
            wire.send(Ending())
        now = time.monotonic()
        if now - self._pinged >= EVERY_S:
            self._pinged = now
            wire.send(Ping())
        with selectors.DefaultSelector() as selector:
            selector.register(wire, selectors.EVENT_READ)
            ready = selector.select(TICK_S)
        if ready:
            for letter in wire.receive():
                self._take(wire, letter)
        elif now - wire.heard > SILENT_S:
            raise LostError(f"silent for {SILENT_S:g} s")

    def _take(self, wire: Wire, letter: object) -> None:
        if isinstance(letter, Refused):
            raise Conflict(letter.reason)
        if isinstance(letter, Make):
            self._make(letter.count, letter.parts)
            wire.send(Made())
        elif isinstance(letter, Go):
            self.running = True
        elif isinstance(letter, Ending):
            self._told = True
            self._stop.set()
        elif isinstance(letter, Done):
            self._hub_done = True

    def leave(self) -> None:
        """See `End`."""
        try:
            if self._wire is not None:
                self._wire.send(Done())
            deadline = time.monotonic() + PARTING_S
            while not self._hub_done and time.monotonic() < deadline:
                self.pump()
        except LostError as error:
            self._log.debug("process_0_left_first", reason=str(error))
        self.abandon()

    def abandon(self) -> None:
        """See `End`."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
