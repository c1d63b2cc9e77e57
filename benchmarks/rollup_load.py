"""The load of the rollup benchmark: reports of many sources in the event log, as the intake writes them."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass

from xxhash import xxh3_64_intdigest

from ingest_api.intake.gathering import messages_of
from vedette.events.samples import PackedSamples, Packer, SampleBatch
from vedette.events.topics import SAMPLES
from vedette.log import open_log
from vedette.settings import LogSettings

_TOGETHER = 64
"""Requests that are under way at the same time."""
START_MS = 1_700_000_040_000


@dataclass(frozen=True, slots=True)
class Load:
    """How many sources, values in a report, reports of each source, reports that reach the intake together.

    A source reports every `every_s` seconds.
    """

    sources: int
    names: int
    reports: int
    together: int
    every_s: int

    @property
    def values(self) -> int:
        """All values."""
        return self.sources * self.names * self.reports


def fill(settings: LogSettings, load: Load) -> None:
    """Write the load into a fresh log, in the order in which agents would send it."""
    log = open_log(settings)
    packer, partitions = Packer(), log.partitions(SAMPLES.name)
    waiting: deque[Future[None]] = deque()
    for number in range(load.reports):
        for first in range(0, load.sources, load.together):
            lanes: dict[tuple[int, int], list[PackedSamples]] = {}
            for source in range(first, min(first + load.together, load.sources)):
                values = {f"metric_{at:03d}": float(number + at + source % 7) for at in range(load.names)}
                ts = START_MS + number * load.every_s * 1000
                batch = SampleBatch(f"host-{source:05d}", 1, number + 1, ts, values, {}, load.every_s * 1000)
                lane = 1, xxh3_64_intdigest(batch.source.encode()) % partitions
                lanes.setdefault(lane, []).append(packer.pack(batch, 1))
            waiting.append(log.produce(SAMPLES.name, messages_of(lanes)))
            if len(waiting) >= _TOGETHER:
                waiting.popleft().result()
    for each in waiting:
        each.result()
    log.close()
