"""An agent that is cut off for ten minutes, and killed in between, replays everything: the rollups equal its ledger."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.integration.flows.draining import drain_rollup
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.waiting import until
from tests.patience import PATIENCE_S
from vedette.events.codec import decode_samples
from vedette.events.samples import SampleBatch
from vedette.events.topics import SAMPLES
from vedette.log import Record

ROOT = Path(__file__).parents[3]
MINUTE = 60_000
T0 = 1_700_000_040_000
Cell = tuple[int, float]
"""Reports, and their sum (counter: the increase)."""


class Life:
    """One agent's spool and ledger, over several processes of it."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder, self.token = folder, token
        self.ledger = folder / "ledger"
        self.ledger.touch()

    def start(
        self, url: str, from_min: float, to_min: float, *, spool_dies: int = 0, transport_dies: int = 0
    ) -> subprocess.Popen[bytes]:
        """The agent from one minute to another; it may be told to die."""
        settings = {"URL": url, "TOKEN": self.token, "SOURCE": "far", "SPOOL": str(self.folder / "spool")}
        env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
        env |= {f"VEDETTE_{name}": value for name, value in settings.items()} | {"VEDETTE_INTERVAL_S": "10"}
        times = [str(T0 + round(minute * MINUTE)) for minute in (from_min, to_min)]
        command = [sys.executable, "-m", "tests.integration.agent.simulated", str(self.ledger), *times]
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                [*command, str(spool_dies), str(transport_dies)], env=env, cwd=ROOT, stdout=output, stderr=output
            )

    def durable(self) -> list[SampleBatch]:
        """All reports that were ever made durable; a line that is just being written is none yet."""
        whole = self.ledger.read_bytes().rpartition(b"\n")[0]
        return [msgspec.json.decode(line, type=SampleBatch) for line in whole.splitlines()]

    def expected(self) -> dict[tuple[str, int], Cell]:
        """The 1-minute rows of the meter, by series and minute, reckoned from the ledger alone."""
        rows: defaultdict[tuple[str, int], Cell] = defaultdict(lambda: (0, 0.0))
        before: float | None = None
        for batch in sorted(self.durable(), key=lambda batch: batch.ts):
            if "meter.level" not in batch.values:
                continue
            total = batch.values["meter.total"]
            grown = 0.0 if before is None else total - before if total >= before else total
            before = total
            for name, value in (("meter.level", batch.values["meter.level"]), ("meter.total", grown)):
                n, summed = rows[name, batch.ts - batch.ts % MINUTE]
                rows[name, batch.ts - batch.ts % MINUTE] = (n + 1, summed + value)
        return dict(rows)


@pytest.fixture
def far(dsn: str, tmp_path: Path) -> Iterator[tuple[Gateway, Gateway, Life]]:
    """A gateway that the agent reaches at first, the one that it will reach afterwards, and the agent."""
    with Gateway(dsn, tmp_path) as before:
        before.clock.advance(3600)  # what the agent reports lies in the past, as a replay does
        later = Gateway(dsn, tmp_path, beside=before)
        later.clock.advance(3600)
        yield before, later, Life(tmp_path, before.ours.tokens["agent"])


def minute_rows(gateway: Gateway) -> dict[tuple[str, int], Cell]:
    rows = gateway.store.rows(
        "SELECT name, (extract(epoch FROM bucket) * 1000)::bigint AS ms, n, sum FROM samples_1m"
        " WHERE source = 'far' AND name LIKE 'meter.%%'"
    )
    return {(row["name"], row["ms"]): (row["n"], row["sum"]) for row in rows}


def test_after_ten_minutes_without_a_gateway_and_two_kills_every_rollup_equals_the_ledger(
    far: tuple[Gateway, Gateway, Life], tmp_path: Path
) -> None:
    before, later, life = far
    # Two minutes with the gateway; the power goes when it has acknowledged what the spool still holds.
    assert life.start(before.url, 0, 60, transport_dies=24).wait(PATIENCE_S) == -9
    reached = life.durable()[-1].ts
    # Cut off. After thirty reports the power goes again, just when a report was made durable.
    assert life.start(later.url, (reached - T0) / MINUTE + 0.2, 60, spool_dies=30).wait(PATIENCE_S) == -9
    killed = life.durable()[-1].ts
    # Still cut off, until ten minutes have passed; then the gateway is back.
    back = reached + 10 * MINUTE
    process = life.start(later.url, (killed - T0) / MINUTE + 0.2, (back - T0) / MINUTE + 1)
    try:
        until(lambda: life.durable()[-1].ts >= back, PATIENCE_S)
        with later:
            assert process.wait(PATIENCE_S) == 0, (tmp_path / "output").read_text()
            drain_rollup(later.log, later.store, tmp_path)
            rows, tiers = minute_rows(later), tier_sums(later)
            sent = [batch for record in everything(later) for batch in decode_samples(record.value)]
    finally:
        process.kill()
        process.wait(PATIENCE_S)
    made = life.durable()
    numbers = [(batch.epoch, batch.seq) for batch in sent]
    assert len({batch.epoch for batch in made}) == 3
    assert set(numbers) == {(batch.epoch, batch.seq) for batch in made}
    assert len(numbers) > len(set(numbers)), "what was acknowledged before the first kill came twice"
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers)), "oldest first"
    assert rows == life.expected()
    for name in ("meter.level", "meter.total"):
        whole = [cell for (series, _), cell in life.expected().items() if series == name]
        for tier in ("10s", "1m", "1h", "1d"):
            assert tiers[tier, name] == (sum(n for n, _ in whole), sum(summed for _, summed in whole)), tier


def everything(gateway: Gateway) -> list[Record]:
    return [
        record
        for partition in range(gateway.log.partitions(SAMPLES.name))
        for record in gateway.log.read(SAMPLES.name, partition, 0, 100_000)
    ]


def tier_sums(gateway: Gateway) -> dict[tuple[str, str], Cell]:
    found: dict[tuple[str, str], Cell] = {}
    for tier in ("10s", "1m", "1h", "1d"):
        rows = gateway.store.rows(
            f"SELECT u.name, sum(r.n)::int AS n, sum(u.sum) AS sum FROM rollup_{tier} r"
            " JOIN sources s ON s.id = r.source_id JOIN layouts l ON l.id = r.layout_id"
            " CROSS JOIN LATERAL vedette_cells(r.cells, l.names, l.kinds) AS u"
            " WHERE s.name = 'far' AND u.name LIKE 'meter.%%' GROUP BY 1"
        )
        found |= {(tier, row["name"]): (row["n"], row["sum"]) for row in rows}
    return found
