"""Heartbeats of a shard: in any order of reading, with restarts, the same as an oracle that sees the whole log."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.heartbeat_oracle import Oracle, Said
from vedette.events.checks import CheckRecord
from vedette.events.pings import Ping
from vedette.windows.beat import Plan
from vedette.windows.heartbeats import STALE_MS, HeartbeatShard
from vedette.windows.schedule import Every

STEP = 1_000
MONITOR = 7


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Said], list[int]]:
    """Pings, and the words of gateways with a gap here and there."""
    times = draw(st.lists(st.integers(1, 150), unique=True, max_size=25).map(sorted))
    said = st.sampled_from(["success", "success", "start", "fail"])
    pings = [(at * STEP, draw(said), draw(st.sampled_from(["", "a", "b"]))) for at in times]
    words, at = [], draw(st.integers(1, 20))
    for _ in range(draw(st.integers(0, 40))):
        words.append(at * STEP)
        at += draw(st.sampled_from([3, 3, 3, 3, 3, 4, 10, 11, 40]))
    return pings, words


class Reader:
    """Reads the two partitions in an order that `data` draws, and may die and begin again at its last snapshot."""

    def __init__(self, pings: list[Said], words: list[int], plan: Plan, data: st.DataObject) -> None:
        self._lanes: list[list[Any]] = [list(pings), list(words)]
        self._plan, self._data = plan, data
        self.shard, self.at = HeartbeatShard(), [0, 0]
        self.told: dict[int, CheckRecord] = {}
        self._kept: tuple[bytes, list[int]] = (pickle.dumps(self.shard), [0, 0])

    def _plans(self, monitor: int) -> Plan | None:
        return self._plan if monitor == MONITOR else None

    def read_upto(self, now: int) -> None:
        """Read what the log holds at `now`, and say so."""
        ends = [sum(1 for one in lane if (one if isinstance(one, int) else one[0]) <= now) for lane in self._lanes]
        while self.at != ends:
            open_lanes = [lane for lane in (0, 1) if self.at[lane] < ends[lane]]
            self._read(self._data.draw(st.sampled_from(open_lanes)), now)
        self.shard.caught_up(now, self._plans)
        self._collect()

    def _read(self, lane: int, now: int) -> None:
        event = self._lanes[lane][self.at[lane]]
        self.at[lane] += 1
        if lane == 0:
            at, said, rid = event
            self.shard.hear(Ping(MONITOR, 1, at, said, rid=rid), at, now, self._plans)
        else:
            self.shard.listening(event, now, self._plans)
        self._collect()

    def _collect(self) -> None:
        for result in self.shard.take().results:
            before = self.told.setdefault(result.scheduled_ms, result)
            assert before == result  # what comes again after a crash is the same

    def live_on(self) -> None:
        """Keep a snapshot, or die and go back to the last one, or neither."""
        what = self._data.draw(st.sampled_from(["nothing", "snapshot", "crash"]))
        if what == "snapshot":
            self._kept = (pickle.dumps(self.shard), list(self.at))
        elif what == "crash":
            self.shard, self.at = pickle.loads(self._kept[0]), list(self._kept[1])


@settings(max_examples=150, deadline=None)
@given(
    logs(), st.integers(2, 30), st.integers(1, 30), st.none() | st.integers(1, 30), st.data(),
    st.lists(st.integers(1, 400), max_size=6).map(sorted),
)  # fmt: skip
def test_results_are_the_oracle_s_whatever_is_read_first_and_wherever_it_dies(
    log: tuple[list[Said], list[int]],
    every: int,
    grace: int,
    longest: int | None,
    data: st.DataObject,
    looks: list[int],
) -> None:
    pings, words = log
    plan = Plan(Every(every * STEP), grace * STEP, None if longest is None else longest * STEP)
    reader = Reader(pings, words, plan, data)
    for look in [*looks, 600]:
        reader.read_upto(look * STEP)
        reader.live_on()
    reader.read_upto(600 * STEP)
    found = [(at, one.outcome, round(one.total_ms)) for at, one in sorted(reader.told.items())]
    oracle = Oracle(pings, words, every * STEP, grace * STEP, longest and longest * STEP, STEP)
    assert found == oracle.results()


def words(*ranges: tuple[int, int]) -> list[int]:
    """A word each three seconds, from and to (seconds)."""
    return [at * STEP for start, end in ranges for at in range(start, end, 3)]


def told(pings: list[Said], listened: list[int], plan: Plan) -> list[tuple[int, str]]:
    shard = HeartbeatShard()
    events = sorted(
        [*((at, (said, rid)) for at, said, rid in pings), *((at, None) for at in listened)], key=lambda e: e[0]
    )
    for at, what in events:
        if what is None:
            shard.listening(at, at, lambda monitor: plan)
        else:
            shard.hear(Ping(MONITOR, 1, at, what[0], rid=what[1]), at, at, lambda monitor: plan)  # type: ignore[arg-type]
        shard.caught_up(at, lambda monitor: plan)
    return [(result.scheduled_ms // STEP, result.outcome) for result in shard.take().results]


MINUTELY = Plan(Every(60 * STEP), 5 * STEP)


def test_each_missed_period_is_one_failure_until_the_next_ping() -> None:
    found = told([(10_000, "success", ""), (250_000, "success", "")], words((0, 400)), MINUTELY)
    assert found == [(10, "up"), (70, "down"), (130, "down"), (190, "down"), (250, "up"), (310, "down"), (370, "down")]


def test_a_ping_at_the_end_of_its_grace_is_in_time_and_one_a_moment_later_is_not() -> None:
    assert told([(10_000, "success", ""), (75_000, "success", "")], words((0, 90)), MINUTELY)[1:] == [(75, "up")]
    late = told([(10_000, "success", ""), (75_001, "success", "")], words((0, 90)), MINUTELY)
    assert late[1:] == [(70, "down"), (75, "up")]


def test_nobody_is_called_for_pings_that_could_not_be_received() -> None:
    away = told([(10_000, "success", "")], words((0, 30), (3_630, 3_680)), MINUTELY)
    assert away == [(10, "up")]
    # From then on a whole period and the grace.
    assert told([(10_000, "success", "")], words((0, 30), (3_630, 3_700)), MINUTELY)[1:] == [(3_690, "down")]


def test_an_outage_that_is_long_over_excuses_nothing() -> None:
    found = told([(10_000, "success", "")], words((0, 12), (30, 90)), Plan(Every(60 * STEP), 5 * STEP))
    assert found[1:] == [(70, "down")]


def test_a_short_restart_of_the_gateway_is_no_outage() -> None:
    found = told([(10_000, "success", "")], [*words((0, 60)), 57_000 + STALE_MS, *words((70, 90))], MINUTELY)
    assert found[1:] == [(70, "down")]


def test_while_no_gateway_listens_nothing_is_judged() -> None:
    assert told([(10_000, "success", "")], words((0, 60)), MINUTELY) == [(10, "up")]


def test_a_monitor_that_was_removed_is_forgotten_and_its_pings_are_dropped() -> None:
    shard = HeartbeatShard()
    shard.listening(9_000, 9_000, lambda monitor: MINUTELY)
    shard.hear(Ping(MONITOR, 1, 10_000, "success"), 10_000, 10_000, lambda monitor: MINUTELY)
    assert shard.take()
    for at in range(12_000, 200_000, 3_000):
        shard.listening(at, at, lambda monitor: None)
        shard.caught_up(at, lambda monitor: None)
    shard.hear(Ping(MONITOR, 1, 200_000, "success"), 200_000, 200_000, lambda monitor: None)
    assert not shard.take()
    assert shard.beats == {}


def test_a_reader_whose_clock_is_set_back_goes_on_judging() -> None:
    shard = HeartbeatShard()
    shard.listening(9_000, 9_000_000, lambda monitor: MINUTELY)
    shard.hear(Ping(MONITOR, 1, 10_000, "success"), 10_000, 9_000_000, lambda monitor: MINUTELY)
    shard.set_back(5_000)
    for at in range(12_000, 90_000, 3_000):
        shard.listening(at, at, lambda monitor: MINUTELY)
        shard.caught_up(at, lambda monitor: MINUTELY)
    assert [result.scheduled_ms for result in shard.take().results] == [10_000, 70_000]
