"""A book of what was sent, and whether a reader finds exactly that."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.integration.flows.draining import put
from vedette.archive.kinds import CHECKS, SAMPLES
from vedette.archive.reader import ArchiveReader
from vedette.events.checks import CheckRecord, Phases
from vedette.events.codec import encode_json, encode_packed
from vedette.events.samples import PackedSamples, Packer, SampleBatch
from vedette.log import Log
from vedette.store.pool import Store

HOUR = 3_600_000
T0 = 1_700_000_000_000 // HOUR * HOUR - 60_000
"""A minute before an hour begins."""


@dataclass
class Book:
    """Sources and monitors that report every ten seconds from T0 on."""

    sources: tuple[str, ...] = ("h1", "h2", "h3", "hôte-4")
    monitors: tuple[int, ...] = (7, 8)
    rounds: int = 0
    samples: list[PackedSamples] = field(default_factory=list)
    checks: list[CheckRecord] = field(default_factory=list)
    packer: Packer = field(default_factory=Packer)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def send(self, log: Log, rounds: int, account: int = 1) -> None:
        """Append the next rounds to the log, and note them."""
        for at in range(self.rounds, self.rounds + rounds):
            put(log, SAMPLES.topic, *(self._report(source, at, account) for source in self.sources))
            put(log, CHECKS.topic, *(self._check(monitor, at, account) for monitor in self.monitors))
        self.rounds += rounds

    def _report(self, source: str, at: int, account: int) -> tuple[str, bytes]:
        values = {"cpu": self.chance.random(), "bytes": float(at * 1000), 'disk{mount="/"}': at / 100}
        batch = SampleBatch(source, 5, at + 1, T0 + at * 10_000, values, {"bytes": "counter"}, 10_000)
        packed = self.packer.pack(batch, account)
        self.samples.append(packed)
        return source, encode_packed(packed)

    def _check(self, monitor: int, at: int, account: int) -> tuple[str, bytes]:
        slot = T0 + at * 10_000
        total = self.chance.uniform(1, 100)
        result = CheckRecord(
            *(monitor, "paris", slot, slot + 3, "up", total, 200),
            phases=Phases(connect=total / 2),
            bytes=at,
            account=account,
        )
        self.checks.append(result)
        return str(monitor), encode_json(result)

    def missing(self, store: Store) -> int:
        """How many events the manifest does not count yet; below zero if it counts too many."""
        row = store.row("SELECT coalesce(sum(events), 0)::int AS n FROM archive_objects")
        assert row is not None
        return len(self.samples) + len(self.checks) - int(row["n"])

    def assert_kept(self, reader: ArchiveReader, account: int = 1) -> None:
        """A reader finds each event once, and those of each source in the order in which they were sent."""
        found = [
            event for batch in reader.events(SAMPLES, account, 0, 1 << 42, span_ms=24 * HOUR) for _, event in batch
        ]
        sent = [event for event in self.samples if event.account == account]
        for source in self.sources:
            assert [e for e in found if e.source == source] == [e for e in sent if e.source == source]
        assert len(found) == len(sent)
        results = [event for batch in reader.events(CHECKS, account, 0, 1 << 42) for _, event in batch]
        assert _sorted(results) == _sorted([event for event in self.checks if event.account == account])


def _sorted(results: list[CheckRecord]) -> list[CheckRecord]:
    return sorted(results, key=lambda result: (result.monitor, result.scheduled_ms))
