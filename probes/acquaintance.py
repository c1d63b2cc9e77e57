"""Acquaintance: which servers the quick engine may speak to, so that no fault of it is ever told as a fault of theirs.

A server is met with OpenSSL first. If that went well, the next check is a trial of rustls; what fails in it was not
asked yet, and is asked again with OpenSSL at once. After a trial that went well rustls speaks to the server, and its
word counts like any: there is no second try, unless rustls itself says that it understands less than OpenSSL might.
After a failure OpenSSL has the word again, until the server is well.
"""

from __future__ import annotations

from enum import Enum, auto


class Known(Enum):
    """How well a server is known."""

    STRANGER = auto()
    """OpenSSL has not spoken to it, or not without a fault since the last one."""
    MET = auto()
    """OpenSSL has: rustls may try."""
    TRIED = auto()
    """rustls has, too."""
    UNSUITED = auto()
    """rustls could not, OpenSSL could; so it stays."""


class Acquaintance:
    """What is known of one server."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known = Known.STRANGER

    def went_well(self, *, quick: bool) -> None:
        """A handshake stood, `quick` with rustls."""
        if self.known is Known.STRANGER:
            self.known = Known.MET
        elif quick:
            self.known = Known.TRIED

    def failed(self, *, quick: bool, doubtful: bool = False) -> bool:
        """A handshake failed, `quick` with rustls, which finds its own word `doubtful`. Whether OpenSSL is to judge."""
        again = quick and (doubtful or self.known is Known.MET)
        if again:
            self.known = Known.UNSUITED
        elif self.known is not Known.UNSUITED:
            self.known = Known.STRANGER
        return again
