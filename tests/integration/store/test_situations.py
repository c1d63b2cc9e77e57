"""Reading situations: whole, whatever part of them is asked for; of one account; and among many alerts."""

from __future__ import annotations

import random

import pytest

from tests.integration.store.decisions import T0
from vedette.errors import NotFound
from vedette.events.signals import AlertTransition
from vedette.monitors import MonitorSpec
from vedette.situations.situation import Situation, situations
from vedette.store import accounts, monitors
from vedette.store import situations as stored
from vedette.store.pool import Store
from vedette.store.recording import record

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
NOW = T0 + 400 * HOUR_MS


def fire(
    store: Store, number: int, subject: str, begins: int, ends: int | None, *, account: int = 1, rule: str | None = None
) -> None:
    """An alert that begins and ends so many minutes after T0."""
    name = rule or f"rule {number}"
    spans = [("firing", begins)] + ([] if ends is None else [("resolved", ends)])
    record(store, [
        (AlertTransition(number * 2 + (state == "resolved"), number, account, 1, name, subject, state,
                         T0 + at * MINUTE_MS, f"alert {number}", severity="warning"), ())
        for state, at in spans
    ])  # fmt: skip


def shape(found: list[Situation]) -> list[list[int]]:
    return [[one.id for one in situation.alerts] for situation in found]


def test_a_situation_is_whole_whichever_of_its_alerts_is_asked_for(store: Store) -> None:
    """A chain of six days, of which each alert is linked only to the one before it."""
    for number in range(30):
        fire(store, number + 1, "source:web-1", number * 300, number * 300 + 290)
    fire(store, 99, "source:other", 10, 20)
    for asked in (1, 15, 30):
        situation, found = stored.containing(store, 1, asked, NOW)
        assert [one.id for one in situation.alerts] == list(range(1, 31))
        assert (situation.id, found.cut) == (1, False)
    middle = T0 + 15 * 300 * MINUTE_MS
    assert shape(stored.between(store, 1, middle, middle + 1, NOW).situations) == [list(range(1, 31))]


def test_what_has_been_open_for_long_is_found_with_what_came_of_it(store: Store) -> None:
    fire(store, 1, 'series:web-1/disk.used_ratio{mount="/"}', 0, None)
    fire(store, 2, 'series:web-1/disk.used_ratio{mount="/"}', 20_000, None)
    fire(store, 3, "source:web-1", 20_030, 20_040)
    assert shape(stored.between(store, 1, NOW - HOUR_MS, NOW, NOW).situations) == [[1, 2, 3]]
    situation, _ = stored.containing(store, 1, 3, NOW)
    assert (situation.id, situation.ended_ms) == (1, None)


def test_dependencies_are_those_of_the_account(store: Store) -> None:
    account = accounts.ensure_account(store, "default")
    parent = monitors.add(store, account, MonitorSpec(name="gate", url="http://gate.example/"))
    child = monitors.add(store, account, MonitorSpec(name="shop", url="http://shop.example/", parent=parent))
    fire(store, 1, f"monitor:{child}@fra-1", 0, 10)
    fire(store, 2, f"monitor:{parent}", 9, 20)
    (found,) = stored.between(store, 1, T0, NOW, NOW).situations
    assert found.because[2].what == "parent"


def test_the_place_and_the_roles_are_those_that_were_said_at_the_beginning(store: Store) -> None:
    for number, subject in ((1, "source:a"), (2, "source:b")):
        start = AlertTransition(number, number, 1, 1, f"r{number}", subject, "firing", T0, "t", detail={"roles": "db"})
        record(store, [(start, ())])
    (found,) = stored.between(store, 1, T0, NOW, NOW).situations
    assert (found.because[2].what, found.because[2].which) == ("role", "db")


def test_accounts_are_apart(store: Store) -> None:
    fire(store, 1, "source:web-1", 0, 5)
    fire(store, 2, "source:web-1", 1, 5, account=2)
    assert shape(stored.between(store, 1, T0, NOW, NOW).situations) == [[1]]
    with pytest.raises(NotFound):
        stored.containing(store, 1, 2, NOW)
    with pytest.raises(NotFound):
        stored.containing(store, 1, 77, NOW)


def test_any_range_shows_what_all_alerts_together_show(store: Store) -> None:
    chance = random.Random(7)
    for number in range(1, 201):
        begins = chance.randrange(6000)
        lasts = chance.choice([0, 3, 40, 900, None]) if number % 20 == 0 else chance.choice([0, 3, 40])
        ends = None if lasts is None else begins + lasts
        fire(store, number, f"source:web-{chance.randrange(12)}", begins, ends, rule=chance.choice("abc"))
    everything = stored.alerts_within(store, 1, 0, NOW, NOW)
    whole = situations(everything, {})
    for _ in range(40):
        begin = T0 + chance.randrange(6000) * MINUTE_MS
        end = begin + chance.choice([1, MINUTE_MS, 600 * MINUTE_MS])
        expected = [one for one in whole if one.goes_on_in(begin, end)]
        assert shape(stored.between(store, 1, begin, end, NOW).situations) == shape(expected)


def test_of_too_many_alerts_the_nearest_are_read_and_it_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST", 10)
    for number in range(1, 31):
        fire(store, number, f"source:h{number}", number * 10, number * 10 + 1)
    found = stored.between(store, 1, T0, T0 + 301 * MINUTE_MS, NOW)
    assert found.cut
    assert shape(found.situations) == [[number] for number in range(21, 31)]
    situation, found = stored.containing(store, 1, 4, NOW)
    assert (situation.id, found.cut) == (4, True)
