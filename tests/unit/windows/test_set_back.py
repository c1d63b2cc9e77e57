"""A clock that is set back: told from a backlog and from repeats, so that its host is heard of again at once."""

from __future__ import annotations

import pickle

import pytest

from tests.unit.windows.test_rollup import CONFIG, T0, Table, report
from vedette.events.samples import PackedSamples
from vedette.events.signals import Signal
from vedette.expressions.grouping import Question
from vedette.expressions.parsing import parse_expression
from vedette.windows.output import Output
from vedette.windows.rollup import RollupShard

HOUR = 3_600_000
INTERVAL = 10_000
QUESTION = Question(parse_expression("cpu2 > 0"), (), None, 120_000, "x1")


class Host:
    """Reports a gauge and a counter each ten seconds; `heard` is when the log takes them."""

    def __init__(self) -> None:
        self.shard, self.heard, self.seq = RollupShard(CONFIG), T0, 0
        self.signals: list[Signal] = []
        self.table, self.late, self.last = Table(), 0, Output()

    def says(self, ts: int, *, epoch: int = 1, seq: int | None = None, interval_ms: int = INTERVAL) -> None:
        self.seq = self.seq + 1 if seq is None else seq
        self.takes(report("web", epoch, self.seq, ts, 1, self.seq, interval_ms))

    def takes(self, message: PackedSamples) -> None:
        self.heard += INTERVAL
        self.shard.fold([(self.heard, message)])
        self.last = self.shard.flush(self.heard, lambda *_: [(0, "cpu2"), (2, "net")], lambda _: [QUESTION])
        self.signals += self.last.signals
        self.table.take(self.last)
        self.late += self.last.late

    def times(self, kind: str = "series", name: str = "cpu2") -> list[int]:
        """Without those that minutes repeat."""
        about = [one for one in self.signals if one.kind == kind and (kind != "series" or one.subject.endswith(name))]
        return list(dict.fromkeys(one.at for one in about))


def started() -> Host:
    host = Host()
    for n in range(5):
        host.says(T0 + n * INTERVAL)
    host.signals.clear()
    return host


def test_a_host_whose_clock_is_set_back_is_heard_of_at_once_by_its_new_time() -> None:
    host = started()
    back = T0 - 3 * HOUR
    for n in range(6):
        host.says(back + n * INTERVAL)
    assert host.late == 0
    assert host.times() == [back + n * INTERVAL for n in range(6)]
    assert host.times(name="net") == [back + n * INTERVAL for n in range(1, 6)], "its counters begin anew"
    turned = {one.detail["turned_ms"] for one in host.signals}
    assert turned == {T0 + 6 * INTERVAL}, "when the log heard of it"
    assert host.times("expression"), "questions are looked at by the new time"
    assert set(host.times("expression")) <= set(host.times())
    assert host.last.heard[0].last_ms == back + 5 * INTERVAL


def test_the_catalogue_is_told_once_that_the_clock_was_set_back() -> None:
    host = started()
    told = []
    for n in range(3):
        host.says(T0 - HOUR + n * INTERVAL)
        told.append(host.last.heard[0].is_turned)
    assert told == [True, False, False]


def test_a_backlog_is_no_clock_that_was_set_back() -> None:
    """Older reports have lower numbers, or come before what is newer."""
    host = started()
    host.seq = 100
    host.says(T0 + HOUR)
    host.signals.clear()
    for seq in range(50, 55):
        host.says(T0 + 600_000 + seq, seq=seq)
    assert (host.times(), host.late) == ([], 15)
    offline = started()
    for n in range(400):  # an agent that was away sends what it has kept, all within a moment
        offline.heard -= INTERVAL
        offline.says(T0 + 60_000 + n * INTERVAL)
    assert offline.late == 0
    assert not any(one.detail.get("turned_ms") for one in offline.signals)


@pytest.mark.parametrize(("back_ms", "interval_ms"), [(60_000, INTERVAL), (3 * HOUR, 0)])
def test_small_steps_and_senders_that_promise_nothing_are_late_as_ever(back_ms: int, interval_ms: int) -> None:
    host = started()
    for n in range(3):
        host.says(T0 - back_ms + n * INTERVAL, interval_ms=interval_ms)
    assert (host.times(), host.late) == ([], 9)


def test_a_sender_that_was_started_anew_is_believed_once_the_one_before_is_silent() -> None:
    host = started()
    for n in range(30):
        host.says(T0 - HOUR + n * INTERVAL, epoch=2, seq=n + 1)
    first = host.times()[0] - (T0 - HOUR)
    assert 120_000 <= first <= 140_000


def test_of_two_under_one_name_the_one_behind_does_not_turn_the_clock() -> None:
    host = started()
    for n in range(40):
        host.says(T0 + (5 + n) * INTERVAL, seq=6 + n)
        host.says(T0 - HOUR + n * INTERVAL, epoch=2, seq=n + 1)
    assert host.late == 40 * 3
    assert not any(one.detail.get("turned_ms") for one in host.signals)


def test_restarts_in_between_decide_alike_also_from_an_older_snapshot() -> None:
    plain, restarted = started(), started()
    for state in restarted.shard.sources.states:
        reduced = (None, {name: getattr(state, name) for name in ("id", "account", "name", "interval_ms", "watermark",
                          "heard_ms", "seen", "announced", "announced_ms", "stage")})  # fmt: skip
        older = object.__new__(type(state))
        older.__setstate__(reduced)
        assert (older.turned_ms, older.mark_epoch, older.watermark) == (0, -1, state.watermark)
    for n in range(8):
        for host in (plain, restarted):
            host.says(T0 - 2 * HOUR + n * INTERVAL)
        restarted.shard = pickle.loads(pickle.dumps(restarted.shard))
    assert plain.signals == restarted.signals
