"""Monitors that depend on others: whose outage calls somebody, and how long that may wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.windows.watching import MINUTE, T0, Known, Watched, check, down, everywhere
from vedette.events.checks import Outcome
from vedette.windows.maintenance import Once
from vedette.windows.outage_state import Standing
from vedette.windows.parents import HOLD_MS

PARENT, CHILD = 1, 2


def family(**fields: object) -> Watched:
    """A parent and its child, both up at three places."""
    watched = Watched(Known(MINUTE, {CHILD: replace(MINUTE, parent=PARENT, **fields)}))  # type: ignore[arg-type]
    watched.fold(*everywhere(0), *(check(number, place, monitor=CHILD) for number, place in enumerate("abc")))
    return watched


def fails(watched: Watched, monitor: int, second: float) -> None:
    """Two places see it down, half a second apart."""
    watched.fold(down(second, "a", monitor=monitor), down(second + 0.5, "b", monitor=monitor, attempt=2))


def of_child(watched: Watched) -> list[tuple[str, object]]:
    return [(s.state, s.detail.get("suppressed_by")) for s in watched.signals if s.subject == f"monitor:{CHILD}"]


def test_when_a_child_fails_its_parent_is_looked_at_at_once() -> None:
    watched = family()
    found = watched.fold(down(60, "a", monitor=CHILD))
    asked = [(order.monitor, order.location, order.attempt) for order in found.orders]
    assert asked == [(CHILD, "b", 2), (CHILD, "c", 2), (PARENT, "a", 2), (PARENT, "b", 2), (PARENT, "c", 2)]
    assert not [o for o in watched.fold(down(120, "a", monitor=CHILD)).orders if o.monitor == PARENT]


def test_all_that_stands_above_is_asked_but_what_is_down_paused_or_never_asked() -> None:
    policies = {
        CHILD: replace(MINUTE, parent=PARENT),
        PARENT: replace(MINUTE, parent=3, paused=True),
        3: replace(MINUTE, parent=4, recheck=False),
        4: replace(MINUTE, parent=5, locations=frozenset("xy")),
    }
    watched = Watched(Known(MINUTE, policies, parents={5: Standing("down")}))
    watched.fold(check(0, monitor=CHILD), down(60, "a", monitor=CHILD))
    assert [(o.monitor, o.location) for o in watched.orders if o.monitor != CHILD] == [(4, "x"), (4, "y")]


def test_a_child_that_is_confirmed_first_waits_and_is_explained_by_its_parent() -> None:
    watched = family()
    fails(watched, CHILD, 60)
    assert of_child(watched)[-1] == ("partial", None)
    fails(watched, PARENT, 61)
    watched.tick(62)
    assert of_child(watched)[-1] == ("down", PARENT)
    assert {row.suppressed_by for row in watched.incidents.values()} == {None, PARENT}
    assert watched.shown[CHILD].suppressed_by == PARENT


def test_a_parent_that_answers_well_lets_the_child_call_at_once_as_of_its_confirmation() -> None:
    watched = family()
    fails(watched, CHILD, 60)
    watched.fold(check(60.8, "a", monitor=PARENT, attempt=2))
    watched.tick(61)
    assert of_child(watched)[-1] == ("down", None)
    assert watched.signals[-1].at == T0 + 60_510


def test_nobody_waits_for_longer_than_the_bound_whatever_becomes_of_the_parent() -> None:
    silent, partial = family(), family()
    partial.fold(down(59, "a", monitor=PARENT))
    for watched in (silent, partial):
        fails(watched, CHILD, 60)
        watched.tick(60.5 + HOLD_MS / 1000)  # one second less by what the log may still hold
        assert of_child(watched)[-1] == ("partial", None)
        watched.tick(62 + HOLD_MS / 1000)
        assert of_child(watched)[-1] == ("down", None)
        assert watched.signals[-1].at == T0 + 60_510
        watched.tick(70)
        assert len(of_child(watched)) == 3  # once


def test_what_waits_is_told_by_the_child_s_next_check_too_and_not_at_all_if_it_recovers() -> None:
    told, well = family(), family()
    for watched in (told, well):
        fails(watched, CHILD, 60)
    told.fold(down(120, "a", monitor=CHILD))
    assert of_child(told)[-1] == ("down", None)
    well.fold(*(check(62 + number, place, monitor=CHILD) for number, place in enumerate("ab")))
    well.tick(90)
    assert of_child(well) == [("up", None), ("partial", None), ("up", None)]


def test_a_child_whose_parent_recovers_calls_if_it_is_still_down() -> None:
    watched = family()
    fails(watched, PARENT, 60)
    fails(watched, CHILD, 61)
    assert of_child(watched)[-1] == ("down", PARENT)
    watched.fold(check(120, "a"), check(120.5, "b", attempt=2))
    watched.fold(down(121, "a", monitor=CHILD))
    assert of_child(watched)[-1] == ("down", PARENT), "the other location has not looked again yet"
    watched.fold(down(122, "b", monitor=CHILD))
    assert of_child(watched)[-1] == ("down", None)


def test_a_child_that_comes_back_just_after_its_parent_calls_nobody() -> None:
    watched = family()
    fails(watched, PARENT, 60)
    fails(watched, CHILD, 61)
    watched.fold(check(120, "a"), check(120.5, "b", attempt=2))
    watched.fold(check(121, "c", monitor=CHILD), check(121.2, "a", monitor=CHILD), check(121.4, "b", monitor=CHILD))
    assert ("down", None) not in of_child(watched)
    assert of_child(watched)[-1] == ("up", None)


def test_a_child_whose_locations_do_not_look_again_calls_after_an_interval() -> None:
    watched = family()
    fails(watched, PARENT, 60)
    fails(watched, CHILD, 61)
    watched.fold(check(120, "a"), check(120.5, "b", attempt=2))
    watched.fold(down(121, "a", monitor=CHILD))
    watched.tick(121 + 60 + 10)
    assert of_child(watched)[-1] == ("down", None)


def test_who_depends_on_nobody_waits_for_nobody() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    fails(watched, 1, 60)
    assert watched.states() == ["up", "partial", "down"]
    assert not watched.shard.monitors[1].held_until_ms
    off = family(recheck=False)
    fails(off, CHILD, 60)
    assert of_child(off)[-1] == ("down", None)


def test_a_restart_while_a_confirmation_waits_loses_nothing() -> None:
    watched = family()
    fails(watched, CHILD, 60)
    watched.restart()
    watched.tick(70)
    assert of_child(watched)[-1] == ("down", None)


def test_once_all_locations_have_looked_again_a_parent_that_fails_somewhere_holds_nobody_back_for_long() -> None:
    hourly = replace(MINUTE, interval_ms=3_600_000, parent=PARENT)
    watched = Watched(Known(MINUTE, {CHILD: hourly}))
    watched.fold(*everywhere(0), *(check(n, place, monitor=CHILD) for n, place in enumerate("abc")))
    fails(watched, PARENT, 60)
    fails(watched, CHILD, 61)
    watched.fold(check(120, "a"), check(120.5, "b", attempt=2))
    watched.fold(down(121, "a", monitor=CHILD), down(121.1, "a", attempt=2))
    assert of_child(watched)[-1] == ("down", PARENT), "the other has not looked again"
    watched.fold(down(122, "b", monitor=CHILD), down(122.5, "c", monitor=CHILD))
    watched.tick(127)
    assert of_child(watched)[-1] == ("down", None)


@pytest.mark.parametrize("outcome", ["down", "degraded"])
def test_in_maintenance_and_below_a_parent_that_is_down_the_signal_says_so(outcome: Outcome) -> None:
    watched = Watched(Known(replace(MINUTE, quorum=1, windows=(Once(T0, T0 + 3_600_000),))))
    watched.fold(*everywhere(1), *everywhere(60, outcome))
    assert [(s.state, s.detail.get("maintenance")) for s in watched.signals][-1] == (outcome, 1)
    watched.fold(*everywhere(3_660, outcome))
    assert [(s.state, s.detail.get("maintenance")) for s in watched.signals][-1] == (outcome, None)
    child = family()
    fails(child, PARENT, 60)
    child.fold(*(check(61 + n, place, outcome, monitor=CHILD) for n, place in enumerate("abc")))
    assert of_child(child)[-1] == (outcome, PARENT)
