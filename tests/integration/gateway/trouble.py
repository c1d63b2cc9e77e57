"""Trouble: a log that fails when told to, and a database that goes away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from vedette.log import Bounds, Log, Message, Record
from vedette.store.pool import Store


class TroubledLog:
    """Passes everything on to a real log, until `refuses` (at once) or `fails` (later) is set."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.refuses: Exception | None = None
        self.fails: Exception | None = None

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        """Raise, fail, or do it."""
        if self.refuses is not None:
            raise self.refuses
        if self.fails is not None:
            failed: Future[None] = Future()
            failed.set_exception(self.fails)
            return failed
        return self._log.produce(topic, messages)

    def bounds(self, topic: str) -> list[Bounds]:
        """Raise or do it."""
        if self.refuses is not None:
            raise self.refuses
        return self._log.bounds(topic)

    def read(self, topic: str, partition: int, offset: int, max_messages: int) -> list[Record]:
        """Raise or do it."""
        if self.refuses is not None:
            raise self.refuses
        return self._log.read(topic, partition, offset, max_messages)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


@contextmanager
def database_away(admin_dsn: str, dsn: str) -> Iterator[None]:
    """Cut every connection to a database, and let no new one in."""
    name = dsn.partition("@/")[2].partition("?")[0]
    admin = Store(admin_dsn, pool_size=1)
    try:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        yield
    finally:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        admin.close()
