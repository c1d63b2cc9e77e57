"""The columnar rollup against the oracle: any order, duplicates, lateness, resets and restarts."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.windows.oracle import Oracle, Steady
from vedette.events.names import source_id
from vedette.events.samples import PackedSamples, Packer, SampleBatch, layout_series
from vedette.windows.output import Output
from vedette.windows.rollup import RollupConfig, RollupShard
from vedette.windows.tiers import TIERS

T0 = 1_700_000_000_000
CONFIG = RollupConfig(lateness_ms=5_000, settle_ms=10_000, idle_ms=20_000)
LAYOUTS = (
    ({"cpu": "gauge"}),
    ({"net": "counter", "cpu2": "gauge", "jobs": "delta"}),
    ({"a": "counter", "b": "counter"}),
    ({"b": "counter", "net": "counter", "other": "gauge"}),
)
_packer = Packer()


def report(source: str, epoch: int, seq: int, ts: int, layout: int, value: int, interval_ms: int = 0) -> PackedSamples:
    kinds = LAYOUTS[layout]
    values = {name: float(value + at) for at, name in enumerate(kinds)}
    counted = {name: kind for name, kind in kinds.items() if kind != "gauge"}
    return _packer.pack(SampleBatch(source, epoch, seq, ts, values, counted, interval_ms), 1)  # type: ignore[arg-type]


class Table:
    """The store's rows, as upserts leave them, one series at a time."""

    def __init__(self) -> None:
        self._stored: dict[tuple[str, int, str, int], dict[int, tuple[int, float, float, float, float, int]]] = {}
        self.layouts: dict[int, bytes] = {}
        self.duplicates = self.late = 0

    def take(self, output: Output) -> None:
        self.layouts |= output.layouts
        self.duplicates += output.duplicates
        self.late += output.late
        for block in output.rows:
            names = layout_series(self.layouts[block.layout_id])[0]
            cells = block.cells
            for row, source in enumerate(cells.sources.tolist()):
                for column, name in enumerate(names):
                    key = (TIERS[block.tier].name, source, name, int(block.buckets[row]))
                    self._stored.setdefault(key, {})[block.layout_id] = (
                        int(cells.n[row]),
                        float(cells.sums[row, column]),
                        float(cells.mins[row, column]),
                        float(cells.maxs[row, column]),
                        float(cells.lasts[row, column]),
                        int(cells.last_ts[row]),
                    )

    @property
    def rows(self) -> dict[tuple[str, int, str, int], tuple[int, float, float, float, float]]:
        """Count, sum, minimum, maximum and last of each series and window, joined over layouts as the reader does."""
        joined = {}
        for key, parts in self._stored.items():
            n, sums, lows, highs, _, _ = zip(*parts.values(), strict=True)
            # Of two layouts that have it of the same time, always the same one.
            last = max(parts.items(), key=lambda part: (part[1][5], part[0]))[1][4]
            low, high = np.fmin.reduce(lows), np.fmax.reduce(highs)
            joined[key] = (sum(n), sum(sums), float(low), float(high), last)
        return joined


def assert_equal_to_oracle(table: Table, oracle: Oracle) -> None:
    expected = {}
    for (tier, source, name, bucket), row in oracle.rows.items():
        nan = float("nan")
        low, high = (nan, nan) if row.low is None or row.high is None else (row.low, row.high)
        expected[tier, source_id(1, source), name, bucket] = ((row.n, row.sum, low, high), set(row.lasts.values()))
    assert table.rows.keys() == expected.keys()
    for key, row_found in table.rows.items():
        numbers, lasts = expected[key]
        assert row_found[:4] == pytest.approx(numbers, nan_ok=True), key
        assert row_found[4] in lasts, key
    assert (table.duplicates, table.late) == (oracle.duplicates, oracle.late)


Row = tuple[str, int, int, int, int, int, int]

reports = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.integers(1, 3),
    st.integers(1, 30),
    st.integers(0, 200_000) | st.integers(0, 90_000_000),
    st.integers(0, 3),
    st.integers(0, 50),
    st.sampled_from([0, 1_000, 60_000]),
)


def reported(rows: list[Row], intervals: dict[tuple[str, int], int]) -> list[PackedSamples]:
    """The reports of `rows`, where two of one source and time always have the same interval.

    If they had not, one would enter at 10 s and one at 1 min, and which of them was the last is nobody's to tell.
    """
    return [
        report(source, epoch, seq, T0 + ts, layout, value, intervals.setdefault((source, ts), interval))
        for source, epoch, seq, ts, layout, value, interval in rows
    ]


