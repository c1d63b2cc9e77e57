"""Phases of checks by hours: numbers until the hour is over, then sketches; the same after a restart."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from tests.unit.windows.test_endpoint import LATENESS, T0, check
from vedette.errors import InvalidInput
from vedette.events.checks import HEARTBEAT, Phases
from vedette.store.check_phases import PhaseHour
from vedette.windows.endpoint import EndpointShard, PlaceState
from vedette.windows.phases import HOUR_MS, PhaseHours, merged, packed
from vedette.windows.tally import Tally

MINUTE_S, HOUR_S = 60, 3600


def phases(minute: int) -> Phases:
    return Phases(connect=float(minute + 1), ttfb=10.0 * (minute + 1))


def flushed(shard: EndpointShard) -> list[PhaseHour]:
    found = shard.flush()
    return [] if found is None else list(found[0].phases)


def test_an_hour_is_written_once_when_it_is_over() -> None:
    shard = EndpointShard(LATENESS)
    for minute in range(60):
        shard.fold(check(minute * MINUTE_S, phases=phases(minute)))
    shard.fold(check(30, "down", phases=Phases(connect=9e5)))  # what failed tells no usual time
    shard.fold(check(30, attempt=2, phases=Phases(connect=9e5)))
    shard.fold(check(HOUR_S + LATENESS // 1000 - 1, phases=phases(0)))
    assert flushed(shard) == []
    shard = pickle.loads(pickle.dumps(shard))
    shard.fold(check(HOUR_S + LATENESS // 1000, phases=phases(0)))
    (hour,) = flushed(shard)
    assert hour[:3] == (1, "x", T0)
    found = merged([hour.sketches])
    assert {name: sketch.count for name, sketch in found.items()} == {"connect": 60, "ttfb": 60}
    assert found["connect"].quantile(0.5) == pytest.approx(30, rel=0.011)
    assert found["ttfb"].quantile(1) == pytest.approx(600, rel=0.011)
    shard.fold(check(HOUR_S + 600, phases=phases(0)))
    assert flushed(shard) == []


def test_hours_of_any_division_merge_into_the_same() -> None:
    random = np.random.default_rng(1)
    values = random.lognormal(3, 1, (5, 400))
    values[2, ::3] = math.nan
    values[0] = math.nan
    parts = merged([packed(values[:, :150]), packed(values[:, 150:151]), packed(values[:, 151:])])
    whole = merged([packed(values)])
    assert "dns" not in whole
    assert {name: sketch.to_bytes() for name, sketch in parts.items()} == {n: s.to_bytes() for n, s in whole.items()}
    assert merged([]) == {}


def test_pings_have_no_phases() -> None:
    shard = EndpointShard(LATENESS)
    for slot in (0, HOUR_S + LATENESS // 1000 + 1):
        shard.fold(check(slot, location=HEARTBEAT))
    assert flushed(shard) == []


def test_a_snapshot_of_an_older_version_begins_without() -> None:
    state = PlaceState(1)
    _, slots = state.__reduce_ex__(2)[2]  # type: ignore[misc, index]
    del slots["phases"]
    state.__setstate__((None, slots))
    assert state.phases.over(HOUR_MS) == []


def test_a_snapshot_knows_tallies_by_where_they_were() -> None:
    was = pickle.dumps(Tally([1, 2, 3]), protocol=2).replace(b"vedette.windows.tally", b"vedette.windows.endpoint")
    assert b"vedette.windows.endpoint" in was
    assert pickle.loads(was).zones == [1, 2, 3]


def test_what_is_no_such_sketch_is_refused() -> None:
    with pytest.raises(InvalidInput, match="sketches"):
        merged([b"short"])


def test_an_hour_without_an_end_stays_open() -> None:
    hours = PhaseHours()
    hours.add(T0, phases(0))
    assert hours.over(T0 + HOUR_MS - 1) == []
    assert [hour for hour, _ in hours.over(T0 + HOUR_MS)] == [T0]
