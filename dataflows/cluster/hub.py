"""The hub: process 0's end of the bond, to which all others come."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from dataflows.cluster.agreement import agree, differing
from dataflows.cluster.bond import End, StopFlag
from dataflows.cluster.letters import Done, Ending, Go, Hello, Letter, LostError, Made, Make, Ping, Refused, Wire
from dataflows.cluster.seat import Seat
from dataflows.cluster.times import EVERY_S, PARTING_S, SAY_EVERY_S, SILENT_S, TICK_S
from vedette.errors import ConfigurationError, Conflict
from vedette.telemetry import get_logger


@dataclass(slots=True)
class _Guest:
    """A connection, who is at its other end once it has said so, and how far it is."""

    wire: Wire
    hello: Hello | None = None
    owes: bool = False
    done: bool = False


class Hub(End):
    """Gathers the others, checks that they fit together, lets them go, and tells all when one is to end."""

    def __init__(
        self, seat: Seat, hello: Hello, count: int, make: Callable[[int, list[int]], None], stop: StopFlag
    ) -> None:
        self._seat, self._hello, self._count, self._make, self._stop = seat, hello, count, make, stop
        self._guests: list[_Guest] = []
        self._agreed = self._told = False
        self._pinged = self._said = time.monotonic()
        self._log = get_logger("cluster")
        self._selector = selectors.DefaultSelector()
        family = socket.AF_INET6 if ":" in seat.bond[0] else socket.AF_INET
        try:
            self._listener = socket.create_server(seat.bond, family=family)
        except OSError as error:
            host, port = seat.bond
            allowed = f"an address of process 0's machine that is free ({error})"
            raise ConfigurationError("VEDETTE_CLUSTER_BOND", f"{host}:{port}", allowed) from error
        self._selector.register(self._listener, selectors.EVENT_READ)

    def pump(self) -> None:
        """See `End`."""
        for key, _ in self._selector.select(TICK_S):
            if key.fileobj is self._listener:
                guest = _Guest(Wire(self._listener.accept()[0]))
                self._guests.append(guest)
                self._selector.register(guest.wire, selectors.EVENT_READ, guest)
            else:
                self._hear(key.data)
        if self._stop() and self.running and not self._told:
            self._tell_end()
        now = time.monotonic()
        if now - self._pinged >= EVERY_S:
            self._pinged = now
            self._send_all(Ping())
        for guest in [guest for guest in self._guests if now - guest.wire.heard > SILENT_S]:
            self._lose(guest, f"silent for {SILENT_S:g} s")
        if not self.running:
            self._gather(now)

    def _seated(self) -> dict[int, Hello]:
        return {self._hello.process: self._hello} | {
            guest.hello.process: guest.hello for guest in self._guests if guest.hello is not None
        }

    def _gather(self, now: float) -> None:
        hellos = self._seated()
        missing = sorted(set(range(len(self._seat.addresses))) - hellos.keys())
        if missing:
            if now - self._said >= SAY_EVERY_S:
                self._said = now
                self._log.warning("cluster_waits", missing=missing)
            return
        if not self._agreed:
            self._agree(hellos)
        if not any(guest.owes for guest in self._guests):
            self.running = True
            self._send_all(Go())
            self._log.info("cluster_runs", processes=len(hellos))

    def _agree(self, hellos: dict[int, Hello]) -> None:
        try:
            orders = agree(hellos, self._count)
        except Conflict as error:
            self._send_all(Refused(str(error)))
            raise
        self._agreed = True
        for process, order in orders.items():
            if process == self._hello.process:
                self._make(order.count, order.parts)
            else:
                self._order(process, order)

    def _order(self, process: int, order: Make) -> None:
        for guest in self._guests:
            if guest.hello is not None and guest.hello.process == process:
                guest.owes = True
                self._send(guest, order)

    def _hear(self, guest: _Guest) -> None:
        if guest not in self._guests:
            return
        try:
            letters = guest.wire.receive()
        except LostError as error:
            self._lose(guest, str(error))
            return
        for letter in letters:
            self._take(guest, letter)

    def _take(self, guest: _Guest, letter: Letter) -> None:
        if isinstance(letter, Hello):
            self._welcome(guest, letter)
        elif isinstance(letter, Made):
            guest.owes = False
        elif isinstance(letter, Done):
            guest.done = True
        elif isinstance(letter, Ending) and guest.hello is not None:
            self._stop.set()
            self._tell_end()

    def _welcome(self, guest: _Guest, hello: Hello) -> None:
        reason = differing(self._hello, hello)
        if reason is None and not 0 < hello.process < len(self._seat.addresses):
            reason = f"there is no process {hello.process}"
        if reason is None and hello.process in self._seated():
            reason = f"process {hello.process} is here already"
        if reason is None:
            guest.hello = hello
            return
        self._log.error("process_refused", reason=reason)
        self._send(guest, Refused(reason))

    def _tell_end(self) -> None:
        self._told = True
        self._send_all(Ending())

    def _send_all(self, letter: Letter) -> None:
        for guest in list(self._guests):
            if guest.hello is not None and not guest.done:
                self._send(guest, letter)

    def _send(self, guest: _Guest, letter: Letter) -> None:
        try:
            guest.wire.send(letter)
        except LostError as error:
            self._lose(guest, str(error))

    def _lose(self, guest: _Guest, reason: str) -> None:
        if guest not in self._guests:
            return
        self._guests.remove(guest)
        self._selector.unregister(guest.wire)
        guest.wire.close()
        if guest.hello is None:
            return
        if self.running and not guest.done:
            raise LostError(f"process {guest.hello.process} is lost: {reason}")
        self._agreed = False

    def leave(self) -> None:
        """See `End`."""
        for guest in self._guests:
            with suppress(LostError):  # seen below
                guest.wire.send(Done())
        # Not at once: a connection that is closed with something unread takes back what was sent last.
        deadline = time.monotonic() + PARTING_S
        while self._guests and time.monotonic() < deadline:
            try:
                self.pump()
            except LostError as error:
                self._log.warning("process_lost_at_the_end", reason=str(error))
        self.abandon()

    def abandon(self) -> None:
        """See `End`."""
        for guest in self._guests:
            guest.wire.close()
        self._guests.clear()
        self._listener.close()
        self._selector.close()