steps = st.lists(
    st.tuples(st.sampled_from(["fold", "fold", "flush", "behind", "restart"]), st.lists(reports, max_size=12))
)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_any_stream_gives_the_rows_of_the_oracle(
    plan: list[tuple[str, list[Row]]],
) -> None:
    shard, table, oracle, now = RollupShard(CONFIG), Table(), Oracle(CONFIG.lateness_ms), T0
    intervals: dict[tuple[str, int], int] = {}
    steady = Steady()
    for action, batch in plan:
        now += 3_000
        messages = steady.of(reported(batch, intervals))
        shard.fold([(now, message) for message in messages])
        for message in messages:
            oracle.add(message)
        if action == "flush":
            table.take(shard.flush(now))
        if action == "behind":
            table.take(shard.flush(now, behind=True))
        if action == "restart":
            shard = pickle.loads(pickle.dumps(shard))
    table.take(shard.flush(now + CONFIG.settle_ms))
    table.take(shard.flush(now + CONFIG.idle_ms))
    assert_equal_to_oracle(table, oracle)


@given(st.lists(reports, max_size=40), st.lists(st.integers(1, 10), min_size=40, max_size=40))
@settings(max_examples=100, deadline=None)
@example([("a", 1, 1, 0, 0, 0, 0), ("a", 1, 2, 0, 3, 0, 0), ("c", 1, 2, 0, 1, 0, 0), ("c", 1, 1, 0, 3, 0, 0)], [1] * 40)
def test_the_split_into_batches_does_not_matter(stream: list[Row], sizes: list[int]) -> None:
    messages = Steady().of(reported(stream, {}))
    whole, parts = Table(), Table()
    one, many = RollupShard(CONFIG), RollupShard(CONFIG)
    one.fold([(T0, message) for message in messages])
    rest = messages
    for size in sizes:
        many.fold([(T0, message) for message in rest[:size]])
        parts.take(many.flush(T0))
        rest = rest[size:]
    for shard, table in ((one, whole), (many, parts)):
        table.take(shard.flush(T0 + CONFIG.settle_ms))
        table.take(shard.flush(T0 + CONFIG.idle_ms))
    assert whole.rows.keys() == parts.rows.keys()
    for key, row in whole.rows.items():
        assert parts.rows[key] == pytest.approx(row, nan_ok=True)


def test_behind_the_log_s_end_only_closed_windows_are_put_out_and_each_once() -> None:
    shard, written, later = RollupShard(CONFIG), [], T0 + 3_600_000
    for second in range(56):
        shard.fold([(T0, report("a", 1, second, T0 + second * 1000, 1, second))])
        rows = shard.flush(later + second * 1000, behind=True).rows
        written += [(TIERS[block.tier].name, int(start) - T0) for block in rows for start in block.buckets]
    assert sorted(written) == [("10s", 10_000 * window) for window in range(5)] + [("1m", -20_000)]
    caught_up = shard.flush(later + 60_000)
    assert {(TIERS[block.tier].name, int(start) - T0) for block in caught_up.rows for start in block.buckets} == {
        ("10s", 50_000),
        ("1m", 40_000),
        ("1h", -800_000),
        ("1d", -80_000_000),
    }


def test_a_replay_after_a_crash_ends_with_the_same_rows() -> None:
    before = RollupShard(CONFIG)
    table, oracle = Table(), Oracle(CONFIG.lateness_ms)
    first = [report("a", 1, n, T0 + n * 1000, 1, n) for n in range(1, 40)]
    second = [report("a", 1, n, T0 + n * 1000, 1, n) for n in range(40, 90)]
    before.fold([(T0, message) for message in first])
    table.take(before.flush(T0 + 1000))
    snapshot = pickle.dumps(before)
    before.fold([(T0, message) for message in second])
    table.take(before.flush(T0 + 2000))  # written, and then the process dies before its next snapshot
    after: RollupShard = pickle.loads(snapshot)
    after.fold([(T0, message) for message in second])
    table.take(after.flush(T0 + 3000))
    table.take(after.flush(T0 + CONFIG.settle_ms))
    table.take(after.flush(T0 + CONFIG.idle_ms))
    for message in first + second:
        oracle.add(message)
    assert_equal_to_oracle(table, oracle)


def test_a_source_that_was_offline_for_hours_is_not_late_in_its_own_time() -> None:
    shard, table = RollupShard(CONFIG), Table()
    shard.fold([(T0, report("live", 1, 1, T0 + 7_200_000, 0, 1))])
    table.take(shard.flush(T0 + CONFIG.idle_ms))
    shard.fold([(T0, report("offline", 1, n, T0 + n * 1000, 0, 1)) for n in range(100)])
    table.take(shard.flush(T0 + 2 * CONFIG.idle_ms))
    assert table.late == 0
    assert sum(row[0] for key, row in table.rows.items() if key[0] == "1m" and key[1] == source_id(1, "offline")) == 100


