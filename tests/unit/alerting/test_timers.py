"""Timers: what is said of series that are not heard of, and that it decides only when it is read back from the log."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import structlog

from alerting.book import RuleBook, standings
from alerting.machine import SubjectState
from alerting.rule_state import CALM_MS, GONE_MS, STALE_MS, RuleState
from dataflows.alerts import Decided, Logged, SubjectLogic
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.events.signals import Signal

SUBJECT = "series:web/cpu"


class Shelf:
    """The tables that the book reads: rules, and one host that reports each ten seconds."""

    def __init__(self, *rules: dict[str, Any], interval_ms: int = 10_000) -> None:
        self.rules = [
            {"id": n, "account_id": 7, "name": f"r{n}", "kind": config.pop("kind"), "config": config, "created_ms": 0}
            for n, config in enumerate(rules, 1)
        ]
        self.seen_ms, self.newest_ms, self.interval_ms = 0, 0, interval_ms

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        if "FROM sources" in sql:
            web = {"account_id": 7, "source": "web", "interval_ms": self.interval_ms, "last_seen_ms": self.seen_ms}
            return [web, {**web, "source": "other", "last_seen_ms": max(self.newest_ms, self.seen_ms)}]
        return list(self.rules) if "FROM rules" in sql else []


class Site:
    """One subject's logic with a log of its own: what it says is read back at once, if nobody takes it away."""

    def __init__(self, *rules: dict[str, Any], interval_ms: int = 10_000, offset_ms: int = 0) -> None:
        self.clock = FakeClock()
        self.shelf = Shelf(*rules, interval_ms=interval_ms)
        self.book = RuleBook(self.shelf, self.clock)  # type: ignore[arg-type]
        self.logic = SubjectLogic(self.book, self.clock, None)
        self.offset_ms = offset_ms
        self.said: list[Signal] = []

    def value(self, value: float) -> list[str]:
        """The host reports the series."""
        self.shelf.seen_ms = self.clock.now_ms() + self.offset_ms
        return self.hear(Signal("series", 7, SUBJECT, self.shelf.seen_ms, value=value))

    def hear(self, signal: Signal) -> list[str]:
        """The flow reads a signal; the states of the transitions."""
        found, _ = self.logic.on_batch([Logged(self.clock.now_ms(), signal)])
        return [one[0].state for one in found if isinstance(one, tuple)]

    def wait(self, seconds: float, *, reporting: bool = False) -> list[str]:
        """Time passes in steps of five seconds, with or without other reports of the host."""
        states: list[str] = []
        for _ in range(int(seconds / 5)):
            self.clock.advance(5)
            if reporting:
                self.shelf.seen_ms = self.clock.now_ms() + self.offset_ms
            due = self.logic.notify_at()
            if due is not None and due.timestamp() * 1000 <= self.clock.now_ms():
                for word in self.ask():
                    states += self.hear(word)
        return states

    def ask(self) -> list[Signal]:
        """The timer goes off."""
        found, _ = self.logic.on_notify()
        words = [one for one in found if isinstance(one, Signal)]
        assert len(words) == len(list(found)), "asking decides nothing"
        self.said += words
        return words

    def restart(self) -> None:
        self.logic = SubjectLogic(self.book, self.clock, self.logic.snapshot())


HIGH = {"kind": "threshold", "series": "cpu", "above": 10}
GONE = {"kind": "absence", "series": "cpu", "for_s": 60}


@pytest.mark.parametrize("offset_ms", [0, -7_200_000, 7_200_000])
def test_an_alert_of_a_host_that_falls_silent_is_unknown_until_it_reports_again(offset_ms: int) -> None:
    site = Site(dict(HIGH), offset_ms=offset_ms)
    assert site.value(11) == ["firing"]
    assert site.wait(30) == []
    assert site.wait(10) == ["unknown"]
    site.restart()
    assert site.wait(3 * GONE_MS / 1000) == [], "as long as the host is silent"
    assert site.value(12) == ["known"]
    assert site.wait(90) == ["unknown"]
    assert site.value(9) == ["resolved"]


def test_a_series_that_its_host_reports_no_more_is_unknown_after_ten_minutes_and_over_after_a_day() -> None:
    site = Site(dict(HIGH))
    assert site.value(11) == ["firing"]
    assert site.wait(STALE_MS / 1000 - 10, reporting=True) == []
    assert site.wait(40, reporting=True) == ["unknown"]
    assert site.wait(GONE_MS / 1000 - STALE_MS / 1000 - 400, reporting=True) == []
    assert site.wait(1_000, reporting=True) == ["resolved"]
    assert site.value(11) == ["firing"], "it may come back"


def test_a_series_that_is_reported_seldom_has_three_of_its_gaps() -> None:
    site = Site(dict(HIGH))
    for _ in range(6):
        site.value(11)
        site.wait(500, reporting=True)
    site.value(11)
    assert site.wait(1_490, reporting=True) == []
    assert site.wait(500, reporting=True) == ["unknown"]


def test_absence_is_a_series_that_is_missing_while_its_host_reports() -> None:
    site = Site(dict(GONE))
    assert site.value(1) == []
    assert site.wait(55, reporting=True) == []
    assert site.wait(10, reporting=True) == ["firing"]
    assert site.wait(60) == ["unknown"], "the host is silent: that is for another rule"
    assert site.wait(300, reporting=True) == ["known"]
    assert site.value(1) == ["resolved"]


