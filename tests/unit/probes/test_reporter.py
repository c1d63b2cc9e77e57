"""Reporter: results reach the spool, the journal follows them, a refusing disk loses nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from probes.journal import Journal, JournalState
from probes.reporter import PORTION, Reporter
from vedette.clock import FakeClock
from vedette.delivery import Spool
from vedette.delivery.spool import ReportKind
from vedette.events.checks import CheckResult
from vedette.telemetry import metrics

STATE = JournalState(1_700_000_000)


def result(number: int, outcome: str = "up") -> CheckResult:
    return CheckResult(monitor=number, location="local", scheduled_ms=0, started_ms=0, outcome=outcome)  # type: ignore[arg-type]


class Desk:
    """A reporter on a real spool, and how often it said that something was written."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.spool = Spool(folder, clock, max_bytes=1 << 24, max_age_s=3600)
        self.journal = Journal(folder)
        self.wakes = 0
        self.reporter = Reporter(self.spool, self.journal, clock, self._woken)

    def _woken(self) -> None:
        self.wakes += 1

    def spooled(self) -> list[int]:
        reports = self.spool.oldest(10_000, 1 << 30)
        return [msgspec.json.decode(report.body, type=CheckResult).monitor for report in reports]


def test_results_reach_the_spool_in_order_and_wake_the_sender(tmp_path: Path) -> None:
    async def script() -> None:
        desk = Desk(tmp_path)
        for number in (1, 2, 3):
            desk.reporter.add(result(number))
        assert await desk.reporter.flush(lambda: STATE)
        assert desk.spooled() == [1, 2, 3]
        assert desk.wakes == 1
        assert desk.journal.load() == STATE
        desk.spool.close()

    asyncio.run(script())


def test_without_results_only_the_journal_is_written(tmp_path: Path) -> None:
    async def script() -> None:
        desk = Desk(tmp_path)
        assert await desk.reporter.flush(lambda: STATE)
        assert desk.wakes == 0
        assert desk.journal.load() == STATE
        desk.spool.close()

    asyncio.run(script())


def test_a_refusing_disk_keeps_the_results_for_the_next_try(tmp_path: Path) -> None:
    async def script() -> None:
        desk = Desk(tmp_path)
        append, desk.spool.append = desk.spool.append, _refuse  # type: ignore[method-assign]
        desk.reporter.add(result(1))
        assert not await desk.reporter.flush(lambda: STATE)
        assert desk.journal.load() is None
        desk.spool.append = append  # type: ignore[method-assign]
        desk.reporter.add(result(2))
        assert await desk.reporter.flush(lambda: STATE)
        assert desk.spooled() == [1, 2]
        desk.spool.close()

    asyncio.run(script())


@pytest.mark.parametrize("refused", [False, True])
def test_a_cancelled_write_is_neither_lost_nor_repeated(tmp_path: Path, refused: bool) -> None:
    async def script() -> None:
        desk = Desk(tmp_path)
        append = desk.spool.append
        begun, go = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def held(kind: ReportKind, bodies: Sequence[bytes]) -> None:
            loop.call_soon_threadsafe(begun.set)
            assert go.wait(5)
            if refused:
                _refuse()
            append(kind, bodies)

        desk.spool.append = held  # type: ignore[method-assign]
        desk.reporter.add(result(1))
        flushing = asyncio.create_task(desk.reporter.flush(lambda: STATE))
        await begun.wait()
        flushing.cancel()
        loop.call_soon(go.set)
        await asyncio.gather(flushing, return_exceptions=True)
        assert flushing.cancelled()
        desk.spool.append = append  # type: ignore[method-assign]
        assert await desk.reporter.flush(lambda: STATE)
        assert desk.spooled() == [1]
        desk.spool.close()

    asyncio.run(script())


def _refuse(*_: object) -> None:
    raise sqlite3.OperationalError("disk full")


def test_the_journal_is_asked_only_when_no_result_waits(tmp_path: Path) -> None:
    async def script() -> None:
        desk = Desk(tmp_path)
        asked: list[int] = []

        def state() -> JournalState:
            asked.append(len(desk.reporter._waiting))
            return STATE

        for number in range(PORTION + 1):
            desk.reporter.add(result(number + 1))
        assert await desk.reporter.flush(state)
        assert len(desk.spool) == PORTION + 1
        assert asked == [0]
        desk.spool.close()

    asyncio.run(script())


def test_outcomes_are_counted_once_written(tmp_path: Path) -> None:
    def counted() -> float:
        return metrics().registry.get_sample_value("vedette_checks_total", {"outcome": "degraded"}) or 0.0

    async def script() -> None:
        desk = Desk(tmp_path)
        before = counted()
        desk.reporter.add(result(1, "degraded"))
        assert counted() == before
        await desk.reporter.flush(lambda: None)
        assert counted() == before + 1
        desk.spool.close()

    asyncio.run(script())


def test_the_background_run_writes_without_being_asked(tmp_path: Path) -> None:
    async def script() -> None:
        desk = Desk(tmp_path)
        written = asyncio.Event()
        desk.reporter._written = written.set
        running = asyncio.create_task(desk.reporter.run(lambda: STATE))
        desk.reporter.add(result(7))
        await asyncio.wait_for(written.wait(), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert desk.spooled() == [7]
        desk.spool.close()

    asyncio.run(script())


def test_a_broken_journal_is_a_first_start(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.save(STATE)
    assert journal.load() == STATE
    (tmp_path / "journal.json").write_bytes(b'{"watermark": "x')
    assert journal.load() is None
