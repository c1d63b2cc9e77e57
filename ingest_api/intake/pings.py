"""Pings intake: from a key to its monitor, from a request to an event; and the gateway's word that it listens."""

from __future__ import annotations

import asyncio
import re

from fastapi import Request
from starlette.requests import ClientDisconnect

from vedette.clock import Clock
from vedette.errors import InvalidInput, LogUnavailable, NotFound, Overloaded, TooLarge, VedetteError
from vedette.events.pings import KEPT_BYTES, Listening, Ping, Said, encode_ping
from vedette.events.topics import PINGS
from vedette.log import Log, Message
from vedette.store import ping_keys
from vedette.store.pool import Store
from vedette.telemetry import get_logger, metrics

MOST_BYTES = 1 << 20
"""A longer body is refused; of a shorter one the first `KEPT_BYTES` are kept."""
FOLLOW_S = 2.0
"""How often the keys are looked at for changes."""
LISTEN_S = 3.0
"""How often the log is told that this gateway listens."""
_RETRY_S = 0.05
_KEY = re.compile(r"[0-9a-f]{32}")
_STATUS = re.compile(r"\d{1,3}")
_HIGHEST_STATUS = 255
_SIGNALS: dict[str, Said] = {"": "success", "start": "start", "fail": "fail"}


class PingKeys:
    """Whose each key is, in memory: a known key is never waited for. One event loop only.

    A key that is not known makes it look again, at most twenty times a second, and all that ask meanwhile wait for the
    same look. While the database is away, a key that was known stays known: pings only need the log.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owners: dict[str, tuple[int, int]] = {}
        self._version: ping_keys.Version | None = None
        self._began = 0.0
        self._failure: VedetteError | None = None
        self._looking = asyncio.Lock()
        self._logger = get_logger("pings")

    @property
    def known(self) -> bool:
        """Whether the keys have been read: without them no ping is taken."""
        return self._version is not None

    async def whose(self, key: str) -> tuple[int, int]:
        """Account and monitor of the key; `NotFound` if it is nobody's."""
        owner = self._owners.get(key)
        if owner is None and _KEY.fullmatch(key) is not None:
            await self.look()
            owner = self._owners.get(key)
        if owner is None:
            raise NotFound("no heartbeat has this ping URL (any more)")
        return owner

    async def look(self) -> None:
        """Return when the keys have been looked at, by a look that began after this was called."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        async with self._looking:
            if self._began < asked:
                await asyncio.sleep(max(0.0, self._began + _RETRY_S - loop.time()) if self._began else 0.0)
                self._began, self._failure = loop.time(), None
                try:
                    await asyncio.to_thread(self._read)
                except VedetteError as error:
                    self._failure = error
            if self._failure is not None:
                raise self._failure

    def _read(self) -> None:
        # First the version: what changes meanwhile is read again at the next look.
        version = ping_keys.version(self._store)
        if version != self._version:
            self._owners = ping_keys.owners(self._store)
            self._version = version

    async def follow(self) -> None:
        """Look for changes until cancelled."""
        while True:
            try:
                await self.look()
            except VedetteError as error:
                self._logger.warning("ping_keys_not_read", error=str(error))
            await asyncio.sleep(FOLLOW_S)


async def listen(keys: PingKeys, log: Log, clock: Clock) -> None:
    """Tell the log until cancelled that this gateway takes pings, as long as it does.

    The endpoints' flow calls no job overdue for a time in which nobody said so.
    """
    while True:
        if keys.known:
            said = Message(b"listening", encode_ping(Listening(clock.now_ms())))
            try:
                await asyncio.wrap_future(log.produce(PINGS.name, [said]))
            except VedetteError as error:
                get_logger("pings").warning("log_unavailable", error=str(error))
        await asyncio.sleep(LISTEN_S if keys.known else _RETRY_S)


def signal_of(text: str) -> tuple[Said, int | None]:
    """What the last part of a ping's path says, and the exit status if it is one."""
    if text in _SIGNALS:
        return _SIGNALS[text], None
    if _STATUS.fullmatch(text) is None or not text.isascii() or int(text) > _HIGHEST_STATUS:
        raise InvalidInput("signal", text, f"start, fail, or an exit status from 0 to {_HIGHEST_STATUS}")
    return ("fail" if int(text) else "success"), int(text)


async def read_start(request: Request) -> tuple[str | None, int]:
    """The beginning of the body as text that any table holds (None: there is no body), and the length of all of it."""
    kept, size = b"", 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BYTES:
                raise TooLarge("the ping's body", MOST_BYTES)
            kept += chunk[: KEPT_BYTES - len(kept)]
    except ClientDisconnect as error:
        raise InvalidInput("body", f"{size} bytes", "a whole body (the client went away)") from error
    return kept.decode(errors="replace").replace("\0", "\ufffd") if kept else None, size


async def append(log: Log, ping: Ping) -> None:
    """Return when the log has the ping. What is wrong with the log is no fault of the job's."""
    try:
        await asyncio.wrap_future(log.produce(PINGS.name, [Message(str(ping.monitor).encode(), encode_ping(ping))]))
    except Overloaded:
        metrics().count("vedette_ingest_overloaded_total")
        raise
    except (InvalidInput, NotFound) as error:
        raise LogUnavailable(str(error)) from error
    metrics().count("vedette_ingest_accepted_total", topic="pings")
