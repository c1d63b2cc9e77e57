"""Failures: which of PostgreSQL's errors becomes which of ours; the one place where they are mapped."""

from __future__ import annotations

import re
from enum import Enum, auto

import psycopg

from vedette.errors import Conflict, InvalidInput, StoreRefused, StoreUnavailable, VedetteError
from vedette.store.address import place, without_password


class Meaning(Enum):
    """What an error says about trying again."""

    AGAIN = auto()
    """The server is away, busy, full, or was interrupted: the same may succeed later."""
    ELSEWHERE = auto()
    """The same, on another connection: this one leads to a server that can do nothing for us."""
    REFUSED = auto()
    """The server will not have us as we are."""
    CONFLICT = auto()
    """The row exists."""
    VALUE = auto()
    """A value that no column can hold."""
    MISTAKE = auto()
    """A fault of ours, which must not be covered up."""


MEANINGS: dict[str, Meaning] = {
    "02": Meaning.MISTAKE, "03": Meaning.MISTAKE, "09": Meaning.MISTAKE, "0A": Meaning.MISTAKE,
    "0B": Meaning.MISTAKE, "0F": Meaning.MISTAKE, "0L": Meaning.MISTAKE, "0P": Meaning.MISTAKE,
    "0Z": Meaning.MISTAKE, "10": Meaning.MISTAKE, "20": Meaning.MISTAKE, "21": Meaning.MISTAKE,
    "23": Meaning.MISTAKE, "24": Meaning.MISTAKE, "25": Meaning.MISTAKE, "27": Meaning.MISTAKE,
    "2B": Meaning.MISTAKE, "2D": Meaning.MISTAKE, "2F": Meaning.MISTAKE, "34": Meaning.MISTAKE,
    "38": Meaning.MISTAKE, "39": Meaning.MISTAKE, "3B": Meaning.MISTAKE, "3F": Meaning.MISTAKE,
    "42": Meaning.MISTAKE, "44": Meaning.MISTAKE, "F0": Meaning.MISTAKE, "HV": Meaning.MISTAKE,
    "P0": Meaning.MISTAKE, "XX": Meaning.MISTAKE,
    "08": Meaning.AGAIN,  # the connection broke
    "40": Meaning.AGAIN,  # deadlocks and serialisation: the other one went first
    "53": Meaning.AGAIN,  # disk full, out of memory, too many connections
    "55": Meaning.AGAIN,  # a lock or an object that somebody else holds
    "57": Meaning.AGAIN,  # shut down, starting up, cancelled by the time limit
    "58": Meaning.AGAIN,  # the server's disk
    "72": Meaning.AGAIN,  # snapshot too old
    "XX000": Meaning.AGAIN,  # a chunk that retention dropped while somebody was about to write to it
    "25006": Meaning.ELSEWHERE,  # read-only: it became a standby
    "26": Meaning.ELSEWHERE,  # a prepared statement is gone: a pooler gave us another server
    "22": Meaning.VALUE,
    "54": Meaning.VALUE,  # too long for an index, too many parts
    "23505": Meaning.CONFLICT,
    "28": Meaning.REFUSED,  # password, role
    "3D": Meaning.REFUSED,  # no such database
    "42501": Meaning.REFUSED,  # no permission
}  # fmt: skip
"""By SQLSTATE or its class; the longer one counts. Complete for all that psycopg knows."""

_REFUSALS = re.compile(
    r"failed: .*(password authentication failed|no password supplied|no pg_hba\.conf entry|pg_hba\.conf rejects"
    r"|authentication failed for user|(role|database) \"[^\"]*\" does not exist|is not permitted to log in"
    r"|permission denied for database|SSL was required)"
)
"""libpq gives no SQLSTATE for a connection that fails, only words; a server that speaks other ones is waited for."""


def meaning(error: psycopg.Error) -> Meaning:
    """What `error` says; by its SQLSTATE, or where there is none (the connection itself failed) by its kind."""
    state = error.sqlstate
    if state is not None:
        return MEANINGS.get(state) or MEANINGS.get(state[:2]) or Meaning.MISTAKE
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Meaning.REFUSED if _refused(str(error)) else Meaning.AGAIN
    return Meaning.VALUE if isinstance(error, psycopg.DataError) else Meaning.MISTAKE


def _refused(text: str) -> bool:
    """Whether every host that was tried refused; one that is merely away may let us in later."""
    tried = [line for line in text.splitlines() if line.startswith("- host: ")] or [text]
    return all(_REFUSALS.search(one) is not None for one in tried)


def ours(error: psycopg.Error, dsn: str) -> VedetteError | None:
    """Our error for PostgreSQL's, without the password of `dsn`; None if it is a fault of ours."""
    text = without_password(str(error).partition("Multiple connection attempts failed")[0].strip(), dsn)
    match meaning(error):
        case Meaning.CONFLICT:
            return Conflict(error.diag.message_detail or "it exists already")
        case Meaning.VALUE:
            return InvalidInput("value", "…", f"what the database can hold ({text})")
        case Meaning.REFUSED:
            return StoreRefused(f"the database {place(dsn)} refuses: {text}; {advice(error)}")
        case Meaning.AGAIN | Meaning.ELSEWHERE:
            said = "does not answer" if error.sqlstate is None else "cannot do it now"
            return StoreUnavailable(f"the database {said} ({place(dsn)}): {text}")
        case Meaning.MISTAKE:
            return None


def advice(error: psycopg.Error) -> str:
    """What to do about a refusal."""
    if error.sqlstate == "42501":
        return "grant the role that permission (it should own the database's tables)"
    if "database" in str(error) and "does not exist" in str(error):
        return "create the database, or correct its name in VEDETTE_DSN"
    return "correct user and password in VEDETTE_DSN, or let the server take them (pg_hba.conf)"
