"""A report goes from the collectors into the spool, numbered without a hole."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from agent.collectors import Group
from agent.collectors.own import OwnUse
from agent.report import Identity
from agent.reporter import Reporter
from agent.rounds import Rounds
from tests.unit.agent.test_rounds import Fake, at_once
from tests.unit.delivery.fakes import FakeTransport, open_spool, waiting
from vedette.clock import FakeClock
from vedette.delivery import Sender
from vedette.events.samples import SampleBatch


class Bench:
    """A reporter over fake collectors and a real spool."""

    def __init__(self, folder: Path, *collectors: Fake) -> None:
        self.clock = FakeClock(now_ms=5000)
        self.spool = open_spool(folder, self.clock)
        self.sender = Sender(self.spool, FakeTransport(), self.clock, random.Random(1))
        rounds = Rounds(collectors, self.clock, limit_s=10.0, start=at_once)
        self.reporter = Reporter(
            Identity("web-1", 7, 1000), rounds, self.spool, self.sender, self.clock, lambda: OwnUse(1.0, 2.0)
        )

    def report(self) -> None:
        asyncio.run(self.reporter.report(3.0))

    def batches(self) -> list[SampleBatch]:
        return [msgspec.json.decode(body, type=SampleBatch) for body in waiting(self.spool)]


def test_the_numbers_run_on_from_report_to_report(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fake("a"), Fake("b"))
    bench.report()
    bench.clock.advance(1.0)
    bench.report()
    assert [(batch.seq, batch.ts) for batch in bench.batches()] == [
        (1, 5000),
        (2, 5000),
        (3, 5000),
        (4, 6000),
        (5, 6000),
        (6, 6000),
    ]


def test_what_is_added_while_a_report_is_made_follows_it_in_number_and_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    async def meanwhile() -> None:
        async def collect(limit_s: float) -> list[Group]:
            adding.append(asyncio.ensure_future(bench.reporter.add(Group({"queue.files": 1.0}), 500)))
            await asyncio.sleep(0)
            bench.clock.advance(2.0)
            return []

        adding: list[asyncio.Future[bool]] = []
        bench.reporter._rounds.collect = collect  # type: ignore[method-assign]
        await bench.reporter.report(0.0)
        assert await adding[0]

    asyncio.run(meanwhile())
    assert [(b.seq, b.ts, b.interval_ms) for b in bench.batches()] == [(1, 5000, 1000), (2, 7000, 500)]


def test_the_agent_s_own_vitals_are_in_every_report(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fake("bad", OSError("gone")))
    bench.report()
    [vitals] = bench.batches()
    assert vitals.values["agent.late_ms"] == 3.0
    assert vitals.values["agent.collector_errors"] == 1.0
    assert vitals.values["agent.memory_bytes"] == 2.0


def test_a_full_disk_costs_the_report_but_not_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, Fake("a"))

    def full(kind: str, bodies: Sequence[bytes]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(bench.spool, "append", full)
        bench.report()
    assert [(entry["event"], entry["reports"]) for entry in logs] == [("report_lost", 2)]
    bench.report()
    batches = bench.batches()
    assert [batch.seq for batch in batches] == [3, 4]
    assert batches[-1].values["agent.spool_dropped"] == 2.0


def test_a_report_that_is_cancelled_while_it_is_written_is_written_whole(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fake("a"))

    async def go() -> None:
        reporting = asyncio.create_task(bench.reporter.report(0.0))
        await asyncio.sleep(0)  # it writes now
        reporting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reporting
        assert len(bench.spool) == 2
        await bench.reporter.report(0.0)

    asyncio.run(go())
    assert [batch.seq for batch in bench.batches()] == [1, 2, 3, 4]
