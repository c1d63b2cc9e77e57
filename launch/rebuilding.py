"""A rebuild put together: log, database and archive as the settings or a running `vedette up` name them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ingest_api.times import parse_time
from launch.client import data_folder, database
from vedette.archive.kinds import KINDS
from vedette.archive.objects import open_objects
from vedette.archive.reader import ArchiveReader
from vedette.clock import Clock, SystemClock
from vedette.errors import InvalidInput
from vedette.history.ranges import widened
from vedette.history.rebuilding import Rebuilder, Tally
from vedette.history.settled import check_age, check_archived, shown
from vedette.log import open_log
from vedette.settings import ArchiveSettings, LogSettings, TableSettings
from vedette.store.pool import Store


def archive_settings() -> ArchiveSettings:
    """Of the environment; without an archive there, that of the data folder of `vedette up`."""
    folder = data_folder()
    given = os.environ.keys() & {"VEDETTE_ARCHIVE_URL", "VEDETTE_ARCHIVE_URL_FILE"}
    return ArchiveSettings.load() if given or not folder.address.exists() else _of(folder.archive_url)


def _of(url: str) -> ArchiveSettings:
    return ArchiveSettings.load(archive_url=url)


def log_settings() -> LogSettings:
    """Of the environment, or of the data folder."""
    known = data_folder().read_address().get("log_url")
    given = os.environ.keys() & {"VEDETTE_LOG_URL", "VEDETTE_LOG_URL_FILE"}
    return LogSettings.load() if given or known is None else LogSettings.load(log_url=known)


def run(
    since: str,
    until: str,
    account: int | None,
    kinds: Sequence[str],
    tell: Callable[[str], None],
    clock: Clock | None = None,
) -> Tally:
    """Rebuild; raises `InvalidInput` for a range that cannot be, `Conflict` while the archive is behind."""
    now = (clock or SystemClock()).now_ms()
    begin, end = parse_time("--from", since, now), parse_time("--to", until, now)
    if begin >= end:
        raise InvalidInput("--from", since, f"a time before --to ({until})")
    wanted = widened(begin, end, now)
    check_age(wanted.to_ms, now)
    objects = open_objects(archive_settings())
    objects.check()
    store = Store(database(), pool_size=2, statement_s=600, check=True)
    log = open_log(log_settings())
    try:
        for kind in kinds:
            check_archived(log, store, KINDS[kind].topic, wanted.complete_ms)
        tell(f"rebuilding {' and '.join(kinds)} from {shown(wanted.from_ms)} to {shown(wanted.to_ms)}")
        rebuilder = Rebuilder(store, ArchiveReader(store, objects), TableSettings.load(), tell)
        total = Tally()
        for kind in kinds:
            for number in [account] if account else rebuilder.accounts(kind, wanted.from_ms, wanted.complete_ms):
                found = rebuilder.rebuild(kind, number, wanted, now)
                total = Tally(total.events + found.events, total.removed + found.removed, total.written + found.written)
        return total
    finally:
        log.close()
        store.close()