def test_an_idle_source_that_comes_back_within_its_minute_loses_nothing() -> None:
    shard, table = RollupShard(CONFIG), Table()
    minute = T0 - T0 % 60_000
    shard.fold([(T0, report("a", 1, 1, minute + 1000, 0, 5))])
    table.take(shard.flush(T0 + CONFIG.settle_ms))
    key = ("1m", source_id(1, "a"), "cpu", minute)
    assert table.rows[key][:2] == (1, 5.0)
    shard.fold([(T0 + 30_000, report("a", 1, 2, minute + 50_000, 0, 7))])
    table.take(shard.flush(T0 + 30_000 + CONFIG.settle_ms))
    assert table.rows[key][:2] == (2, 12.0)


def test_hosts_are_announced_once_active_and_once_silent() -> None:
    shard = RollupShard(CONFIG)
    shard.fold([(T0, report("a", 1, 1, T0, 0, 1, 1_000))])
    assert [signal.state for signal in shard.presence(T0 + 5_000)] == ["active"]
    assert shard.presence(T0 + 9_000) == []
    assert [signal.state for signal in shard.presence(T0 + 10_001)] == ["silent"]
    assert shard.presence(T0 + 60_000) == []
    shard.fold([(T0 + 61_000, report("a", 1, 2, T0 + 61_000, 0, 1, 1_000))])
    assert [signal.state for signal in shard.presence(T0 + 61_500)] == ["active"]


def test_after_a_restart_a_silent_host_is_not_called_active_before_it_reports() -> None:
    shard = RollupShard(CONFIG)
    shard.fold([(T0, report("a", 1, 1, T0, 0, 1, 1_000))])
    shard.presence(T0 + 1_000)
    for snapshot_at in (5_000, 20_000):  # before and after it was told to be silent
        before: RollupShard = pickle.loads(pickle.dumps(shard))
        before.presence(T0 + snapshot_at)
        after: RollupShard = pickle.loads(pickle.dumps(before))
        after.resume(CONFIG, T0 + 30_000)
        assert after.presence(T0 + 31_000) == []
        assert [signal.state for signal in after.presence(T0 + 45_000)] == ["silent"]
        after.fold([(T0 + 50_000, report("a", 1, 2, T0 + 50_000, 0, 1, 1_000))])
        assert [signal.state for signal in after.presence(T0 + 51_000)] == ["active"]


def test_an_old_report_that_is_read_again_after_a_crash_calls_nobody_active() -> None:
    shard = RollupShard(CONFIG)
    shard.fold([(T0, report("a", 1, 1, T0, 0, 1, 1_000))])
    after: RollupShard = pickle.loads(pickle.dumps(shard))
    after.resume(CONFIG, T0 + 3_600_000)
    after.fold([(T0 + 1_000, report("a", 1, 2, T0 + 1_000, 0, 1, 1_000))])
    assert after.presence(T0 + 3_601_000) == []
    assert [signal.state for signal in after.presence(T0 + 3_620_000)] == ["silent"]


def test_a_source_that_does_not_say_how_often_it_reports_owes_no_report() -> None:
    shard = RollupShard(CONFIG)
    shard.fold([(T0, report("a", 1, 1, T0, 0, 1, 0))])
    assert shard.presence(T0 + 1_000) == []
    assert shard.presence(T0 + 10_000_000) == []


def test_layouts_without_open_windows_are_let_go_and_counters_go_on() -> None:
    shard, table = RollupShard(CONFIG), Table()
    days = 3 * 86_400_000
    shard.fold([(T0, report("a", 1, 1, T0, 1, 100, 1_000))])
    shard.fold([(T0, report("a", 1, 2, T0 + days, 2, 5, 1_000))])
    table.take(shard.flush(T0 + 1_000))
    assert len(shard.layouts) == 1
    shard.fold([(T0, report("a", 1, 3, T0 + days + 1_000, 1, 130, 1_000))])
    table.take(shard.flush(T0 + 2_000))
    assert [row[1] for key, row in table.rows.items() if key[2] == "net" and key[0] == "10s"] == [0.0, 30.0]


def test_watched_series_are_signalled_with_their_last_value() -> None:
    shard = RollupShard(CONFIG)
    shard.fold([(T0, report("a", 1, n, T0 + n, 0, n)) for n in (1, 2, 3)])
    output = shard.flush(T0, lambda account, source, layout: [(0, "cpu")])
    assert [(s.subject, s.value, s.at) for s in output.signals] == [("series:a/cpu", 3.0, T0 + 3)]
    assert shard.flush(T0 + 1, lambda account, source, layout: [(0, "cpu")]).signals == []


def test_a_watched_counter_is_signalled_with_its_rate_once_it_has_one() -> None:
    shard = RollupShard(CONFIG)
    shard.fold([(T0, report("a", 1, 1, T0, 2, 500, 10_000))])
    assert shard.flush(T0, lambda account, source, layout: [(0, "a")]).signals == []
    shard.fold([(T0, report("a", 1, 2, T0 + 10_000, 2, 520, 10_000))])
    output = shard.flush(T0 + 10_000, lambda account, source, layout: [(0, "a")])
    assert {(s.subject, s.value) for s in output.signals if s.at == T0 + 10_000} == {("series:a/a", 2.0)}
