"""A fleet for the trends flow: four weeks of stored hours, and half a day of checks in the embedded log."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from dataflows import trends
from dataflows.running import run
from tests.integration.flows.draining import put
from tests.patience import PATIENCE_S
from vedette.clock import SystemClock
from vedette.events.checks import CheckRecord
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.statistics.sketch import Sketch
from vedette.store import accounts, checks, monitors
from vedette.store.checks import CheckBatch, CheckWindow
from vedette.store.pool import Store

HOUR_MS, MINUTE_MS, BUCKET_MS = 3_600_000, 60_000, 300_000
BUCKETS, DROP_AT = 120, 60
_TIMES = (100.0, 900.0, 5000.0)
"""Durations that are satisfied, tolerating and frustrated."""
GOOD, BAD = (0.92, 0.07, 0.01), (0.80, 0.15, 0.05)


@dataclass
class TrendFleet:
    """Monitors of one account at three places. The log's time of a check is a second after its slot."""

    store: Store
    log: Log
    folder: Path
    count: int = 4
    begin_ms: int = field(init=False)
    account: int = field(init=False)
    ids: list[int] = field(init=False)

    def __post_init__(self) -> None:
        now = time.time_ns() // 1_000_000
        self.begin_ms = now - now % HOUR_MS - (BUCKETS // 12 + 1) * HOUR_MS
        self.account = accounts.ensure_account(self.store, "default")
        spec = {"url": "https://shop.example"}
        self.ids = [
            monitors.add(self.store, self.account, MonitorSpec(name=f"shop {number}", **spec))
            for number in range(self.count)
        ]

    @property
    def drop_ms(self) -> int:
        """When the drop of `drops` happens."""
        return self.begin_ms + DROP_AT * BUCKET_MS

    def write_history(self) -> None:
        """Four weeks of good hours, as the endpoints flow has written them."""
        sketch = Sketch().to_bytes()
        hours = [
            CheckWindow(one, "a", at, 500, 166, 12, 2, 180, 0, 0, 0, 0, 18000.0, 100.0, 5000.0, sketch)
            for at in range(self.begin_ms - 28 * 24 * HOUR_MS, self.begin_ms, HOUR_MS)
            for one in self.ids
        ]
        checks.write(self.store, [CheckBatch((), (), (), hours)])

    def write_checks(self, drops: int, seed: int = 3) -> None:
        """A check a minute from each of three places; monitor number `drops` gets worse in the middle."""
        random = np.random.default_rng(seed)
        found: list[tuple[str, bytes]] = []
        for minute in range(BUCKETS * 5):
            at = self.begin_ms + minute * MINUTE_MS
            for number, monitor in enumerate(self.ids):
                shares = BAD if number == drops and at >= self.drop_ms else GOOD
                for place, zone in zip("abc", random.choice(3, 3, p=shares), strict=True):
                    result = CheckRecord(monitor, place, at, at, "up", _TIMES[zone], account=self.account)
                    found.append((str(monitor), encode_json(result)))
        put(self.log, CHECKS.name, *found)
        self._log_when_checked()

    def _log_when_checked(self) -> None:
        """Let the log have taken each check a second after its slot, and not now."""
        (file,) = self.folder.glob("**/events.db")
        db = sqlite3.connect(file, timeout=30)
        with db:
            rows = db.execute("SELECT id, value FROM message").fetchall()
            times = [(msgspec.json.decode(value)["scheduled_ms"] + 1000, number) for number, value in rows]
            db.executemany("UPDATE message SET time_ms = ? WHERE id = ?", times)
        db.close()

    def judged_until(self) -> int:
        """The end of the newest bucket that is judged of all monitors (ms UTC); 0 before the first."""
        row = self.store.row(
            "SELECT coalesce(min((extract(epoch FROM at) * 1000)::bigint), 0)::bigint AS at, count(*)::int AS n"
            " FROM trend_standings"
        )
        assert row is not None
        return int(row["at"]) if row["n"] == self.count else 0

    def is_judged(self) -> bool:
        """Whether the last bucket is."""
        return self.judged_until() >= self.begin_ms + BUCKETS * BUCKET_MS

    def run(self, recovery: Path, epoch_s: float = 0.2) -> None:
        """Run the flow in this process until all is judged."""
        deadline, looked = time.monotonic() + PATIENCE_S, 0.0

        def stop() -> bool:
            nonlocal looked
            now = time.monotonic()
            assert now < deadline, "the flow has not judged everything in time"
            if now - looked < 0.1:
                return False
            looked = now
            return self.is_judged()

        run(trends.build(self.log, self.store, SystemClock(), shards=4, stop=stop), recovery, epoch_s)
