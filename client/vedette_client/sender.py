"""The sender: hands messages to a transport, oldest first, with jittered back-off."""

from __future__ import annotations

import logging
import random

from vedette_client.buffer import Buffer
from vedette_client.errors import Refused, TooLarge, Unavailable
from vedette_client.identity import Identity
from vedette_client.message import Message, halves
from vedette_client.spill import Spill
from vedette_client.transports.port import Transport

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0

_log = logging.getLogger("vedette_client")


class Sender:
    """Sends one message at a time and forgets it only when it is acknowledged or refused.

    A refusal costs that message alone: its rows are counted as rejected, and the first of each kind is logged. One that
    is too large goes on as two halves. Everything else is tried again, for as long as memory and disk keep it.
    """

    def __init__(
        self, buffer: Buffer, identity: Identity, spill: Spill | None, transport: Transport, rng: random.Random
    ) -> None:
        self._buffer = buffer
        self._identity = identity
        self._spill = spill
        self._transport = transport
        self._rng = rng
        self._wait = 0.0
        self._logged: set[str] = set()
        self.last_error: str | None = None

    def step(self) -> float | None:
        """Try the oldest message once; seconds to wait before the next try, or None if nothing waits.

        Blocks for the request.
        """
        on_disk = self._spill is not None and len(self._spill) > 0
        message = self._from_disk() if on_disk else self._buffer.head()
        if message is None:
            return 0.0 if on_disk else None
        self._identity.give(message)
        try:
            notes = self._transport.send(message)
        except TooLarge as error:
            self._shrink(message, on_disk, error)
        except Refused as error:
            self._refuse(message, on_disk, error)
        except Unavailable as error:
            self._back_off(message, on_disk, error, error.retry_after_s)
        except Exception as error:  # noqa: BLE001 - a sender that died would leave the rows there for ever
            self._back_off(message, on_disk, error, 0.0)
        else:
            self._acknowledged(message, on_disk, notes)
        return self._wait

    def _from_disk(self) -> Message | None:
        assert self._spill is not None
        message = self._spill.oldest()
        if message is None:  # the disk lost it
            self._buffer.lost(self._spill.remove_oldest())
            self._note("unreadable", "a spilled message cannot be read, and was dropped")
        return message

    def _acknowledged(self, message: Message, on_disk: bool, notes: list[str]) -> None:
        for note in notes:
            self._note(note, f"the gateway took a message but for a part of it: {note}")
        self._leave_disk(on_disk)
        self._buffer.settle(message, "sent", disk=on_disk)
        if self._wait > 0:
            _log.info("the gateway answers again")
        self._wait = 0.0

    def _shrink(self, message: Message, on_disk: bool, error: TooLarge) -> None:
        if message.rows < 2:
            self._refuse(message, on_disk, error)
            return
        parts = halves(message)
        self._leave_disk(on_disk)
        self._buffer.replace(message, parts, disk=on_disk)
        self._wait = 0.0

    def _refuse(self, message: Message, on_disk: bool, error: Refused) -> None:
        self.last_error = str(error)
        self._note(f"{type(error).__name__} {error.status}", f"{message.rows} rows were rejected: {error}")
        self._leave_disk(on_disk)
        self._buffer.settle(message, "rejected", disk=on_disk)
        self._wait = 0.0

    def _back_off(self, message: Message, on_disk: bool, error: Exception, floor_s: float) -> None:
        self.last_error = str(error) or repr(error)
        if self._wait == 0:
            _log.warning("rows wait, for the gateway cannot take them now: %s", self.last_error)
        if on_disk and self._spill is not None:
            self._spill.land()
        else:
            self._buffer.land(message)
        longest = min(LONGEST_WAIT_S, max(FIRST_WAIT_S, self._wait * 2))
        jitter = self._rng.uniform(0.5, 1.0)
        # Never before the time that the gateway asked for; and not all its clients at the same moment after it.
        self._wait = max(floor_s * (0.5 + jitter), longest * jitter)

    def _leave_disk(self, on_disk: bool) -> None:
        if on_disk and self._spill is not None:
            self._spill.remove_oldest()

    def _note(self, key: str, text: str) -> None:
        """Log once per key, and only so many keys."""
        if key not in self._logged and len(self._logged) < 100:
            self._logged.add(key)
            _log.error("%s (further ones like it are only counted)", text)
