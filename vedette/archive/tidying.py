"""Tidying: the objects of an hour become one, old hours go, and what is not part of the archive is deleted."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xxhash import xxh3_64

from vedette.archive import naming
from vedette.archive.files import FileWriter, UnreadableArchive
from vedette.archive.kinds import KINDS
from vedette.archive.kinds.port import Wanted
from vedette.archive.merging import merged, opened
from vedette.archive.objects import Objects
from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.settings import ArchiveFlowSettings
from vedette.store import archive as manifest
from vedette.store import archive_tidying as chores
from vedette.store.archive import ArchiveObject
from vedette.store.archive_tidying import Hour
from vedette.store.pool import Store
from vedette.telemetry import get_logger, metrics

_MOST_MERGED = 128
"""Objects that are read at the same time; of more, the result is merged with the rest in the next round."""
_MOST_HOURS = 50
_MOST_DELETED = 1000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class TidyConfig:
    """Seconds and days; see `ArchiveFlowSettings` for what they mean."""

    settle_s: float = 900.0
    grace_s: float = 3600.0
    days: int = 400
    every_s: float = 60.0

    @classmethod
    def of(cls, settings: ArchiveFlowSettings) -> TidyConfig:
        """As the settings say."""
        return cls(settings.archive_settle_s, settings.archive_grace_s, settings.archive_days, settings.archive_tidy_s)


class Tidier(threading.Thread):
    """Goes round from time to time until `wait` (so many seconds, for the stop) says that it came.

    Any number may run: one works at a time, and a second does no harm. It may be killed at any moment.
    """

    def __init__(
        self, store: Store, objects: Objects, config: TidyConfig, clock: Clock, wait: Callable[[float], bool]
    ) -> None:
        super().__init__(name="archive-tidier", daemon=True)
        self._store, self._objects, self._config, self._clock = store, objects, config, clock
        self._wait = wait
        self._holder = uuid.uuid4().hex
        self._lease_s = 10 * config.every_s

    def run(self) -> None:
        """Go round until told to stop."""
        while not self._wait(self._config.every_s):
            self.go_round()

    def go_round(self) -> None:
        """Do each chore once; one that fails is done next time, the others all the same."""
        grace, objects, store = self._config.grace_s, self._objects, self._store
        parts: dict[str, Callable[[], int]] = {
            "merged": self._merge_hours,
            "expired": self._expire,
            "deleted": lambda: chores.delete_garbage(store, grace, objects.delete, _MOST_DELETED),
            "left_behind": lambda: chores.delete_left_behind(store, grace, objects.delete, _MOST_DELETED),
        }
        for what, chore in parts.items():
            self._do(what, lambda chore=chore: chore() if self._mine() else 0)  # type: ignore[misc]  # bound now
        self._do("lease", lambda: chores.give_lease_back(store, self._holder))

    def _mine(self) -> bool:
        return chores.take_lease(self._store, self._holder, self._lease_s)

    def _do(self, what: str, chore: Callable[[], int]) -> None:
        try:
            metrics().count("vedette_archive_tidied_total", chore(), what=what)
        except VedetteError as error:
            get_logger("archive").warning("tidying_failed", what=what, error=str(error))
        except Exception as error:  # noqa: BLE001 - an archive that grows slowly is worse than a wrong round
            get_logger("archive").error("tidier_failed", what=what, error=repr(error))

    def _expire(self) -> int:
        days = self._config.days
        return manifest.expire(self._store, self._clock.now_ms() - days * _DAY_MS) if days else 0

    def _merge_hours(self) -> int:
        count = 0
        for hour in chores.scattered(self._store, self._config.settle_s, _MOST_HOURS):
            if self._wait(0) or not self._mine():
                break
            try:
                count += merge(self._store, self._objects, hour)
            except UnreadableArchive as error:  # of one hour: the others are merged all the same
                get_logger("archive").error("hour_unreadable", error=str(error))
        return count


def merge(store: Store, objects: Objects, hour: Hour) -> int:
    """Make objects of the hour one; how many were replaced (0: somebody else was faster).

    The new object is written whole before the manifest changes hands in one transaction; the old ones stay for those
    who read them.
    """
    kind: Any = KINDS[hour.kind]
    old = manifest.objects(store, hour.kind, hour.account, hour.hour_ms, hour.hour_ms + naming.HOUR_MS)[:_MOST_MERGED]
    if len(old) < 2:
        return 0
    path = naming.merged(hour.kind, hour.account, hour.hour_ms, (found.path for found in old))
    manifest.announce(store, [path])
    with objects.create(path) as file, opened(objects, kind, old, Wanted()) as streams:
        target = _Counting(file)
        writer = FileWriter(kind, hour.account, target)
        for _, items in merged(streams):
            writer.add(items)
        summary = writer.finish()
        expected = sum(found.events for found in old)
        if summary.events != expected:
            raise UnreadableArchive(f"{path}: {summary.events} events were read, {expected} had been written")
    new = ArchiveObject(
        *(hour.kind, hour.account, hour.hour_ms, path, summary.events, target.tell()),
        *(summary.min_ms, summary.max_ms, target.checksum()),
    )
    return len(old) if manifest.swap(store, old, new) else 0


class _Counting:
    """A target that counts and hashes what goes through it."""

    closed = False

    def __init__(self, target: Any) -> None:
        self._target, self._size, self._hash = target, 0, xxh3_64()

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._target.write(piece)
        self._hash.update(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """pyarrow asks for it at the end; the target does it when it is closed."""

    def checksum(self) -> int:
        value = self._hash.intdigest()
        return value - (1 << 64) if value >= 1 << 63 else value
