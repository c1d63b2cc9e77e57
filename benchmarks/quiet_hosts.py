"""Simulated hosts: days with their cycle, nightly backups, logs that rotate, agents that restart; and faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vedette.events.names import hash64
from vedette.events.samples import PackedSamples, make_layout

Floats = npt.NDArray[np.float64]
MINUTE_MS, DAY_MS = 60_000, 86_400_000
CPU, MEMORY, ROOT, VAR, INODES, WAITS_MEMORY, WAITS_DISK = range(7)
COLUMNS = (
    "cpu.used_ratio",
    "memory.used_ratio",
    'disk.used_ratio{mount="/"}',
    'disk.used_ratio{mount="/var"}',
    'disk.inodes_used_ratio{mount="/var"}',
    "pressure.memory_some_1m_ratio",
    "pressure.io_full_1m_ratio",
)


@dataclass(frozen=True)
class Forced:
    """A fault of one host: a column has a value of its own (None: the host says nothing) from one time to another."""

    host: int
    from_ms: int
    until_ms: int
    column: int | None = None
    value: float = 0.0


@dataclass
class Hosts:
    """`count` hosts that report every `every_ms`; `forced` are faults."""

    count: int
    every_ms: int
    seed: int
    forced: list[Forced] = field(default_factory=list)

    def __post_init__(self) -> None:
        random = self._random = np.random.default_rng(self.seed)
        self.busy = random.uniform(0.1, 0.5, self.count)
        self.held = random.uniform(0.4, 0.75, self.count)
        self.disks = random.uniform(0.3, 0.7, (self.count, 2))
        self.night_ms = random.integers(0, 6 * 60, self.count) * MINUTE_MS
        self.noise = np.zeros(self.count)
        self._seq = np.zeros(self.count, np.int64)
        names, self.layout = list(COLUMNS), b""
        self.layout = make_layout(names, {})
        kept = [line[1:] for line in self.layout.decode().splitlines()]
        self._order = np.array([names.index(name) for name in kept])
        self._gaps = random.integers(0, DAY_MS - MINUTE_MS, self.count)
        self._bursts: dict[int, int] = {}

    def name(self, host: int) -> str:
        """What a host is called."""
        return f"host-{host}"

    def minute(self, at_ms: int) -> Iterator[tuple[int, PackedSamples]]:
        """The reports of the minute that begins then, each with the time at which the log takes it."""
        for time in range(at_ms, at_ms + MINUTE_MS, self.every_ms):
            values = self._values(time)
            for host in range(self.count):
                if self._is_away(host, time):
                    continue
                self._seq[host] += 1
                row = values[host][self._order].astype("<f8").tobytes()
                place = (1, self.name(host), hash64(self.name(host)), int(self._seq[host]), time, self.every_ms)
                yield time + 40, PackedSamples(*place, self.layout, row)

    def _is_away(self, host: int, time: int) -> bool:
        # Once a day an agent is restarted: two of its reports are missing.
        if 0 <= time % DAY_MS - self._gaps[host] < 2 * min(self.every_ms, 10_000):
            return True
        return any(
            one.host == host and one.column is None and one.from_ms <= time < one.until_ms for one in self.forced
        )

    def _values(self, time: int) -> Floats:
        random, day = self._random, time % DAY_MS
        self.noise = 0.95 * self.noise + random.normal(0, 0.02, self.count)
        cpu = self.busy + 0.2 * np.sin(2 * np.pi * day / DAY_MS) + self.noise
        memory = self.held + 0.08 * np.sin(2 * np.pi * day / DAY_MS + 1) + 0.3 * self.noise
        var = self.disks[:, 1] + 0.15 * day / DAY_MS
        into = day - self.night_ms  # the backup of the night
        backup = (into >= 0) & (into < 25 * MINUTE_MS)
        cpu = np.where(backup, 0.98, cpu)
        waits = np.where(backup & (into < 6 * MINUTE_MS), 0.6, 0.02) + random.exponential(0.01, self.count)
        for chosen in np.flatnonzero(random.random(self.count) < self.every_ms / DAY_MS * 3):  # builds, three a day
            self._bursts[int(chosen)] = time + int(random.integers(2, 15)) * MINUTE_MS
        for host, until in list(self._bursts.items()):
            cpu[host], memory[host] = 1.0, min(0.94, memory[host] + 0.15)
            if time >= until:
                del self._bursts[host]
        short = np.where(random.random(self.count) < 0.0005, 0.4, 0.0)  # somebody waits for memory, for a moment
        table: Floats = np.clip(
            np.stack([cpu, memory, self.disks[:, 0], var, np.full(self.count, 0.2), short, waits], axis=1), 0, 1
        )
        for one in self.forced:
            if one.column is not None and one.from_ms <= time < one.until_ms:
                table[one.host, one.column] = one.value
        return table
