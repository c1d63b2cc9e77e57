"""The books: how many rows are where, and what became of the others."""

from __future__ import annotations

from typing import Literal

from vedette_client.counters import Counters
from vedette_client.message import Message
from vedette_client.values import Tally

Fate = Literal["sent", "rejected", "dropped"]


class Books:
    """Kept by the buffer, under its lock. All numbers are rows, but for `bytes`: those of the messages in memory."""

    def __init__(self) -> None:
        self.pending = 0
        self.in_messages = 0
        self.bytes = 0
        self.on_disk = 0
        self.spilled = 0
        self.fates: dict[Fate, int] = {"sent": 0, "rejected": 0, "dropped": 0}
        self.tally = Tally()

    @property
    def settled(self) -> int:
        """Rows whose fate is known."""
        return sum(self.fates.values())

    def settle(self, rows: int, fate: Fate) -> None:
        """The fate of so many rows is known."""
        self.fates[fate] += rows

    def add(self, message: Message) -> None:
        """A message is in memory now."""
        self.in_messages += message.rows
        self.bytes += message.size

    def remove(self, message: Message) -> None:
        """A message is in memory no more."""
        self.in_messages -= message.rows
        self.bytes -= message.size

    def counters(self, waiting: int) -> Counters:
        """What is shown, where so many rows wait."""
        return Counters(
            waiting + self.settled,
            self.fates["sent"],
            self.fates["dropped"],
            self.fates["rejected"],
            waiting,
            self.spilled,
            self.tally.unsupported,
            self.tally.shortened,
        )
