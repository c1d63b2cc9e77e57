"""Identities: the epoch of a sender and the numbers of its messages."""

from __future__ import annotations

import itertools
import secrets

from vedette_client.message import Message


class Identity:
    """A fresh epoch, 64 random bits, and numbers from 1 on."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(8)
        self._numbers = itertools.count(1)

    def give(self, message: Message) -> None:
        """Identify the message, once: it keeps what it has, however often it is sent."""
        if message.seq is None:
            message.epoch, message.seq = self.epoch, next(self._numbers)
