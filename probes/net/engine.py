"""Engine: the port of TLS over memory. Bytes from the server go in, bytes for it come out; it owns no connection."""

from __future__ import annotations

from typing import Literal, Protocol

Blame = Literal["certificate", "protocol", "engine"]
"""What the server shows for itself, what else it does, or what the engine knows less of than others do."""

Failure = tuple[Blame, str]
"""What broke a session: what is to blame, and the reason in words."""


class TlsError(OSError):
    """A session that failed: what is to `blame`, and the `reason`."""

    def __init__(self, failure: Failure) -> None:
        self.blame, self.reason = failure
        super().__init__(self.reason)


class Engine(Protocol):
    """The client's side of one session. Its first bytes for the server are `pending` when it is made."""

    @property
    def stands(self) -> bool:
        """Whether the handshake is done, and the server is who it should be."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the server said goodbye."""
        ...

    @property
    def failure(self) -> Failure | None:
        """What went wrong. Nothing more is received then; `pending` may have an alert that tells the server why."""
        ...

    @property
    def protocol(self) -> str | None:
        """What both agreed to speak (ALPN)."""
        ...

    @property
    def version(self) -> str | None:
        """The version of TLS, such as TLSv1.3."""
        ...

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate as DER, verified or not."""
        ...

    def receive(self, data: bytes) -> bytes:
        """Take what the server sent; what it says. Never raises: see `failure` and `ended`."""
        ...

    def send(self, data: bytes) -> None:
        """Say `data`, in a session that stands; it is `pending` then."""
        ...

    def close(self) -> None:
        """Say goodbye; it is `pending` then."""
        ...

    def pending(self) -> bytes:
        """The bytes that are to go to the server; they are given once."""
        ...
