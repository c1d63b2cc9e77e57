"""Outages that no good check ends: a pause, another list of locations, a removal; and what the table shows."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.windows.watching import MINUTE, T0, Known, Watched, check, down, everywhere


def failing(**fields: object) -> Watched:
    """A monitor that two of three places see down since second 60."""
    watched = Watched(Known(replace(MINUTE, **fields)))  # type: ignore[arg-type]
    watched.fold(*everywhere(0), down(60, "a"), down(60.5, "b", attempt=2))
    return watched


def pause(watched: Watched, second: float) -> None:
    watched.known.default = replace(watched.known.default, paused=True, changed_ms=T0 + round(second * 1000))


def test_a_pause_ends_the_incident_at_that_moment_and_says_so_once() -> None:
    watched = failing()
    pause(watched, 100)
    watched.review()
    watched.review()
    assert watched.states()[-2:] == ["down", "paused"]
    (row,) = watched.incidents.values()
    assert (row.state, row.ended_ms) == ("ended", T0 + 100_000)
    assert row.timeline[-1] == {"at_ms": T0 + 100_000, "what": "paused"}
    assert (watched.shown[1].state, watched.shown[1].incident) == ("paused", None)


def test_what_was_checked_before_the_pause_belongs_to_the_outage_and_what_comes_after_to_nothing() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    pause(watched, 100)
    watched.fold(down(60, "a"), down(60.5, "b", attempt=2), down(101, "c"))  # read after it was known
    (row,) = watched.incidents.values()
    assert (row.confirmed_ms, row.ended_ms) == (T0 + 60_510, None)
    watched.review()
    watched.fold(down(90, "c"))  # out of a spool, after the end
    assert [row.ended_ms for row in watched.incidents.values()] == [T0 + 100_000]
    assert watched.states()[-1] == "paused"


def test_a_monitor_that_goes_on_after_its_pause_begins_anew() -> None:
    watched = failing()
    pause(watched, 100)
    watched.review()
    watched.restart()
    watched.known.default = replace(MINUTE, changed_ms=T0 + 200_000)
    watched.review()
    assert watched.states()[-1] == "paused"
    watched.fold(down(210, "a"), down(210.5, "b", attempt=2))
    assert watched.states()[-2:] == ["partial", "down"]
    assert len(watched.incidents) == 2
    assert [signal.at for signal in watched.signals] == sorted({signal.at for signal in watched.signals})


def test_a_pause_of_a_monitor_that_is_well_ends_nothing() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    pause(watched, 50)
    watched.review()
    assert (watched.incidents, watched.states()) == ({}, ["up", "paused"])


def test_a_location_that_no_longer_checks_has_no_vote() -> None:
    watched = failing()
    watched.known.default = replace(MINUTE, locations=frozenset("bc"), changed_ms=T0 + 70_000)
    watched.review()
    assert watched.states()[-1] == "partial"
    watched.fold(down(75, "a"))  # it has not heard of it yet
    assert watched.states()[-1] == "partial"
    watched.fold(check(80, "b"))
    assert watched.states()[-1] == "up"
    (row,) = watched.incidents.values()
    assert row.ended_ms == T0 + 80_010


def test_with_locations_that_have_never_spoken_nothing_is_known_and_nothing_fails() -> None:
    watched = failing()
    watched.known.default = replace(MINUTE, locations=frozenset("x"), changed_ms=T0 + 70_000)
    watched.review()
    assert (watched.states()[-1], watched.shown[1].state) == ("unknown", "unknown")
    (row,) = watched.incidents.values()
    assert (row.state, row.ended_ms, row.timeline[-1]["what"]) == ("ended", T0 + 70_000, "unwatched")
    watched.fold(check(90, "x"))
    assert watched.shown[1].state == "up"


def test_a_review_changes_nothing_where_nothing_was_changed() -> None:
    watched = failing(locations=frozenset("abc"))
    assert not watched.review()


def test_a_removed_monitor_is_forgotten_and_its_late_results_bring_nothing_back() -> None:
    watched = failing()
    watched.fold(check(0, monitor=2))
    watched.known.gone = {1}
    assert not watched.review()
    watched.fold(down(120, "a"), down(120.5, "b"))
    assert set(watched.shard.monitors) == {2}
    assert watched.shard.timed == set()


def test_each_change_is_shown_with_its_incident_and_since_when() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    assert watched.shown[1][:5] == (1, "up", T0 + 10, T0 + 10, None)
    assert not watched.fold(*everywhere(60)).states  # nothing new
    watched.fold(down(120, "a"))
    (incident,) = watched.incidents
    assert watched.shown[1][:5] == (1, "partial", T0 + 120_010, T0 + 120_010, incident)
    watched.fold(down(120.5, "b", attempt=2))
    assert watched.shown[1][:5] == (1, "down", T0 + 120_510, T0 + 120_510, incident)
    watched.fold(check(180, "a"), check(180.5, "b"))
    assert watched.shown[1][:5] == (1, "up", T0 + 180_510, T0 + 180_510, None)
