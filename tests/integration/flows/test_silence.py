"""Silence is judged only once the log has been read to its end, and with patience after a restart."""

from __future__ import annotations

from dataflows.rollup import ShardInput, ShardLogic
from sinks.write_behind import WriteBehind
from vedette.clock import FakeClock
from vedette.events.samples import PackedSamples, Packer, SampleBatch
from vedette.windows.output import Output
from vedette.windows.rollup import RollupConfig

CONFIG = RollupConfig(flush_ms=100, silent_after=3, silent_min_ms=5_000)
PARTITIONS = 2


class Driver:
    """A shard's logic with a clock of its own; the source `a` reports every two seconds."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.outputs: list[Output] = []
        self.logic = self.build(None)
        self.seq = 0
        self.newest = 0

    def build(self, snapshot: bytes | None) -> ShardLogic:
        self.rows: WriteBehind[Output] = WriteBehind("rows", self.outputs.extend)
        return ShardLogic(
            CONFIG, self.clock, lambda account, source, layout: (), lambda account: (), PARTITIONS, self.rows, snapshot
        )

    def restart(self) -> None:
        self.logic = self.build(self.logic.snapshot())

    def report(self) -> list[str]:
        self.seq += 1
        now = self.clock.now_ms()
        return self._put(ShardInput(0, 0, [(now, self._message(now))]))

    def _message(self, ts: int) -> PackedSamples:
        return Packer().pack(SampleBatch("a", 1, self.seq, ts, {"cpu": 1.0}, interval_ms=2_000), 1)

    def behind(self, partition: int, seq: int, heard_ms: int) -> list[str]:
        """A report that has lain in the log since `heard_ms`."""
        message = Packer().pack(SampleBatch("b", 1, seq, heard_ms + seq, {"cpu": 1.0}, interval_ms=2_000), 1)
        return self._put(ShardInput(partition, 0, [(heard_ms, message)]))

    def caught_up(self, *partitions: int) -> list[str]:
        """Polls that found nothing more in these partitions."""
        return self._put(*(ShardInput(partition, self.clock.now_ms(), []) for partition in partitions))

    def _put(self, *values: ShardInput) -> list[str]:
        """The states of the host signals that come out; each must be newer than the one before."""
        self.clock.advance(0.2)
        signals, _ = self.logic.on_batch(list(values))
        signals = list(signals)
        for signal in signals:
            assert signal.at > self.newest
            self.newest = signal.at
        return [signal.state for signal in signals]


def test_a_host_is_active_then_silent_then_active_once_each() -> None:
    driver = Driver()
    driver.report()
    assert driver.caught_up(0, 1) == ["active"]
    driver.clock.advance(5)
    assert driver.caught_up(0, 1) == []
    driver.clock.advance(1)
    assert driver.caught_up(0, 1) == ["silent"]
    assert driver.caught_up(0, 1) == []
    assert driver.report() == ["active"]
    assert driver.caught_up(0, 1) == []


def test_a_host_that_is_back_before_the_clock_is_seen_to_move_is_signalled_as_newer() -> None:
    driver = Driver()
    driver.report()
    driver.caught_up(0, 1)
    driver.clock.advance(6)
    assert driver.caught_up(0, 1) == ["silent"]
    assert driver.report() == ["active"]  # no partition has been looked at since
    driver.clock.advance(-3600)  # the clock is set back
    driver.report()
    driver.clock.advance(3600)
    assert driver.caught_up(0, 1) == []


def test_a_flow_that_is_behind_calls_nobody_silent() -> None:
    driver = Driver()
    driver.report()
    driver.clock.advance(3600)
    assert driver.caught_up(1) == []
    assert driver.report() == []
    assert driver.caught_up(0) == ["active"]


def test_a_partition_that_falls_behind_later_stops_the_judgement() -> None:
    driver = Driver()
    driver.report()
    driver.caught_up(0, 1)
    driver.clock.advance(3600)
    assert driver.caught_up(1) == []
    assert driver.caught_up(0) == ["silent"]


def test_after_a_restart_a_host_gets_its_whole_patience_again() -> None:
    driver = Driver()
    driver.report()
    assert driver.caught_up(0, 1) == ["active"]
    driver.clock.advance(3600)
    driver.restart()
    assert driver.caught_up(0, 1) == []  # neither silent yet nor, before it has reported, active
    driver.clock.advance(7)
    assert driver.caught_up(0, 1) == ["silent"]
    driver.restart()
    driver.clock.advance(7)
    assert driver.caught_up(0, 1) == ["silent"]
    assert driver.report() == ["active"]


def test_the_snapshot_is_the_same_while_nothing_changes() -> None:
    driver = Driver()
    driver.report()
    driver.caught_up(0, 1)
    before = driver.logic.snapshot()
    assert driver.caught_up(0, 1) == []
    assert driver.logic.snapshot() is before
    driver.report()
    assert driver.logic.snapshot() != before


def test_sources_of_a_partition_at_its_end_do_not_wait_for_one_that_lags() -> None:
    driver = Driver()
    driver.clock.advance(3600)
    driver.caught_up(1)
    hour_ago = driver.clock.now_ms() - 3_600_000
    for seq in (1, 2):
        driver.clock.advance(1)
        driver.behind(0, seq, hour_ago)
        driver.rows.settle()
        assert sum(1 for output in driver.outputs if output.rows) == seq  # open windows are put out at once


def test_while_every_partition_lags_open_windows_wait_until_one_is_at_its_end() -> None:
    driver = Driver()
    driver.clock.advance(3600)
    hour_ago = driver.clock.now_ms() - 3_600_000
    driver.behind(0, 1, hour_ago)
    driver.rows.settle()
    assert [block for output in driver.outputs for block in output.rows] == []
    driver.clock.advance(1)
    driver.caught_up(1)
    driver.rows.settle()
    assert [block.tier for output in driver.outputs for block in output.rows][:1] == [0]
