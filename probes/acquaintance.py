"""Acquaintance: which servers the quick engine may speak to, so that no fault of it is ever told as a fault of theirs.

A server is met with OpenSSL first. If that went well, the next check is a trial of rustls; what fails in it was not
asked yet, and is asked again with OpenSSL at once. After a trial that went well rustls speaks to the server, and its
word counts like any: there is no second try, unless rustls itself says that it understands less than OpenSSL might.
After a failure OpenSSL has the word again, until the server is well. Several checks of one server may run at once:
each knows by itself whether it is a trial.
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
    DOUBTED = auto()
    """rustls could not; whether OpenSSL can is being found out."""
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
        elif self.known is Known.DOUBTED and not quick:
            self.known = Known.UNSUITED
        elif self.known is Known.MET and quick:
            self.known = Known.TRIED

    def failed(self, *, again: bool) -> None:
        """A handshake failed; `again`: with rustls, and OpenSSL is to judge."""
        if self.known is not Known.UNSUITED:
            self.known = Known.DOUBTED if again else Known.STRANGER

    def unsuited(self) -> None:
        """A session stood, but came to something that rustls does not do."""
        self.known = Known.UNSUITED
