"""The load of the archive benchmark: months of reports of some hosts, in the event log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vedette.events.codec import encode_packed
from vedette.events.samples import Packer, SampleBatch
from vedette.log import Log, Message
from vedette.windows.tiers import TIERS

DAY_MS = TIERS[-1].width_ms


@dataclass(frozen=True, slots=True)
class Load:
    """Hosts with so many series each, a third of them counters, from `start_ms` on."""

    hosts: int
    names: int
    days: int
    every_ms: int
    start_ms: int

    @property
    def reports(self) -> int:
        """Of one host."""
        return self.days * DAY_MS // self.every_ms

    @property
    def samples(self) -> int:
        """All values."""
        return self.hosts * self.names * self.reports

    def series(self) -> list[str]:
        """The names; those that end in `_total` are counters."""
        return [f"metric_{at:03}_total" if at % 3 == 0 else f"metric_{at:03}" for at in range(self.names)]

    def values(self, host: int, day: int) -> Iterator[list[float]]:
        """A day's reports: gauges that wander in hundredths, counters that grow by whole numbers."""
        chance = np.random.default_rng(1000 * host + day)
        count = DAY_MS // self.every_ms
        steps = chance.integers(-9, 10, (count, self.names)) * chance.integers(0, 2, (count, self.names))
        gauges = (5000 + np.cumsum(steps, axis=0)) / 100.0
        totals = day * count * 2000.0 + np.cumsum(chance.integers(0, 2000, (count, self.names)), axis=0)
        counters = np.asarray([name.endswith("_total") for name in self.series()])
        yield from np.where(counters, totals, gauges).tolist()


def fill(log: Log, load: Load, account: int, day: int) -> None:
    """One day into the log, in the order in which agents would send it."""
    packer, names = Packer(), load.series()
    kinds = {name: "counter" for name in names if name.endswith("_total")}
    per_day = DAY_MS // load.every_ms
    messages: list[Message] = []
    for at, rows in enumerate(zip(*(load.values(host, day) for host in range(load.hosts)), strict=True)):
        seq = day * per_day + at
        for host, values in enumerate(rows):
            ts = load.start_ms + seq * load.every_ms
            source = f"host-{host:04}"
            batch = SampleBatch(source, 1, seq + 1, ts, dict(zip(names, values, strict=True)), kinds, load.every_ms)  # type: ignore[arg-type]  # these are kinds
            messages.append(Message(source.encode(), encode_packed(packer.pack(batch, account))))
    for begin in range(0, len(messages), 5000):
        log.produce("vedette.samples", messages[begin : begin + 5000]).result()
