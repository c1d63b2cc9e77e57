"""The gateway's context: what its routes share, made once at start."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from fastapi import Request

from ingest_api.day_memory import DayMemory
from ingest_api.limits import LoginLimit
from ingest_api.stream.hub import Hub
from ingest_api.tokens import TokenCache
from vedette.clock import Clock
from vedette.history.queries import History
from vedette.log import Log
from vedette.settings import GatewaySettings
from vedette.store.checks import DaySums
from vedette.store.pool import Store
from vedette.store.series import Catalogue


@dataclass(slots=True)
class Context:
    """Everything a route needs; nothing of it is made at import."""

    settings: GatewaySettings
    log: Log
    store: Store
    clock: Clock
    key: bytes
    catalogue: Catalogue
    tokens: TokenCache
    hub: Hub
    history: History
    days: DayMemory[dict[int, DaySums]]
    logins: LoginLimit = field(default_factory=LoginLimit)
    hashing: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2))

    def oldest_ms(self) -> int:
        """The oldest time that the intake takes."""
        return self.clock.now_ms() - self.settings.max_past_s * 1000

    def newest_ms(self) -> int:
        """The newest time that the intake takes."""
        return self.clock.now_ms() + self.settings.max_future_s * 1000


def context_of(request: Request) -> Context:
    """The context of the application that serves `request`."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found


async def context(request: Request) -> Context:
    """The same as a dependency; asynchronous, for FastAPI would give any other a thread each time."""
    return context_of(request)
