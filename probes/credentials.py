"""Credentials: how a request proves who sends it."""

from __future__ import annotations

from base64 import b64encode

import msgspec


class BasicAuth(msgspec.Struct, frozen=True, tag_field="type", tag="basic"):
    """User and password (RFC 7617), as UTF-8."""

    username: str
    password: str

    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return self.password, self.header().partition(" ")[2]


class BearerAuth(msgspec.Struct, frozen=True, tag_field="type", tag="bearer"):
    """A token (RFC 6750)."""

    token: str

    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.token}"

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (self.token,)


Auth = BasicAuth | BearerAuth
