"""Rules about several series: what is allowed, who is meant, what is said, and how an alert lives."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.book import RuleBook
from alerting.machine import SubjectState, Titles
from alerting.rule_state import STALE_MS
from alerting.rules import Expressed, Rule, minds, minds_subject, rule_adapter
from dataflows.alerts import Logged
from tests.unit.alerting.test_book import HIGH, LAYOUT, Shelf
from tests.unit.alerting.test_timers import Site
from vedette.clock import FakeClock
from vedette.events.signals import Signal
from vedette.notifying.labels import labels_of

EXPRESSION = "memory.used / memory.total > 0.9 and cpu > 0.5"


def spec(**fields: Any) -> Expressed:
    found = rule_adapter.validate_python({"name": "r", "kind": "expression", "expression": EXPRESSION, **fields})
    assert isinstance(found, Expressed)
    return found


def signal(rule: Expressed, at: int, state: str, source: str = "web", **detail: Any) -> Signal:
    labels = tuple((label, "/") for label in rule.per)
    subject = rule.question().subject(source, labels)
    said = {"why": "division by zero in a / b"} if state == "unknown" else {"readings": "memory.used 9, cpu 0.7"}
    return Signal("expression", 7, subject, at, state, 0.95 if state == "true" else 0.1, {**said, **detail})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expression": "cpu"}, "a comparison, as in a / b > 0.9, where this is a number (at character 1: cpu)"),
        ({"expression": ""}, "expression"),
        ({"expression": 'cpu{source="a"} > 1'}, "which hosts are meant is said in hosts"),
        ({"expression": "cpu > 1" + " " * 2000}, "at most 2000 characters"),
        ({"hosts": 'cpu{role="db"}'}, "conditions on source and role"),
        ({"hosts": "{role}"}, "conditions on source and role"),
        ({"hosts": '{source="\ud800"}'}, "conditions on source and role"),
        ({"per": ["mount", "mount"]}, "each label once"),
        ({"per": ["mount point"]}, "per.0"),
        ({"within_s": 5}, "within_s"),
        ({"for_s": -1}, "for_s"),
        ({"above": 1}, "above"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_field(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    assert said in str(caught.value)


def test_a_rule_minds_its_expression_on_the_hosts_that_it_names() -> None:
    rule, other = spec(hosts='{source=~"web.*"}', per=["mount"]), spec(expression="cpu > 1")
    mine = signal(rule, 1, "true")
    assert minds(rule, mine)
    assert not minds(other, mine)
    assert not minds(rule, signal(rule, 1, "true", "db"))
    assert not minds(rule, Signal("series", 7, "series:web/cpu", 1))
    assert rule.holds(Signal("series", 7, "series:web/cpu", 1)) is None
    assert minds_subject(rule, 7, mine.subject, {})
    assert not minds_subject(spec(hosts='{source=~"web.*"}'), 7, mine.subject, {}), "by other labels it is another"
    long = Signal("expression", 7, f'{mine.subject[:-2]}{"x" * 700}"}}', 1, "true")
    assert minds(rule, long), "labels that are too long for a series are no fault"
    everything = rule_adapter.validate_python({"name": "n", "kind": "absence", "series": '{__name__=~".*"}'})
    assert not minds(everything, mine)


def test_of_hosts_that_have_not_the_role_nothing_holds() -> None:
    rule = spec(hosts='{role="db"}')
    assert rule.holds(signal(rule, 1, "true", roles="web db")) is True
    assert rule.holds(signal(rule, 1, "true")) is False
    assert rule.holds(signal(rule, 1, "unknown", roles="db")) is None


def test_the_words_say_where_it_holds_and_what_was_read() -> None:
    rule = spec(per=["mount"])
    told = Titles().title(Rule(1, 7, rule), signal(rule, 1, "true"))
    assert told == f"{EXPRESSION} on web, mount / (memory.used 9, cpu 0.7)"
    named = spec(title="{labels.source} {labels.mount} {value:.0%} {detail.readings}", per=["mount"])
    words, _ = Titles().words(Rule(1, 7, named), signal(named, 1, "true"), "firing", 7, 1)
    assert words == "web / 95% memory.used 9, cpu 0.7"
    labels = labels_of("r", signal(rule, 1, "true").subject, "warning", {})
    assert (labels["source"], labels["mount"], "__name__" in labels) == ("web", "/", False)


def states(rule: Expressed, *steps: tuple[int, str]) -> list[tuple[int, str]]:
    """Seconds and what was said, to seconds and transitions."""
    subject, rules = SubjectState(), [Rule(1, 7, rule)]
    told = [subject.apply(signal(rule, seconds * 1000, state), rules, Titles()) for seconds, state in steps]
    return [(found.at // 1000, found.state) for some in told for found in some]


def test_it_fires_when_it_has_held_and_ends_when_it_has_not_held_for_long_enough() -> None:
    rule = spec(for_s=20, clear_for_s=20)
    life = [(n * 10, "true" if n in {0, 2, 3, 4, 6} else "false") for n in range(10)]
    assert states(rule, *life) == [(40, "firing"), (90, "resolved")]


def test_what_is_not_known_neither_begins_nor_ends_anything() -> None:
    rule = spec(for_s=20)
    assert states(rule, (0, "true"), (10, "unknown"), (20, "unknown"), (30, "unknown")) == []
    assert states(rule, (0, "unknown"), (10, "true"), (20, "unknown"), (30, "true")) == [(30, "firing")]
    assert states(spec(), (0, "true"), (10, "unknown"), (500, "unknown"), (510, "true")) == [(0, "firing")]
    assert states(rule, (0, "true"), (10, "unknown"), (400, "true"), (420, "true")) == [(420, "firing")], "a gap"


def test_an_alert_of_which_nothing_is_known_for_long_says_why_and_is_known_again() -> None:
    rule = spec()
    site = Site({"kind": "expression", "expression": EXPRESSION})
    site.shelf.seen_ms = site.clock.now_ms()
    assert site.hear(signal(rule, site.clock.now_ms(), "true")) == ["firing"]
    site.clock.advance(10)
    assert site.hear(signal(rule, site.clock.now_ms(), "unknown")) == []
    told: list[Any] = []
    for _ in range(STALE_MS // 10_000 + 3):
        site.clock.advance(10)
        site.shelf.seen_ms = site.clock.now_ms()
        for word in site.ask():
            found, _ = site.logic.on_batch([Logged(site.clock.now_ms(), word)])
            told += [one[0] for one in found if isinstance(one, tuple)]
    assert [(one.state, one.detail["why"]) for one in told] == [("unknown", "division by zero in a / b")]
    assert site.hear(signal(rule, site.clock.now_ms(), "true")) == ["known"]
    assert site.hear(signal(rule, site.clock.now_ms() + 1, "false")) == ["resolved"]


def test_the_book_asks_each_question_once_and_follows_the_rules() -> None:
    one = {**HIGH, "kind": "expression", "config": {"expression": EXPRESSION, "for_s": 60}}
    again = {**one, "id": 3, "config": {"expression": EXPRESSION, "hosts": None}}
    shelf, clock = Shelf(one, again, {**HIGH, "id": 4}), FakeClock()
    book = RuleBook(shelf, clock)  # type: ignore[arg-type]
    assert [question.expression.text for question in book.ask(1)] == [EXPRESSION]
    assert book.ask(2) == ()
    assert len(book.watch(1, "a", LAYOUT)) == 2, "only what the rule of one series looks at"
    shelf.rules = [{**HIGH, "kind": "expression", "config": {"expression": "mem > 1", "hosts": '{role="db"}'}}]
    shelf.roles = [{"account_id": 1, "source": "a", "roles": ["db"]}]
    clock.advance(2)
    (question,) = book.ask(1)
    assert question.expression.text == "mem > 1"
    assert book.roles_of(Signal("expression", 1, question.subject("a", ()), 1)) == "db"
