"""Outages over crashes: from any snapshot, and whenever the clock was looked at, all becomes the same."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.watching import T0, Known, Watched, check
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.signals import Signal
from vedette.store.incidents import IncidentRow
from vedette.windows.votes import Policy

Logged = tuple[int, CheckRecord]


@dataclass(frozen=True)
class Life:
    """Results as the log holds them, after which of them the clock was looked at, and what was decided."""

    log: list[Logged]
    looked: frozenset[int]
    policy: Policy


outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["up", "down", "down", "degraded", "probe_error"])
seen = st.builds(
    lambda second, place, outcome, attempt: check(second, place, outcome, attempt=attempt),
    st.integers(0, 600),
    st.sampled_from("abc"),
    outcomes,
    st.integers(1, 2),
)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Results in any order, some of them out of spools."""
    log: list[Logged] = []
    now = T0
    for result in draw(st.lists(seen, min_size=1, max_size=40)):
        late = draw(st.sampled_from([0, 0, 0, 200, 60_000]))
        now = max(now, result.started_ms + 10 + late)
        log.append((now, result))
    looked = draw(st.frozensets(st.integers(0, len(log) - 1), max_size=10))
    policy = Policy(
        interval_ms=draw(st.sampled_from([10_000, 60_000])),
        quorum=draw(st.integers(1, 3)),
        recover_after=draw(st.integers(1, 2)),
        locations=draw(st.sampled_from([frozenset[str](), frozenset("abc")])),
    )
    return Life(log, looked, policy)


def run(watched: Watched, life: Life, begin: int, end: int, looked: frozenset[int]) -> None:
    for number in range(begin, end):
        logged, result = life.log[number]
        watched.fold(result, logged=(logged - T0) / 1000)
        if number in looked:  # just before the log takes the next one: so much had been read by then
            upto = life.log[number + 1][0] if number + 1 < len(life.log) else logged + 100_000
            watched.tick((upto - T0) / 1000)


def told(signals: list[Signal]) -> set[tuple[str, int, str]]:
    return {(signal.subject, signal.at, signal.state) for signal in signals}


def facts(incidents: dict[int, IncidentRow]) -> dict[int, tuple[object, ...]]:
    return {key: (row.started_ms, row.confirmed_ms, row.ended_ms, row.state) for key, row in incidents.items()}


@given(lives(), st.data())
@settings(max_examples=250, deadline=None)
def test_from_any_snapshot_and_with_any_looks_at_the_clock_all_becomes_the_same(
    life: Life, data: st.DataObject
) -> None:
    whole = Watched(Known(life.policy))
    run(whole, life, 0, len(life.log), life.looked)
    whole.tick(100_000)

    crash = data.draw(st.integers(0, len(life.log)))
    kept = data.draw(st.integers(0, crash))
    living = Watched(Known(life.policy))
    run(living, life, 0, kept, life.looked)
    snapshot = pickle.dumps(living.shard)
    run(living, life, kept, crash, life.looked)
    living.shard = pickle.loads(snapshot)
    run(living, life, kept, len(life.log), frozenset())  # the clock is not looked at again until the log is read
    living.tick(100_000)
    assert facts(living.incidents) == facts(whole.incidents)
    assert told(living.signals) == told(whole.signals)
    assert {order.id for order in living.orders} == {order.id for order in whole.orders}
    assert living.shown == whole.shown


@given(lives())
@settings(max_examples=150, deadline=None)
def test_every_incident_that_is_confirmed_was_signalled_down_once_and_the_last_word_is_the_state(life: Life) -> None:
    watched = Watched(Known(life.policy))
    run(watched, life, 0, len(life.log), life.looked)
    states = [signal.state for signal in watched.signals]
    assert all(one != other for one, other in pairwise(states))
    times = [signal.at for signal in watched.signals]
    assert times == sorted(set(times))
    confirmed = {str(key) for key, row in watched.incidents.items() if row.confirmed_ms is not None}
    down = [signal.detail["incident"] for signal in watched.signals if signal.state == "down"]
    assert set(down) == confirmed
    still_open = [key for key, row in watched.incidents.items() if row.ended_ms is None]
    assert len(still_open) <= 1
    monitor = watched.shard.monitors.get(1)
    if monitor is not None and monitor.state is not None:
        assert states[-1] == monitor.state == watched.shown[1].state
        assert watched.shown[1].incident == next(iter(still_open), None)