def test_of_a_silent_host_no_series_is_absent() -> None:
    site = Site(dict(GONE))
    site.value(1)
    assert site.wait(3_600) == []
    assert site.said == []


def test_of_a_source_that_does_not_say_how_often_it_reports_data_have_stopped_if_others_are_heard_of() -> None:
    site = Site(dict(GONE), interval_ms=0)
    site.value(1)
    assert site.wait(600) == [], "nobody is heard of: it may be us"
    site.shelf.newest_ms = site.clock.now_ms()
    assert site.wait(200) == ["firing"]
    assert site.value(1) == ["resolved"]


def test_a_word_decides_nothing_once_the_subject_was_heard_of() -> None:
    site = Site(dict(GONE), dict(HIGH))
    site.value(11)
    site.clock.advance(100)
    (word,) = site.ask()
    assert word.state == "silent"
    assert site.value(11) == []
    assert site.hear(word) == []


def test_a_word_that_comes_twice_decides_once() -> None:
    site = Site(dict(GONE))
    site.value(1)
    site.clock.advance(100)
    site.shelf.seen_ms = site.clock.now_ms()
    first, second = site.ask(), site.ask()
    assert [site.hear(word) for word in (*first, *second)] == [["firing"], []]


def test_an_alert_of_a_rule_that_was_changed_to_mind_other_series_ends() -> None:
    site = Site(dict(HIGH))
    site.value(11)
    site.shelf.rules = [{**site.shelf.rules[0], "config": {"series": "memory", "above": 10}}]
    assert site.wait(100, reporting=True) == ["resolved"]
    site.shelf.rules = []
    assert site.wait(3_600) == []


def test_the_alert_of_a_rule_that_was_removed_is_left_to_its_removal() -> None:
    site = Site(dict(HIGH))
    site.value(11)
    site.shelf.rules = []
    assert site.wait(3_600) == []
    assert site.logic.notify_at() is None


def test_a_rule_that_is_changed_keeps_its_alert() -> None:
    site = Site(dict(HIGH))
    assert site.value(11) == ["firing"]
    site.shelf.rules = [{**site.shelf.rules[0], "name": "other", "config": {"series": "cpu", "above": 5}}]
    site.clock.advance(2)
    assert site.value(6) == []
    site.clock.advance(1)
    assert site.value(4) == ["resolved"]


def test_what_flaps_is_said_once_and_is_over_when_it_has_been_calm() -> None:
    site = Site({"kind": "outage"})
    told: list[Decided] = []
    for n in range(40):
        site.clock.advance(20)
        detail: dict[str, Any] = {"monitor": 3, "failing": "a"}
        signal = Signal("monitor", 7, "monitor:3", site.clock.now_ms(), "up" if n % 2 else "down", detail=detail)
        found, _ = site.logic.on_batch([Logged(site.clock.now_ms(), signal)])
        told += [one for one in found if isinstance(one, tuple)]
    assert [one[0].state for one in told] == ["firing", "resolved"] * 4 + ["firing"]
    assert told[-1][0].title == "flapping: monitor 3 is down at a"
    assert told[-1][0].detail["flapping"] == 5
    site.restart()
    assert site.wait(CALM_MS / 1000 - 10) == []
    assert site.wait(20) == ["resolved"]
    assert site.logic.notify_at() is None


def test_what_stays_down_flaps_no_more_and_ends_at_once() -> None:
    site = Site(dict(HIGH))
    for n in range(9):
        site.clock.advance(60)
        assert site.value(5 if n % 2 else 15)
    site.clock.advance(60)
    assert site.value(5) == []
    site.clock.advance(60)
    assert site.value(15) == []
    site.clock.advance(CALM_MS / 1000)
    assert site.value(15) == []
    site.clock.advance(60)
    assert site.value(5) == ["resolved"]


def test_standings_are_by_account_and_name_with_the_newest_of_all() -> None:
    rows = [
        {"account_id": 1, "source": "a", "interval_ms": 5, "last_seen_ms": 10},
        {"account_id": 2, "source": "a", "interval_ms": 0, "last_seen_ms": 30},
    ]
    found = standings(rows)
    assert (found[1, "a"].seen_ms, found[1, "a"].newest_ms, found[2, "a"].interval_ms) == (10, 30, 0)


def test_while_the_store_is_away_nothing_is_known_of_hosts_and_nothing_is_said() -> None:
    site = Site(dict(HIGH))
    site.value(11)

    def away(sql: str, *values: object) -> list[dict[str, Any]]:
        raise StoreUnavailable("away")

    site.shelf.rows = away  # type: ignore[method-assign]
    with structlog.testing.capture_logs() as logged:
        assert site.wait(600) == []
    assert {event["event"] for event in logged} == {"rules_not_read", "sources_not_read"}
    del site.shelf.rows
    assert site.wait(120) == ["unknown"]


def test_a_state_of_a_version_that_kept_less_is_read() -> None:
    old = RuleState.__new__(RuleState)
    old.__setstate__((None, {"state": "firing", "since": 5, "alert": 7}))
    assert old == RuleState(state="firing", since=5, alert=7)
    subject = SubjectState.__new__(SubjectState)
    subject.__setstate__((None, {"last_at": 5, "rules": {1: old}}))
    assert subject == SubjectState(last_at=5, rules={1: old})
    assert pickle.loads(pickle.dumps(subject)) == subject
