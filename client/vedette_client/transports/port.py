"""The port: what the sender needs of a transport."""

from __future__ import annotations

from typing import Protocol

from vedette_client.message import Message


class Transport(Protocol):
    """Carries messages; used by one thread at a time."""

    def send(self, message: Message) -> list[str]:
        """Return when the message is durable on the other side; what was refused of it all the same, in words.

        Blocks. Raises `Unavailable` (try again), `TooLarge` (send fewer rows at once) or another `Refused` (it can
        never be accepted).
        """
        ...

    def forked(self) -> None:
        """This is a child process now: connections are the parent's, and must not be used nor shut down."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
