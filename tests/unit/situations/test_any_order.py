"""Situations of any alerts: what must hold whatever begins when, and in whatever order it is read."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.situations.alerts import MINUTE_MS, MONITORS, alert
from vedette.situations.alert import Alert, telling, things
from vedette.situations.links import LATELY_MS, NEAR_MS, REOPEN_MS, STORM_MS
from vedette.situations.situation import Situation, situations

SUBJECTS = ["source:web-1", "source:db-1", "series:db-1/cpu", "monitor:1", "monitor:2", "monitor:3@fra-1", "monitor:9"]


@st.composite
def some_alerts(draw: st.DrawFn) -> list[Alert]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        begins = draw(st.integers(0, 1500))
        lasts = draw(st.none() | st.integers(0, 500))
        subject, rule = draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from("abc"))
        ends = None if lasts is None else begins + lasts
        found.append(alert(number, subject, begins, ends, rule=rule, roles=draw(st.sampled_from([None, "x", "x y"]))))
    return found


def shape(found: list[Situation]) -> list[list[int]]:
    return [[one.id for one in situation.alerts] for situation in found]


def linked(a: Alert, b: Alert) -> bool:
    """The definition, pair by pair."""
    a, b = sorted((a, b), key=lambda one: one.order)
    apart = b.started_ms - a.started_ms
    open_still = b.started_ms <= a.until_ms + REOPEN_MS
    mine, other = set(things(a, MONITORS)), set(things(b, MONITORS))
    above = {1: set[int](), 2: {1}, 3: {1, 2}, 9: set[int]()}
    depends = b.monitor in above.get(a.monitor or 0, ()) or a.monitor in above.get(b.monitor or 0, ())
    return (
        (a.subject == b.subject and open_still)
        or (bool(mine & other or depends) and open_still and apart <= LATELY_MS)
        or (bool(set(telling(a, MONITORS)) & set(telling(b, MONITORS))) and apart <= NEAR_MS)
        or (a.rule == b.rule and apart <= STORM_MS)
    )


def by_definition(alerts: list[Alert]) -> set[frozenset[int]]:
    """What is connected, found the slow way."""
    groups = [{one.id} for one in alerts]
    for a in alerts:
        for b in alerts:
            if a.id < b.id and linked(a, b):
                first, second = (next(group for group in groups if one.id in group) for one in (a, b))
                if first is not second:
                    groups.remove(second)
                    first |= second
    return {frozenset(group) for group in groups}


@given(some_alerts())
def test_they_are_what_the_definition_connects(alerts: list[Alert]) -> None:
    assert {frozenset(members) for members in shape(situations(alerts, MONITORS))} == by_definition(alerts)


@given(some_alerts(), st.randoms(use_true_random=False))
def test_the_order_of_the_alerts_does_not_matter(alerts: list[Alert], chance: random.Random) -> None:
    shuffled = list(alerts)
    chance.shuffle(shuffled)
    assert situations(shuffled, MONITORS) == situations(alerts, MONITORS)


@given(some_alerts())
def test_each_alert_is_in_exactly_one(alerts: list[Alert]) -> None:
    found = situations(alerts, MONITORS)
    assert sorted(number for members in shape(found) for number in members) == sorted(one.id for one in alerts)
    for situation in found:
        assert [one.order for one in situation.alerts] == sorted(one.order for one in situation.alerts)
        assert (situation.ended_ms is None) == any(one.ended_ms is None for one in situation.alerts)
        for link in situation.because.values():
            earlier, later = (next(one for one in situation.alerts if one.id == n) for n in (link.earlier, link.later))
            assert earlier.order < later.order


@given(some_alerts(), some_alerts())
def test_what_is_together_stays_together_whatever_comes(alerts: list[Alert], more: list[Alert]) -> None:
    later = [alert(100 + one.id, one.subject, (one.started_ms - alerts[0].started_ms) / MINUTE_MS if alerts else 0)
             for one in more]  # fmt: skip
    after = [set(members) for members in shape(situations([*alerts, *later], MONITORS))]
    for members in shape(situations(alerts, MONITORS)):
        assert any(set(members) <= group for group in after)


@given(some_alerts())
def test_an_end_that_comes_when_it_comes_takes_nothing_apart(alerts: list[Alert]) -> None:
    """While an alert is open nobody knows its end: what was linked meanwhile stays so."""
    for now in sorted({one.started_ms for one in alerts}):
        seen = [one for one in alerts if one.started_ms <= now]
        as_of_then = [
            one if one.until_ms <= now else Alert(**{**_fields(one), "ended_ms": None, "state": "firing"})
            for one in seen
        ]
        after = [set(members) for members in shape(situations(alerts, MONITORS))]
        for members in shape(situations(as_of_then, MONITORS)):
            assert any(set(members) <= group for group in after)


def _fields(one: Alert) -> dict[str, object]:
    return {name: getattr(one, name) for name in Alert.__slots__}


@given(some_alerts())
def test_quiet_times_lie_within_and_apart(alerts: list[Alert]) -> None:
    for situation in situations(alerts, MONITORS):
        quiet = situation.quiet()
        assert all(begin < end for begin, end in quiet)
        assert all(before[1] <= after[0] for before, after in pairwise(quiet))
        for begin, end in quiet:
            assert not any(one.started_ms < end and one.until_ms > begin for one in situation.alerts)
