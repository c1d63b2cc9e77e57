"""The one exception tree of the house.

VedetteError
├── InvalidInput            a field has a value that is not allowed
│   └── ConfigurationError  the same, in settings
├── NotAuthenticated        nobody we know
├── NotAllowed              known, but lacks the scope
├── NotFound                no such thing in this account
├── Conflict                it exists already, or changed meanwhile
├── Gone                    it was there, and has ended for ever
├── TooLarge                a body or a name above its limit
├── StoreRefused            the database answers, but not to us as we are: password, permission, schema
└── Unavailable             trying again can help
    ├── Overloaded          a bounded buffer is full; says when to come back
    ├── LogUnavailable      the event log does not answer
    ├── StoreUnavailable    the database does not answer
    └── ArchiveUnavailable  the object store does not answer, or refuses

Only `Unavailable` and what is below it is `retriable`.
"""

from __future__ import annotations

from typing import ClassVar

MAX_SHOWN = 80
"""Longest piece of a bad value that an error repeats, in characters."""


def shown(value: object) -> str:
    """`value` as an error message shows it: its repr, cut to `MAX_SHOWN` characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


class VedetteError(Exception):
    """Base of every error that Vedette raises on purpose."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retriable: ClassVar[bool] = False


class InvalidInput(VedetteError):
    """A field holds a value that is not allowed.

    `field` is a path such as `values["cpu"]`, `value` what was there, `allowed` what may be there.
    """

    code = "invalid-input"
    status = 422

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field}: {shown(value)} is not allowed; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class OfField(ValueError):
    """What a validator of a whole model says of one of its fields, which does not fit the others."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(allowed)
        self.field = field
        self.value = value


class ConfigurationError(InvalidInput):
    """A setting (an environment variable or an option) has a wrong value."""

    code = "configuration"


class NotAuthenticated(VedetteError):
    """The request carries no credential, or one that is wrong, expired or revoked."""

    code = "not-authenticated"
    status = 401


class NotAllowed(VedetteError):
    """The credential is good but lacks the scope."""

    code = "not-allowed"
    status = 403


class NotFound(VedetteError):
    """No such thing in this account."""

    code = "not-found"
    status = 404


class Conflict(VedetteError):
    """The thing exists already, or is not in a state for this."""

    code = "conflict"
    status = 409


class Gone(VedetteError):
    """The thing was there, and has ended for ever."""

    code = "gone"
    status = 410


class TooLarge(VedetteError):
    """A body is above its limit; `limit` is in bytes."""

    code = "too-large"
    status = 413

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} is larger than the limit of {limit} bytes")
        self.limit = limit


class StoreRefused(VedetteError):
    """The database answers but refuses: a wrong password, a missing permission, tables of another version."""

    code = "store-refused"
    status = 503


class Unavailable(VedetteError):
    """A part that is needed does not answer now; trying again can help."""

    code = "unavailable"
    status = 503
    retriable = True

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable):
    """A bounded buffer is full; nothing of this request was taken."""

    code = "overloaded"
    status = 429


class LogUnavailable(Unavailable):
    """The event log does not answer or could not make a write durable."""

    code = "log-unavailable"


class StoreUnavailable(Unavailable):
    """The database does not answer."""

    code = "store-unavailable"


class ArchiveUnavailable(Unavailable):
    """The object store does not answer, or refuses: its operator may have to do something, which the text says."""

    code = "archive-unavailable"
