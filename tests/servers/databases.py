"""A PostgreSQL server as tests use it: fresh databases, each cloned from one that is migrated."""

from __future__ import annotations

import itertools
import secrets
import time
from urllib.parse import urlsplit, urlunsplit

import psycopg

from vedette.store.migrate import migrate

_BUSY_S = 30.0


class Databases:
    """The server whose superuser's address is `dsn`. Names are this session's own: others may use the server too.

    `passing`: the server is deleted as a whole after the session, so its databases need not be one by one.
    """

    def __init__(self, dsn: str, *, passing: bool) -> None:
        self.dsn = dsn
        self._passing = passing
        self._session = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._template = f"template_{self._session}"
        self._migrated = False

    def address(self, database: str) -> str:
        """The address of a database of that name, whether it exists or not."""
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{database}"))

    def fresh(self) -> str:
        """The address of a new database, migrated and without rows."""
        if not self._migrated:
            self._admin(f"CREATE DATABASE {self._template} TEMPLATE template0")
            migrate(self.address(self._template))
            # TimescaleDB's workers connect to each database that lets them, and one in use cannot be cloned.
            self._admin(f"ALTER DATABASE {self._template} ALLOW_CONNECTIONS false")
            self._show_out(self._template)
            self._migrated = True
        return self._create(self._template)

    def empty(self) -> str:
        """The address of a new database without tables."""
        return self._create("template0")

    def drop(self, dsn: str) -> None:
        """Delete a database, whoever is connected to it."""
        if not self._passing:
            self._admin(f"DROP DATABASE IF EXISTS {urlsplit(dsn).path.lstrip('/')} WITH (FORCE)")

    def close(self) -> None:
        """Delete the template."""
        if self._migrated:
            self.drop(self.address(self._template))
            self._migrated = False

    def _create(self, template: str) -> str:
        name = f"test_{self._session}_{next(self._numbers)}"
        deadline = time.monotonic() + _BUSY_S
        while True:
            try:
                self._admin(f"CREATE DATABASE {name} TEMPLATE {template}")
            except psycopg.errors.ObjectInUse:
                self._show_out(template)  # a worker that came in while the door was being closed
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return self.address(name)

    def _show_out(self, database: str) -> None:
        self._admin(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}'")

    def _admin(self, sql: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql.encode())
