"""The client's exception tree.

VedetteClientError
├── Misuse              an argument has a value that is not allowed; nothing was sent
├── Refused             the gateway understood and said no: trying again cannot help
│   ├── InvalidInput        400, 422: a field has a value that is not allowed
│   ├── NotAuthenticated    401: the token or the password is wrong, expired or revoked
│   ├── NotAllowed          403: the token lacks the scope
│   ├── NotFound            404: no such thing in this account
│   ├── Conflict            409: it exists already, or changed meanwhile
│   ├── Gone                410: it was there, and has ended for ever
│   └── TooLarge            413: the body is above the gateway's limit; less at once may pass
└── Unavailable         trying again can help, after `retry_after_s` if that is known
    ├── Overloaded          429: nothing of the request was taken
    └── Unreachable         no answer: the request may or may not have arrived

Only `Unavailable` and what is below it is `retriable`.
"""

from __future__ import annotations

from typing import Any, ClassVar


class VedetteClientError(Exception):
    """Base of every error that this package raises on purpose."""

    retriable: ClassVar[bool] = False


class Misuse(VedetteClientError):
    """An argument has a value that is not allowed; the text names it and what may be there."""


class Refused(VedetteClientError):
    """The gateway said no. `status` is HTTP's, `errors` the fields that it names, if any."""

    def __init__(self, message: str, status: int = 0, errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors or []


class InvalidInput(Refused):
    """A field of the request has a value that is not allowed."""


class NotAuthenticated(Refused):
    """The credential is missing, wrong, expired or revoked."""


class NotAllowed(Refused):
    """The credential is good but lacks the scope."""


class NotFound(Refused):
    """No such thing in this account."""


class Conflict(Refused):
    """The thing exists already, or is not in a state for this."""


class Gone(Refused):
    """The thing was there, and has ended for ever."""


class TooLarge(Refused):
    """The body is above the gateway's limit."""


class Unavailable(VedetteClientError):
    """The gateway cannot do it now. `retry_after_s` is its wish, 0 if it named none."""

    retriable = True

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable):
    """The gateway takes no more for now."""


class Unreachable(Unavailable):
    """There was no answer: no connection, a connection cut, or time over."""


OF_STATUS: dict[int, type[Refused]] = {
    400: InvalidInput,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    422: InvalidInput,
}
"""Which error an answer of this status is; any other below 500 that is not in `RETRIABLE` is a plain `Refused`."""

RETRIABLE = frozenset({408, 425, 429})
"""Statuses below 500 after which trying again can help."""
