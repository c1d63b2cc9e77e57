"""Moves: another place of the location moves turns, and makes neither missed nor doubled ones."""

from __future__ import annotations

from itertools import pairwise

import pytest

from probes import kinds
from probes.journal import JournalState
from probes.monitors import Monitor
from probes.places import Place
from tests.unit.probes.test_rounds import NOW, Bench, HeldCheck, play

MINUTE = 60


def monitor(number: int, url: str = "http://x/") -> Monitor:
    return Monitor(id=number, name="m", url=url, kind="held", interval_s=MINUTE)


MONITORS = [monitor(number) for number in range(1, 301)]


@pytest.fixture(autouse=True)
def _held_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, "held", HeldCheck)


async def go(bench: Bench, begin: int, end: int) -> None:
    """The clock and the rounds through these seconds."""
    for offset in range(begin, end):
        bench.clock.advance(NOW + offset - bench.clock.now_ms() / 1000)
        await bench.rounds.tick(NOW + offset)
        await bench.settle()


def pauses(bench: Bench) -> dict[int, list[int]]:
    """Seconds between the slots of each monitor, in order."""
    slots: dict[int, list[int]] = {}
    for number, at, _ in bench.seen():
        slots.setdefault(number, []).append(at)
    return {number: [after - before for before, after in pairwise(at)] for number, at in slots.items()}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, Place(0, 1)),
        (Place(1, 2), Place(1, 3)),
        (Place(2, 3), Place(2, 4)),
        (Place(4, 5), Place(1, 4)),
        (Place(1, 3), None),
    ],
)
def test_a_change_of_place_misses_nothing_and_doubles_nothing(before: Place | None, after: Place | None) -> None:
    async def script() -> None:
        bench = Bench(capacity=1000)
        bench.gate.set()
        bench.rounds.use(MONITORS, before)
        await go(bench, 0, 100)
        bench.rounds.use(MONITORS, after)
        await go(bench, 100, 400)
        assert {outcome for *_, outcome in bench.seen()} == {"up"}
        found = pauses(bench)
        assert len(found) == len(MONITORS)
        changed = 0
        for each in found.values():
            others = [pause for pause in each if pause != MINUTE]
            changed += len(others)
            assert len(others) <= 1
            assert all(MINUTE / 2 <= pause < 2 * MINUTE for pause in others)
        assert changed > len(MONITORS) / 2

    play(script)


def test_a_place_that_is_told_again_moves_nothing_and_another_one_keeps_the_checks() -> None:
    async def script() -> None:
        bench = Bench(capacity=1000)
        bench.gate.set()
        bench.rounds.use(MONITORS, Place(1, 3))
        await go(bench, 0, 70)
        checks = dict(bench.rounds._checks)
        bench.rounds.use(MONITORS, Place(1, 3))
        await go(bench, 70, 200)
        assert {pause for each in pauses(bench).values() for pause in each} == {MINUTE}
        bench.rounds.use(MONITORS, Place(1, 2))
        assert bench.rounds._checks == checks

    play(script)


def test_what_a_restarted_probe_has_missed_is_one_slot_a_monitor_and_interval_whatever_its_place_is_now() -> None:
    async def script() -> None:
        bench = Bench(capacity=1000, earlier=JournalState(NOW - MINUTE - 4))
        bench.gate.set()
        bench.rounds.use(MONITORS, Place(0, 1))  # from disk
        bench.rounds.use(MONITORS, Place(1, 2))
        await go(bench, 0, 1)
        missed = [number for number, _, outcome in bench.seen() if outcome == "missed"]
        assert sorted(missed) == list(range(1, 301))

    play(script)


def test_a_monitor_that_is_changed_after_a_move_has_the_turn_that_would_be_left_out() -> None:
    async def script() -> None:
        bench = Bench(capacity=1000)
        bench.gate.set()
        bench.rounds.use(MONITORS, Place(1, 4))
        await go(bench, 0, 100)
        bench.rounds.use(MONITORS, Place(1, 3))
        number, at_ms = max(bench.rounds._moves.left_out.items(), key=lambda item: item[1])
        at = at_ms // 1000 - NOW
        await go(bench, 100, at)
        bench.rounds.use([monitor(number, "http://y/") if m.id == number else m for m in MONITORS], Place(1, 3))
        await go(bench, at, at + 1)
        assert (number, at, "up") in bench.seen()

    play(script)
