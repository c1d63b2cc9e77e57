"""A seeded world of three days: reports with counters, resets, duplicates and disorder, and the rows they become."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataflows import rollup
from dataflows.running import run
from tests.integration.archive.test_flow import drain
from tests.integration.flows.draining import drain_endpoints, nothing_watched, put
from vedette.archive.kinds import CHECKS, SAMPLES
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.archive.writing import Limits
from vedette.clock import SystemClock
from vedette.events.checks import CheckRecord, Phases
from vedette.events.codec import encode_json, encode_packed
from vedette.events.samples import Packer, SampleBatch
from vedette.history.ranges import widened
from vedette.history.rebuilding import Rebuilder, Tally
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.settings import TableSettings
from vedette.store import accounts, monitors
from vedette.store.pool import Store
from vedette.windows.rollup import RollupConfig

HOUR, DAY = 3_600_000, 86_400_000
T0 = 1_699_920_000_000
"""The start of a UTC day."""
NOW = T0 + 10 * DAY
FOR_EVER = TableSettings(keep_10s_days=0, keep_1m_days=0, keep_1h_days=0, keep_1d_days=0)
ROLLUPS = ("rollup_10s", "rollup_1m", "rollup_1h", "rollup_1d")
CHECK_ROLLUPS = ("check_rollup_1m", "check_rollup_1h", "check_rollup_1d")
LATENESS_MS = 60_000
_KINDS = {"requests": "counter", "errors": "delta"}


@dataclass
class World:
    """What was sent, and the flows that read it."""

    log: Log
    store: Store
    objects: Objects
    recovery: Path
    account: int = 0
    monitor: int = 0
    told: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(5))

    def __post_init__(self) -> None:
        self.account = accounts.ensure_account(self.store, "ours")
        self.monitor = monitors.add(self.store, self.account, MonitorSpec(name="m", url="http://localhost/"))

    def fill(self, every_s: int = 1800, days: int = 3) -> None:
        """Reports of three sources: one at 10 s, one at a minute, one that is away for two days."""
        for source, interval, away in (("fast", 10_000, None), ("slow", 60_000, None), ("gone", 10_000, (0.5, 2.5))):
            self.send(source, self.reports(source, interval, range(T0 + HOUR, T0 + days * DAY, every_s * 1000), away))
        results = [self.result(slot) for slot in range(T0 + HOUR, T0 + days * DAY, 1_200_000)]
        put(self.log, CHECKS.topic, *((str(self.monitor), encode_json(result)) for result in [*results, *results[:9]]))

    def reports(
        self, source: str, interval_ms: int, times: Iterable[int], away: tuple[float, float] | None
    ) -> list[SampleBatch]:
        """Values are whole or halves, so that sums are exact in any order."""
        found: list[SampleBatch] = []
        total = 0
        for seq, base in enumerate(times, 1):
            ts = base + self.chance.choice([0, 0, 1, 10_000, 20_000])
            if away and T0 + away[0] * DAY <= ts < T0 + away[1] * DAY:
                continue
            total = 0 if self.chance.random() < 0.05 else total + self.chance.randint(0, 50)
            values = {"load": self.chance.randint(-50, 50) / 2, "requests": float(total), "errors": 1.0}
            if self.chance.random() < 0.3:
                values["more"] = float(seq)
            kinds: Any = _KINDS
            found.append(SampleBatch(source, 1, seq, ts, values, kinds, interval_ms))
        return found

    def send(self, source: str, batches: list[SampleBatch]) -> None:
        """Append reports; every tenth twice, and some after their next, by less than the lateness."""
        packer = Packer()
        messages = []
        for batch in batches:
            messages.append((source, encode_packed(packer.pack(batch, self.account))))
            if self.chance.random() < 0.1:
                messages.append(self.chance.choice(messages[-5:]))
        put(self.log, SAMPLES.topic, *messages)

    def result(self, slot: int) -> CheckRecord:
        """One check, mostly good."""
        down = self.chance.random() < 0.2
        total = self.chance.randint(1, 3000) / 2
        phases, outcome = Phases(connect=total / 4, ttfb=total / 2), "down" if down else "up"
        more: Any = {"phases": phases, "account": self.account}
        return CheckRecord(self.monitor, "paris", slot, slot + 5, outcome, total, **more)  # type: ignore[arg-type]

    def flow(self) -> None:
        """Let rollup and endpoints read the log to its end."""
        config = RollupConfig(lateness_ms=LATENESS_MS, flush_ms=1, settle_ms=0, idle_ms=0)
        built = rollup.build(
            self.log, self.store, SystemClock(), config=config, shards=4, watch=nothing_watched, stop=lambda: True
        )
        run(built, self.recovery / "rollup", 0.1)
        drain_endpoints(self.log, self.store, self.recovery)

    def archive(self) -> None:
        """Let the archive read the log to its end."""
        drain(self.log, self.store, self.objects, self.recovery, Limits(64 << 20, 100_000, 3600))

    def rows(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """All rows, in order."""
        return {
            table: [tuple(row.values()) for row in self.store.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]
            for table in tables
        }

    def rebuild(self, kind: str = "samples", begin: int = T0, end: int = T0 + 3 * DAY, **with_: Any) -> Tally:
        """Rebuild a range."""
        tables = with_.pop("tables", FOR_EVER)
        rebuilder = Rebuilder(self.store, ArchiveReader(self.store, self.objects), tables, self.told.append)
        return rebuilder.rebuild(kind, self.account, widened(begin, end, NOW), NOW)
