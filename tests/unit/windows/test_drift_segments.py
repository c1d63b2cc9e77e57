"""Windows by segment: counted beside the whole, judged apart from it, and told of while drift is raised."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tests.drift_ledger import PLANS, PROFILES, SEGMENTS
from vedette.events.features import Column, FeatureBatch
from vedette.events.signals import Signal
from vedette.windows.drift import DriftShard
from vedette.windows.drift_config import DriftConfig, Subject
from vedette.windows.drift_times import SETTLE_MS
from vedette.windows.drift_told import Closed, ClosedSegment

HOUR = 3_600_000
T0 = 500_000 * HOUR
BY_PLAN = Subject("churn", DriftConfig(segment_by="plan"), 1, PROFILES, SEGMENTS)
WHOLE = Subject("churn", DriftConfig(), 1, PROFILES)


class Watched:
    """A shard, and one model whose rows it counts."""

    def __init__(self, subject: Subject | None = BY_PLAN) -> None:
        self.shard, self.subject, self.reports = DriftShard(), subject, 0

    def find(self, model: int, version: str) -> Subject | None:
        return self.subject

    def send(self, hour: int, rows: int = 1200, moved: float = 0.0, *, plans: bool = True, version: str = "") -> None:
        """Rows like the reference's, whose `x` moves where the plan is b."""
        random = np.random.default_rng(hour)
        plan = np.arange(rows) % 2
        x = random.integers(0, 40, rows) + moved * plan
        times = T0 + hour * HOUR + np.arange(rows)
        columns = [Column("x", "numbers", x.astype("<f8").tobytes())]
        if plans:
            columns.append(Column("plan", "codes", plan.astype("<i4").tobytes(), PLANS))
        self.reports += 1
        batch = FeatureBatch(3, 7, version, 1, self.reports, times.astype("<i8").tobytes(), columns)
        self.shard.add(batch, self.find)

    def close(self, hour: int) -> Closed:
        return self.shard.close(self.find, {0: T0 + hour * HOUR + SETTLE_MS})


def parts(closed: Closed) -> dict[str, ClosedSegment]:
    [of_x] = [one.segments for one in closed.features if one.feature == "x"]
    return {one.segment: one for one in of_x or ()}


def told(closed: Closed) -> list[tuple[str, str]]:
    return [(signal.subject, signal.state) for signal in closed.signals if signal.subject.startswith("segment:")]


def test_the_whole_is_found_the_same_with_segments_and_without() -> None:
    found = []
    for subject in (WHOLE, BY_PLAN):
        watched = Watched(subject)
        for hour, moved in enumerate([0.0, 15.0, 0.0]):
            watched.send(hour, moved=moved)
        closed = watched.close(9)
        said = [
            (one.feature, one.start_ms, one.raised, one.counts.exact(), one.counts.moments) for one in closed.features
        ]
        signals = [signal for signal in closed.signals if not signal.subject.startswith("segment:")]
        found.append((said, msgspec.json.encode([[one.verdict for one in closed.features], signals])))
    assert found[0] == found[1]


def test_a_segment_that_drifts_is_told_of_until_it_is_over_and_no_other_one_is() -> None:
    watched = Watched()
    said: list[list[tuple[str, str]]] = []
    signals: list[Signal] = []
    for hour, moved in enumerate([0.0, 15.0, 15.0, 0.0, 0.0]):
        watched.send(hour, moved=moved)
        closed = watched.close(hour + 1)
        said.append(told(closed))
        signals += closed.signals
        assert parts(closed)["b"].raised == (moved > 0)
        assert parts(closed)["a"].verdict.state == "ok"
    assert said == [[], [("segment:7/b/x", "drift")], [("segment:7/b/x", "drift")], [("segment:7/b/x", "ok")], []]
    first = next(signal for signal in signals if signal.subject == "segment:7/b/x")
    assert first.kind == "drift"
    assert (first.detail["segment"], first.detail["feature"], first.detail["statistic"]) == ("b", "x", "psi")
    assert first.detail["rows"] == 600


def test_rows_without_the_column_are_in_the_segment_missing() -> None:
    watched = Watched()
    watched.send(0, plans=False)
    closed = watched.close(1)
    assert {name: one.counts.rows for name, one in parts(closed).items()} == {"a": 0, "b": 0, "missing": 1200}
    assert parts(closed)["a"].verdict.state == "no_data"
    assert parts(closed)["missing"].verdict.state == "insufficient_data"  # the reference has none of it


def test_a_mix_of_segments_that_moves_is_drift_of_their_column() -> None:
    watched = Watched()
    random = np.random.default_rng(1)
    plan = (random.random(1000) < 0.8).astype("<i4")
    times = (T0 + np.arange(1000)).astype("<i8").tobytes()
    batch = FeatureBatch(3, 7, "", 1, 1, times, [Column("plan", "codes", plan.tobytes(), PLANS)])
    watched.shard.add(batch, watched.find)
    closed = watched.close(1)
    assert {one.feature: one.verdict.state for one in closed.features} == {"plan": "drift", "x": "no_data"}
    assert all(not one.segments for one in closed.features)


@pytest.mark.parametrize("first", [WHOLE, BY_PLAN])
def test_segments_that_are_switched_in_a_window_cost_it_its_segments_and_nothing_else(first: Subject) -> None:
    watched = Watched(first)
    watched.send(0)
    watched.subject = BY_PLAN if first is WHOLE else WHOLE
    watched.send(0)
    watched.subject = BY_PLAN
    watched.send(1)
    closed = watched.close(2)
    of_x = [one for one in closed.features if one.feature == "x"]
    assert [(one.counts.rows, len(one.segments or ())) for one in of_x] == [(2400, 0), (1200, 2)]


def test_what_is_open_about_segments_is_over_when_they_are_no_longer_looked_at() -> None:
    for after in (WHOLE, None):
        watched = Watched()
        watched.send(0, moved=15.0)
        assert told(watched.close(1)) == [("segment:7/b/x", "drift")]
        watched.subject = after
        if after is not None:
            watched.send(2)
        assert ("segment:7/b/x", "ok") in told(watched.close(4))


def test_a_version_that_another_one_followed_is_over_with_its_segments() -> None:
    watched = Watched()
    watched.send(0, moved=15.0, version="1")
    assert told(watched.close(1)) == [("segment:7@1/b/x", "drift")]
    watched.send(2, version="2")
    assert ("segment:7@1/b/x", "ok") in told(watched.close(4))


def test_segments_count_for_how_much_is_judged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vedette.windows.drift.MOST_CLOSED", 8)
    watched = Watched()
    for hour in range(6):
        watched.send(hour, rows=300)
    sizes = [len(watched.close(20).features) for _ in range(4)]
    assert sizes == [4, 4, 4, 0]  # two features and two segments a window
