"""Loader: the monitors of this location, asked for over REST, kept on disk for when the gateway is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from probes.monitors import Monitor, MonitorList, read_each, read_list
from probes.places import Place
from probes.shards import WHOLE, Shard
from probes.statefile import replace_file
from vedette.clock import Clock
from vedette.delivery.transport import may_use_proxy
from vedette.errors import ConfigurationError, InvalidInput
from vedette.settings import ProbeSettings
from vedette.telemetry import get_logger

UNCHANGED = httpx.codes.NOT_MODIFIED
OK = httpx.codes.OK


class SavedMonitors(msgspec.Struct):
    """The last good list as it was received, with its ETag; without `place` where an older probe saved it."""

    location: str
    etag: str | None
    monitors: list[msgspec.Raw]
    place: Place | msgspec.UnsetType | None = msgspec.UNSET


Changed = Callable[[list[Monitor], Place | None], None]
"""Takes a new list of monitors, and the location's place among the account's (None: it is not told)."""


def open_client(settings: ProbeSettings) -> httpx.AsyncClient:
    """A client for the gateway; `ConfigurationError` without a token."""
    if settings.token is None:
        raise ConfigurationError("VEDETTE_TOKEN", "<not set>", "an API token (vdt_…) that may read monitors")
    return httpx.AsyncClient(
        base_url=settings.url,
        headers={"Authorization": f"Bearer {settings.token.get_secret_value()}"},
        timeout=httpx.Timeout(10.0, connect=5.0),
        trust_env=may_use_proxy(settings.url),
    )


class MonitorLoader:
    """Asks for the list every `reload_s` with its ETag, and calls `changed` with each new one.

    Whatever fails (no answer, no permission, an unreadable body) keeps the last list. A probe that starts
    while the gateway is away works from the list of its last run. Without a `folder` nothing is kept. Of the
    location's monitors those of `shard` are taken. `reason` tells why the last try failed.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        folder: Path | None,
        location: str,
        clock: Clock,
        *,
        changed: Changed,
        shard: Shard = WHOLE,
    ) -> None:
        self._client = client
        self._path = None if folder is None else folder / "monitors.json"
        self._shard = shard
        self.reason = ""
        self._location = location
        self._clock = clock
        self._changed = changed
        self._etag: str | None = None
        self._failing = False
        self._loading = asyncio.Lock()
        self._log = get_logger("probe")

    def recall(self) -> bool:
        """Take the list of the last run from disk; False where there is none. Blocks for the disk."""
        if self._path is None:
            return False
        try:
            saved = msgspec.json.decode(self._path.read_bytes(), type=SavedMonitors)
        except FileNotFoundError:
            return False
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._log.warning("monitors_unreadable", path=str(self._path), error=str(error))
            return False
        if saved.location != self._location:
            return False
        told = saved.place is not msgspec.UNSET
        self._etag = saved.etag if told else None  # else the gateway would say "not changed", and not which place it is
        self._take(MonitorList(saved.monitors, saved.place or None), origin="disk")
        return True

    async def run(self, reload_s: float) -> None:
        """Load now and then every `reload_s` seconds; ends by cancellation."""
        while True:
            begin = self._clock.monotonic()
            await self.load()
            await self._clock.sleep_until(begin + reload_s)

    async def load(self) -> bool:
        """Ask once; whether the gateway gave a good answer ("not changed" is one).

        Calls follow each other, so that an answer never replaces a newer one.
        """
        async with self._loading:
            return await self._load()

    async def _load(self) -> bool:
        headers = {} if self._etag is None else {"If-None-Match": self._etag}
        try:
            answer = await self._client.get("/v1/probe/monitors", params={"location": self._location}, headers=headers)
            if answer.status_code == UNCHANGED:
                return self._well()
            if answer.status_code != OK:
                return self._failed(f"the gateway answered {answer.status_code}: {answer.text[:200]}")
            told = read_list(answer.content)
        except (httpx.HTTPError, InvalidInput) as error:
            return self._failed(repr(error))
        self._etag = answer.headers.get("ETag")
        self._take(told, origin="gateway")
        await self._save(told)
        return self._well()

    def _take(self, told: MonitorList, origin: str) -> None:
        monitors, problems = read_each(told.monitors)
        for problem in problems:
            self._log.warning("monitor_unreadable", error=str(problem))
        mine = [monitor for monitor in monitors if monitor.wanted_at(self._location) and self._shard.has(monitor)]
        self._log.info("monitors_loaded", monitors=len(mine), origin=origin)
        self._changed(mine, told.place)

    async def _save(self, told: MonitorList) -> None:
        if self._path is None:
            return
        saved = msgspec.json.encode(SavedMonitors(self._location, self._etag, told.monitors, told.place))
        try:
            await asyncio.to_thread(replace_file, self._path, saved)
        except OSError as error:
            self._log.warning("monitors_not_saved", path=str(self._path), error=str(error))

    def _well(self) -> bool:
        if self._failing:
            self._log.info("gateway_back")
        self._failing = False
        return True

    def _failed(self, reason: str) -> bool:
        self.reason = reason
        if not self._failing:
            self._log.warning("monitors_unavailable", reason=reason)
        self._failing = True
        return False
