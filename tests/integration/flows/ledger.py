"""A ledger of samples: what was sent, and the sums that the 1-minute rows must then hold, exactly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from vedette.events.codec import encode_packed
from vedette.events.names import source_id
from vedette.events.samples import Packer, SampleBatch
from vedette.store.pool import Store

T0 = 1_700_000_040_000
MINUTE = 60_000
Key = tuple[str, str, int]
"""Source, series, minute."""


@dataclass
class Ledger:
    """Sources that report each second from T0 on: a gauge of whole numbers and a counter."""

    sources: tuple[str, ...] = ("h1", "h2", "h3")
    sent: int = 0
    n: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    sums: defaultdict[Key, float] = field(default_factory=lambda: defaultdict(float))
    packer: Packer = field(default_factory=Packer)

    def next(self, seconds: int) -> list[tuple[str, bytes]]:
        """The messages of the next seconds, in their order."""
        found = []
        for at in range(self.sent, self.sent + seconds):
            found += [(source, self._message(number, source, at)) for number, source in enumerate(self.sources)]
        self.sent += seconds
        return found

    def time(self, second: int) -> int:
        """Of the reports of that second, in ms."""
        return T0 + second * 1000

    def _message(self, number: int, source: str, at: int) -> bytes:
        ts = self.time(at)
        gauge, counter = float((at * 7 + number) % 100), float(at * 3)
        for series, value in (("gauge", gauge), ("counter", 3.0 if at else 0.0)):
            key = (source, series, ts - ts % MINUTE)
            self.n[key] += 1
            self.sums[key] += value
        batch = SampleBatch(source, 1, at + 1, ts, {"gauge": gauge, "counter": counter}, {"counter": "counter"}, 1000)
        return encode_packed(self.packer.pack(batch, 1))

    def missing(self, store: Store) -> int:
        """How many reports are not in the 1-minute rows yet; below zero if there are too many."""
        row = store.row("SELECT coalesce(sum(n), 0)::int AS n FROM rollup_1m")
        assert row is not None
        return self.sent * len(self.sources) - int(row["n"])

    def assert_kept(self, store: Store) -> None:
        """Every count and sum of the 1-minute rows is what was sent."""
        rows = store.rows(
            "SELECT source, name, (extract(epoch FROM bucket) * 1000)::bigint AS ms, n, sum FROM samples_1m"
        )
        found = {(row["source"], row["name"], row["ms"]): (row["n"], row["sum"]) for row in rows}
        assert found == {key: (n, self.sums[key]) for key, n in self.n.items()}
        known = {row["id"] for row in store.rows("SELECT id FROM sources")}
        assert known == {source_id(1, source) for source in self.sources}

    def assert_tiers(self, store: Store) -> None:
        """In every tier the counts and sums of each series are what was sent, whatever the windows."""
        expected: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
        for (source, series, minute), n in self.n.items():
            total = expected[source, series]
            total[0] += n
            total[1] += self.sums[source, series, minute]
        for tier in ("10s", "1m", "1h", "1d"):
            rows = store.rows(
                f"SELECT s.name AS source, u.name, sum(r.n)::int AS n, sum(u.sum) AS sum FROM rollup_{tier} r"
                " JOIN sources s ON s.id = r.source_id JOIN layouts l ON l.id = r.layout_id"
                " CROSS JOIN LATERAL vedette_cells(r.cells, l.names, l.kinds) AS u GROUP BY 1, 2"
            )
            assert {(row["source"], row["name"]): [row["n"], row["sum"]] for row in rows} == expected, tier
