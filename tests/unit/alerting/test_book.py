"""The rule book: fresh within a second, steady while the store is away, robust against one bad rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from alerting.book import RuleBook
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.events.samples import make_layout
from vedette.events.signals import Signal

DOWN = {"id": 1, "account_id": 1, "name": "down", "kind": "endpoint_down", "config": {}, "created_ms": 5}
HIGH = {**DOWN, "id": 2, "name": "high", "kind": "threshold", "config": {"series": "cpu", "above": 1}}
SIGNAL = Signal("endpoint", 1, "monitor:1@x", 1, "down", detail={"monitor": 1})
LAYOUT = make_layout(["mem", "cpu", 'cpu{core="1"}'], {})


class Shelf:
    """The tables that the book reads; `away` makes them unreadable."""

    def __init__(self, *rules: dict[str, Any]) -> None:
        self.rules = list(rules)
        self.monitors = [{"id": 1, "name": "shop", "labels": None}]
        self.roles: list[dict[str, Any]] = []
        self.away = False
        self.reads = 0
        self.version = 1

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        if self.away:
            raise StoreUnavailable("away")
        self.reads += 1
        if "sum(version)" in sql:
            return [{"account_id": 1, "n": len(self.monitors), "ids": "1", "versions": self.version}]
        if "source_roles" in sql:
            return list(self.roles)
        return list(self.rules) if "FROM rules" in sql else list(self.monitors)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as events:
        yield events


def book(shelf: Shelf, clock: FakeClock | None = None) -> RuleBook:
    return RuleBook(shelf, clock or FakeClock())  # type: ignore[arg-type]


def names(found: RuleBook) -> list[str]:
    return [rule.spec.name for rule in found.rules_for(SIGNAL)]


def test_rules_are_those_of_the_signals_account() -> None:
    found = book(Shelf(DOWN, {**HIGH, "account_id": 2}))
    assert names(found) == ["down"]
    assert found.rules_for(Signal("endpoint", 9, "monitor:1@x", 1)) == []


@pytest.mark.parametrize(
    ("spec", "heeded", "passed_by"),
    [
        (
            {"kind": "endpoint_down", "monitor": 1},
            SIGNAL,
            Signal("endpoint", 1, "monitor:2@x", 1, detail={"monitor": 2}),
        ),
        ({"kind": "outage"}, Signal("monitor", 1, "monitor:1", 1, detail={"monitor": 1}), SIGNAL),
        ({"kind": "host_silent"}, Signal("host", 1, "source:a", 1), Signal("clone", 1, "clone:a", 1)),
        ({"kind": "host_flag", "flag": "clone"}, Signal("clone", 1, "clone:a", 1), Signal("clock", 1, "clock:a", 1)),
        (
            {"kind": "threshold", "series": 'cpu{source="a",role="db"}', "above": 1},
            Signal("series", 1, "series:a/cpu", 1),
            Signal("series", 1, "series:b/cpu", 1),
        ),
    ],
)
def test_rules_are_given_that_mind_the_subject_however_often_they_are_asked(
    spec: dict[str, Any], heeded: Signal, passed_by: Signal
) -> None:
    kind = spec["kind"]
    config = {name: value for name, value in spec.items() if name != "kind"}
    found = book(Shelf({**DOWN, "name": "one", "kind": kind, "config": config}))
    for _ in range(2):
        assert [rule.spec.name for rule in found.rules_for(heeded)] == ["one"]
        assert found.rules_for(passed_by) == []


def test_a_rule_knows_when_it_was_made() -> None:
    assert [rule.created_ms for rule in book(Shelf(DOWN)).rules_for(SIGNAL)] == [5]


def test_a_bad_rule_does_not_stop_the_others(logged: list[Any]) -> None:
    assert names(book(Shelf({**DOWN, "kind": "newer"}, {**HIGH, "config": {}}, DOWN))) == ["down"]
    assert [event["event"] for event in logged] == ["rule_not_understood"] * 2


def test_a_change_is_seen_after_a_second_and_not_before() -> None:
    shelf, clock = Shelf(DOWN), FakeClock()
    found = book(shelf, clock)
    assert names(found) == ["down"]
    shelf.rules.append({**DOWN, "id": 3, "name": "too"})
    clock.advance(0.9)
    assert names(found) == ["down"]
    clock.advance(0.2)
    assert names(found) == ["down", "too"]


def test_while_the_store_is_away_the_last_rules_count(logged: list[Any]) -> None:
    shelf, clock = Shelf(DOWN), FakeClock()
    found = book(shelf, clock)
    names(found)
    shelf.away = True
    clock.advance(60)
    assert names(found) == ["down"]
    assert found.watch(1, "a", LAYOUT) == ()
    assert [event["event"] for event in logged] == ["rules_not_read"]
    shelf.away, shelf.rules = False, []
    clock.advance(60)
    assert names(found) == []


def test_before_the_first_reading_a_store_that_is_away_is_no_account_without_rules() -> None:
    shelf = Shelf(DOWN)
    shelf.away = True
    found = book(shelf)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            found.rules_for(SIGNAL)
        with pytest.raises(StoreUnavailable):
            found.watch(1, "a", LAYOUT)
    shelf.away = False
    assert names(found) == ["down"]


def test_an_account_without_rules_is_known_to_have_none() -> None:
    shelf, clock = Shelf(), FakeClock()
    found = book(shelf, clock)
    assert names(found) == []
    shelf.away = True
    clock.advance(5)
    assert names(found) == []


def test_the_columns_to_watch_are_those_that_thresholds_look_at() -> None:
    found = book(Shelf(DOWN, HIGH))
    assert found.watch(1, "a", LAYOUT) == ((1, "cpu"), (2, 'cpu{core="1"}'))
    assert found.watch(2, "a", LAYOUT) == ()


def test_nothing_is_watched_without_a_threshold_for_the_source() -> None:
    assert book(Shelf(DOWN)).watch(1, "a", LAYOUT) == ()
    only_b = {**HIGH, "config": {"series": 'cpu{source="b"}', "above": 1}}
    assert book(Shelf(only_b)).watch(1, "a", LAYOUT) == ()
    assert len(book(Shelf(only_b)).watch(1, "b", LAYOUT)) == 2


def test_what_is_watched_follows_the_rules() -> None:
    shelf, clock = Shelf(HIGH), FakeClock()
    found = book(shelf, clock)
    assert len(found.watch(1, "a", LAYOUT)) == 2
    shelf.rules = [{**HIGH, "config": {"series": "mem", "above": 1}}]
    clock.advance(2)
    assert found.watch(1, "a", LAYOUT) == ((0, "mem"),)


def test_titles_know_the_monitors_names() -> None:
    found = book(Shelf(DOWN))
    rule = found.rules_for(SIGNAL)[0]
    down = Signal("endpoint", 1, "monitor:1@x", 1, "down", detail={"monitor": 1, "location": "x"})
    assert found.titles.title(rule, down) == "shop is down at x"


BY_ROLE = {**HIGH, "config": {"series": 'cpu{role="web"}', "above": 1}}
OF_A = Signal("series", 1, "series:a/cpu", 1, value=2.0)


def test_roles_of_a_host_are_known_where_a_rule_asks_for_them_and_follow_their_changes() -> None:
    shelf, clock = Shelf(BY_ROLE), FakeClock()
    shelf.roles = [{"account_id": 1, "source": "a", "roles": ["eu", "web"]}]
    found = book(shelf, clock)
    found.rules_for(OF_A)
    assert found.roles_of(OF_A) == "eu web"
    assert found.roles_of(Signal("series", 2, "series:a/cpu", 1)) == "", "another account's host"
    shelf.roles = []
    clock.advance(2)
    found.rules_for(OF_A)
    assert found.roles_of(OF_A) == ""


def test_roles_are_not_read_where_no_rule_asks_for_them() -> None:
    shelf = Shelf(HIGH)
    shelf.roles = [{"account_id": 1, "source": "a", "roles": ["web"]}]
    found = book(shelf)
    found.rules_for(OF_A)
    assert found.roles_of(OF_A) == ""


def test_a_rule_about_a_role_watches_hosts_without_it_too_for_they_may_have_had_it() -> None:
    assert len(book(Shelf(BY_ROLE)).watch(1, "a", LAYOUT)) == 2


def test_a_monitor_that_was_made_a_moment_ago_has_its_labels_at_its_first_signal() -> None:
    shelf = Shelf({**DOWN, "config": {"monitors": '{team="shop"}'}})
    found = book(shelf)
    assert names(found) == ["down"]
    shelf.monitors.append({"id": 2, "name": "new", "labels": {"team": "shop"}})
    new = Signal("endpoint", 1, "monitor:2@x", 1, "down", detail={"monitor": 2})
    found.describe(new)
    assert (new.detail["labels"], new.detail["name"]) == ('team="shop"', "new")
    reads = shelf.reads
    for _ in range(3):
        found.describe(Signal("endpoint", 1, "monitor:9@x", 1, detail={"monitor": 9}))
    assert shelf.reads == reads + 1, "of one that was removed it is asked once"
    shelf.away = True
    with pytest.raises(StoreUnavailable):
        found.describe(Signal("endpoint", 1, "monitor:8@x", 1, detail={"monitor": 8}))


@pytest.mark.parametrize(
    ("series", "names_at_eu"),
    [
        ("endpoint.apdex", ("endpoint.apdex",)),
        ('endpoint.apdex{team="shop"}', ("endpoint.apdex",)),
        ('endpoint.apdex{monitor="3"}', ("endpoint.apdex",)),
        ('endpoint.apdex{monitor="4"}', ()),
        ('check.duration_ms{monitor!="4",location=~"e.*"}', ("check.duration_ms",)),
        ('check.duration_ms{monitor="3",location="us"}', ()),
        ('endpoint.apdex{source="web"}', ()),
        ("cpu", ()),
    ],
)
def test_of_checks_there_is_what_rules_ask_for_whatever_the_monitors_labels_are(
    series: str, names_at_eu: tuple[str, ...]
) -> None:
    found = book(Shelf({**HIGH, "config": {"series": series, "above": 1}}))
    assert found.checks(1, 3, "eu") == found.checks(1, 3, "eu") == names_at_eu
    assert found.checks(2, 3, "eu") == ()


def test_names_and_labels_are_read_again_when_a_monitor_has_changed() -> None:
    shelf, clock = Shelf(DOWN), FakeClock()
    found = book(shelf, clock)

    def labels_now() -> object:
        clock.advance(1.1)
        names(found)
        told = Signal("endpoint", 1, "monitor:1@x", 1, detail={"monitor": 1})
        found.describe(told)
        return told.detail.get("labels")

    assert labels_now() is None
    reads = shelf.reads
    assert labels_now() is None
    assert shelf.reads == reads + 2, "the rules, and whether any monitor has changed"
    shelf.monitors, shelf.version = [{"id": 1, "name": "shop", "labels": {"team": "a"}}], 2
    assert labels_now() == 'team="a"'
