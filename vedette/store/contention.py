"""Contention: what is done again when PostgreSQL broke a deadlock at our cost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg

from vedette.errors import StoreUnavailable

TRIES = 5
FIRST_WAIT_S = 0.02
"""Who lost waits so long at least before the first new try, and twice as long before each further one: the other must
have woken up and taken what it waits for, or both lose and win in turns."""
_LOST = "40"
"""The class of SQLSTATEs of transactions that lost against another one: nothing of them was done."""
P = ParamSpec("P")
T = TypeVar("T")


def tried_again(work: Callable[P, T]) -> Callable[P, T]:
    """For a function that does all its work in one transaction of its own: a lost one is tried anew, `TRIES` times in
    all. Blocks meanwhile.

    People's requests meet flows that write the same rows in another order; whoever waits for the other then is told to
    begin anew by the database, and need not be told by us.
    """

    @wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for tries in range(TRIES - 1):
            try:
                return work(*args, **kwargs)
            except StoreUnavailable as error:
                cause = error.__cause__
                if not isinstance(cause, psycopg.Error) or not (cause.sqlstate or "").startswith(_LOST):
                    raise
            time.sleep(FIRST_WAIT_S * 2**tries * random.uniform(1, 2))  # noqa: S311 - no secret
        return work(*args, **kwargs)

    return tried
