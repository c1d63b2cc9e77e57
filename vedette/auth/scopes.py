"""Scopes: what a credential may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from vedette.errors import InvalidInput, NotAllowed

Scope = Literal["ingest", "agent", "probe", "read", "respond", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_IMPLIED: dict[str, frozenset[str]] = {
    "admin": frozenset(SCOPES),
    "agent": frozenset({"agent", "ingest"}),
    "probe": frozenset({"probe", "ingest"}),
    "respond": frozenset({"respond", "read"}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: the account, the scopes, and, for a bound token, the one subject it may report for.

    `user` and `email` are set for people, `token` for API tokens. `expires_s` is when an access token ends (Unix time).
    """

    account: int
    scopes: frozenset[str]
    user: int | None = None
    email: str | None = None
    token: int | None = None
    subject: str | None = None
    expires_s: int | None = None

    def has(self, scope: Scope) -> bool:
        """Whether the credential has `scope`. Admin implies all; agent and probe imply ingest, respond implies read."""
        return any(scope == mine or scope in _IMPLIED.get(mine, ()) for mine in self.scopes)

    def need(self, scope: Scope) -> None:
        """Raise `NotAllowed` without `scope`."""
        if not self.has(scope):
            has = ", ".join(sorted(self.scopes)) or "none"
            raise NotAllowed(f"this needs the scope {scope!r}; the credential has: {has}")

    def need_subject(self, field: str, subject: str) -> None:
        """Raise `NotAllowed` if the credential is bound to another subject."""
        if self.subject is not None and self.subject != subject:
            raise NotAllowed(f"{field}: this token may only report for {self.subject!r}, not {subject!r}")


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes, sorted; `InvalidInput` for one that does not exist, or for none at all."""
    found = sorted(set(scopes))
    if not found:
        raise InvalidInput("scopes", [], f"at least one of {', '.join(SCOPES)}")
    for scope in found:
        if scope not in SCOPES:
            raise InvalidInput("scopes", scope, ", ".join(SCOPES))
    return found
