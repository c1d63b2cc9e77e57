"""The store's door: a connection pool whose errors are Vedette's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import psycopg_pool
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg.types.json import Jsonb

from vedette.errors import StoreRefused, StoreUnavailable, VedetteError
from vedette.settings import StoreSettings
from vedette.store.address import conninfo, place
from vedette.store.failures import Meaning, meaning, ours
from vedette.store.schema import check_schema
from vedette.store.watchdog import Watchdog
from vedette.telemetry import get_logger

__all__ = ["Connection", "Jsonb", "Store", "open_store"]

Connection = psycopg.Connection[DictRow]
_CHECK_S = 5.0
"""A connection that has not answered an empty question for so long is dead."""


class Store:
    """PostgreSQL through a pool of blocking connections; safe to use from any thread.

    A lost connection, or a server that is away, busy or full, raises `StoreUnavailable`, which is retriable; so does
    work on one connection that takes longer than `statement_s`. A server that does not let us in raises `StoreRefused`
    until it has let us in once; after that it is waited for, since whoever changes a password or moves the database
    will finish. A row that exists already raises `Conflict`; a value that no column can hold raises `InvalidInput`.
    Rows come back as dictionaries. With `check`, tables of another version of Vedette raise `StoreRefused`.
    """

    def __init__(
        self, dsn: str, *, pool_size: int = 8, timeout_s: float = 5.0, statement_s: float = 60.0, check: bool = False
    ) -> None:
        self.dsn = dsn
        self._statement_s = statement_s
        self._unchecked = check
        self._let_in = False
        self._failure: Exception | None = None
        self._watchdog = Watchdog()
        self._pool: psycopg_pool.ConnectionPool[Connection] = psycopg_pool.ConnectionPool(
            conninfo(dsn),
            connection_class=_noting(self._note),
            min_size=1,
            max_size=pool_size,
            timeout=timeout_s,
            open=False,
            kwargs={"autocommit": True, "row_factory": dict_row},
            configure=self._prepare,
            check=self._check,
            # Not longer: the pool's own back-off has no bound, and after an hour's outage would wait for another.
            # An attempt that gave up is followed by a new one as soon as somebody asks again.
            reconnect_timeout=max(timeout_s, 1.0),
        )
        self._pool.open()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back by an exception."""
        with self.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in autocommit mode."""
        try:
            with self._pool.connection() as connection, self._watched(connection):
                yield connection
        except psycopg_pool.PoolTimeout as error:
            raise self._away() from error
        except psycopg.Error as error:
            translated = ours(error, self.dsn)
            if translated is None:
                raise
            raise translated from error

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """All rows of one query."""
        with self.connection() as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def tuples(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of one query as tuples, in PostgreSQL's binary form: for results of thousands of rows."""
        with self.connection() as connection, connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            return cursor.execute(sql.encode(), values).fetchall()

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """The first row, or None."""
        with self.connection() as connection:
            return connection.execute(sql.encode(), values).fetchone()

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement; how many rows it touched."""
        with self.connection() as connection:
            return connection.execute(sql.encode(), values).rowcount

    def ready(self) -> None:
        """Raise `StoreUnavailable` unless the database answers now."""
        self.row("SELECT 1 AS one")

    def admit(self) -> None:
        """Ask at once, beside the pool and its back-off, whether the database lets us in and has our tables.

        Raises `StoreRefused` if not, and `StoreUnavailable` if it does not answer.
        """
        try:
            with psycopg.connect(conninfo(self.dsn), autocommit=True, row_factory=dict_row) as connection:
                self._prepare(connection)
        except psycopg.Error as error:
            translated = self._failure if isinstance(self._failure, StoreRefused) else ours(error, self.dsn)
            if translated is None:
                raise
            raise translated from error

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        self._watchdog.close()

    @contextmanager
    def _watched(self, connection: Connection) -> Iterator[None]:
        with self._watchdog.watch(connection, self._statement_s) as watch:
            try:
                yield
            except psycopg.Error as error:
                if watch.barked:
                    taken = (
                        f"the database {place(self.dsn)} took longer than {self._statement_s:g} s (VEDETTE_STATEMENT_S)"
                    )
                    raise StoreUnavailable(taken) from error
                if meaning(error) is Meaning.ELSEWHERE:
                    connection.close()  # the pool makes another, which finds the server that takes writes
                raise

    def _prepare(self, connection: Connection) -> None:
        """For each new connection, in the pool's thread: its time limit, and at first whether the tables are ours."""
        with self._watchdog.watch(connection, _CHECK_S):
            # So that the server too ends what nobody waits for any longer.
            connection.execute(
                "SELECT set_config('statement_timeout', %s, false)", (f"{self._statement_s * 1000:.0f}",)
            )
            if self._unchecked:
                self._noted(lambda: check_schema(connection, self.dsn))
                self._unchecked = False
        self._let_in, self._failure = True, None

    def _noted(self, action: Callable[[], None]) -> None:
        try:
            action()
        except psycopg.Error as error:
            self._failure = error
            raise
        except VedetteError as error:
            self._failure = error
            # Only database errors are expected by the pool's thread; who waits gets the one that was noted.
            raise psycopg.OperationalError(str(error)) from error

    def _check(self, connection: Connection) -> None:
        with self._watchdog.watch(connection, min(_CHECK_S, self._statement_s)):
            psycopg_pool.ConnectionPool.check_connection(connection)

    def _note(self, error: psycopg.Error) -> None:
        self._failure = error

    def _away(self) -> VedetteError:
        """Why there is no connection: the last failure to make one, if there was any."""
        failure = self._failure
        if isinstance(failure, psycopg.Error):
            failure = ours(failure, self.dsn)
        if isinstance(failure, StoreRefused) and self._let_in:
            return StoreUnavailable(str(failure))
        if isinstance(failure, VedetteError):
            return failure
        return StoreUnavailable(
            f"the database does not answer ({place(self.dsn)}): no connection within the time limit"
        )


def _noting(note: Callable[[psycopg.Error], None]) -> type[Connection]:
    """A class of connections that tells `note` why one could not be made; the pool itself only logs it."""

    class Noting(psycopg.Connection[DictRow]):
        @classmethod
        def connect(cls, *values: Any, **named: Any) -> Any:
            try:
                return super().connect(*values, **named)
            except psycopg.Error as error:
                note(error)
                raise

    return Noting


def open_store(settings: StoreSettings) -> Store:
    """The store that the settings name.

    Raises `StoreRefused` within seconds if the database does not let us in or has tables of another version. One that
    does not answer is no error: whoever uses the store waits for it, and is told then.
    """
    dsn = settings.dsn.get_secret_value()
    store = Store(dsn, pool_size=settings.pool_size, statement_s=settings.statement_s, check=True)
    try:
        store.admit()
    except StoreUnavailable as error:
        get_logger("store").warning("database_away", error=str(error))
    except BaseException:
        with suppress(Exception):
            store.close()
        raise
    return store
