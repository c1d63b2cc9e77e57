"""Monitors of which nobody reports any more: when that is said, when not, and over crashes."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.watching import MINUTE, T0, Known, Watched, check, down, everywhere
from vedette.events.checks import HEARTBEAT
from vedette.windows.maintenance import Once
from vedette.windows.outages import OutageShard
from vedette.windows.votes import Policy

PATIENCE_S = 190
"""Three intervals and a time-out of the monitors here."""
QUICK = Policy(interval_ms=5_000, timeout_ms=5_000)


def listen(watched: Watched, begin: int, end: int, *, look: bool = True) -> None:
    """Gateways say every ten seconds that they listen, and the flow looks at the clock."""
    for second in range(begin, end + 1, 10):
        watched.shard.silence.listening(T0 + second * 1000)
        if look:
            watched.look(second + 2)


def silences(watched: Watched) -> list[tuple[str, float, object, object]]:
    """State, second, minutes of silence and whether it is over, of each signal about silence."""
    return [
        (signal.state, (signal.at - T0) / 1000, signal.detail["silent_s"], signal.detail.get("heard"))
        for signal in watched.signals
        if "silent_s" in signal.detail
    ]


def test_a_monitor_that_nobody_reports_of_is_unknown_once_and_known_again_with_the_next_result() -> None:
    watched = Watched()
    listen(watched, 0, 60)
    watched.fold(*everywhere(61))
    listen(watched, 70, 600)
    said = (63.01 + PATIENCE_S, PATIENCE_S)
    assert silences(watched) == [("unknown", *said, None)]
    watched.restart()
    listen(watched, 610, 700)
    watched.fold(down(701))
    assert silences(watched)[1:] == [("unknown", 701.01, 638, 1)]
    assert watched.states() == ["up", "unknown", "unknown", "partial"]
    listen(watched, 710, 710 + PATIENCE_S)
    assert len(silences(watched)) == 3  # and again


def test_how_it_is_is_said_anew_after_a_silence() -> None:
    watched = Watched()
    listen(watched, 0, 10)
    watched.fold(check(11))
    listen(watched, 20, 300)
    watched.fold(check(301))
    assert watched.states() == ["up", "unknown", "unknown", "up"]
    times = [signal.at for signal in watched.signals]
    assert times == sorted(set(times))


def test_nobody_is_silent_while_one_location_goes_on_or_no_gateway_says_that_it_listens() -> None:
    watched = Watched()
    listen(watched, 0, 60)
    watched.fold(*everywhere(61))
    for second in range(120, 900, 60):
        listen(watched, second, second + 50)
        watched.fold(check(second + 55))
    assert silences(watched) == []
    watched = Watched()
    watched.fold(*everywhere(0))
    for second in range(10, 2000, 10):
        watched.look(second)
    assert watched.states() == ["up"]


def test_while_spools_may_still_come_after_a_gateway_was_away_nobody_is_silent() -> None:
    watched = Watched()
    listen(watched, 0, 60)
    watched.fold(*everywhere(61))
    for second in range(70, 900, 10):
        watched.look(second)  # no gateway
    listen(watched, 900, 1_000)
    watched.fold(*everywhere(70), logged=1_001)
    listen(watched, 1_010, 1_180)
    assert [said for said in silences(watched) if said[3] is None] == []
    listen(watched, 1_190, 1_210)
    assert silences(watched)[-1] == ("unknown", 1_001 + PATIENCE_S, PATIENCE_S, None)


def test_after_a_start_time_counts_from_the_first_gateway_that_listens() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    listen(watched, 10_000, 10_000 + PATIENCE_S - 10)
    assert silences(watched) == []
    listen(watched, 10_000 + PATIENCE_S, 10_000 + PATIENCE_S + 10)
    assert [said[1] for said in silences(watched)] == [10_000 + PATIENCE_S]


def test_two_minutes_at_least_so_that_senders_may_try_again() -> None:
    watched = Watched(Known(QUICK))
    listen(watched, 0, 10)
    watched.fold(check(11))
    listen(watched, 20, 120)
    assert silences(watched) == []
    listen(watched, 130, 150)
    assert [said[1] for said in silences(watched)] == [131.01]


def test_neither_paused_monitors_nor_heartbeats_nor_removed_ones_nor_those_that_are_down_are_silent() -> None:
    known = Known(policies={2: replace(MINUTE, locations=frozenset({HEARTBEAT}), quorum=1)})
    watched = Watched(known)
    listen(watched, 0, 10)
    watched.fold(check(11, monitor=1), check(11, HEARTBEAT, monitor=2), check(11, monitor=3))
    watched.fold(down(11, "a", monitor=4), down(12, "b", monitor=4))
    known.policies[1] = replace(MINUTE, paused=True, changed_ms=T0 + 20_000)
    known.gone.add(3)
    watched.review()
    listen(watched, 20, 900)
    assert silences(watched) == []


def test_a_pause_ends_the_silence_and_after_it_time_begins_anew() -> None:
    known = Known()
    watched = Watched(known)
    listen(watched, 0, 10)
    watched.fold(check(11))
    listen(watched, 20, 300)
    known.policies[1] = replace(MINUTE, paused=True, changed_ms=T0 + 300_000)
    watched.review()
    assert watched.states() == ["up", "unknown", "unknown", "paused"]
    listen(watched, 310, 900)
    known.policies[1] = replace(MINUTE, changed_ms=T0 + 900_000)
    watched.review()
    listen(watched, 910, 900 + PATIENCE_S - 10)
    assert len(silences(watched)) == 2
    listen(watched, 900 + PATIENCE_S, 1_200)
    assert silences(watched)[2:] == [("unknown", 900 + PATIENCE_S, PATIENCE_S, None)]


def test_within_maintenance_nothing_is_said_and_after_it_what_still_holds() -> None:
    window = Once(T0 + 100_000, T0 + 600_000)
    watched = Watched(Known(replace(MINUTE, windows=(window,))))
    listen(watched, 0, 10)
    watched.fold(check(11))
    listen(watched, 20, 590)
    assert silences(watched) == []
    listen(watched, 600, 620)
    ((_, at, silent_s, _),) = silences(watched)
    assert (600 <= at <= 620, silent_s) == (True, int(at - 11.01))


@given(
    st.lists(st.sampled_from([10, 60, 60, 180, 200, 400]), min_size=1, max_size=8),
    st.sets(st.integers(0, 200), max_size=20),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_from_any_snapshot_the_signals_contradict_no_earlier_ones(
    gaps: list[int], skipped: set[int], data: st.DataObject
) -> None:
    """What a receiver is left with that ignores old news: silent just if it is so in the end, whoever crashed when."""
    log: list[tuple[int, bool]] = []
    second = 0
    for gap in gaps:
        log += [(at, False) for at in range(second, second + gap, 10)] + [(second + gap, True)]
        second += gap
    end = second + data.draw(st.sampled_from([10, 400]))
    log += [(at, False) for at in range(second, end, 10)]

    def run(begin: int, until: int, *, looks: bool) -> None:
        for number in range(begin, until):
            at, result = log[number]
            if result:
                watched.fold(check(at, "a", "up", 0))
            else:
                watched.shard.silence.listening(T0 + at * 1000)
            if looks and number not in skipped:
                watched.look(at + 0.5)

    watched = Watched()
    crash = data.draw(st.integers(0, len(log)))
    kept = data.draw(st.integers(0, crash))
    # Before the first word is in a snapshot nothing of this kind has been said.
    kept = max(kept, min(1, crash))
    run(0, kept, looks=True)
    snapshot = pickle.dumps(watched.shard)
    run(kept, crash, looks=True)
    watched.shard = pickle.loads(snapshot)
    run(kept, len(log), looks=False)
    watched.look(end + 20)
    newest, silent = -1, False
    for signal in watched.signals:
        if signal.at > newest:
            newest, silent = signal.at, signal.state == "unknown" and not signal.detail.get("heard")
    assert silent == (end - 10 - second >= PATIENCE_S)


@pytest.mark.parametrize("state", ["up", "degraded"])
def test_a_location_that_is_taken_away_in_the_silence_gives_the_others_time(state: str) -> None:
    known = Known()
    watched = Watched(known)
    listen(watched, 0, 10)
    watched.fold(check(11, "a", state))  # type: ignore[arg-type]
    listen(watched, 20, 300)
    known.policies[1] = replace(MINUTE, locations=frozenset("b"), changed_ms=T0 + 300_000)
    watched.review()
    assert watched.states() == [state, "unknown", "unknown", "unknown"]
    assert watched.signals[-1].detail.keys().isdisjoint({"silent_s", "heard"})
    listen(watched, 310, 300 + PATIENCE_S - 10)
    assert len(silences(watched)) == 2
    listen(watched, 300 + PATIENCE_S, 600)
    assert [said[1] for said in silences(watched)[2:]] == [300 + PATIENCE_S]


def test_a_snapshot_of_before_is_gone_on_with() -> None:
    watched = Watched()
    watched.fold(check(0))
    state = {name: value for name, value in watched.shard.__dict__.items() if name != "silence"}
    watched.shard = OutageShard.__new__(OutageShard)
    watched.shard.__setstate__(state)
    listen(watched, 10, 10 + PATIENCE_S + 10)
    watched.fold(check(300))
    assert watched.states() == ["up", "unknown", "unknown", "up"]
