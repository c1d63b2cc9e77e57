"""Templates: only what may be filled in is taken, and one that cannot be filled in costs no alert."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import rule_adapter
from alerting.templates import MAX_BODY, MAX_TITLE, TemplateFault, fill, parse
from vedette.events.signals import AlertTransition, Signal

HIGH = {"name": "high", "kind": "threshold", "series": "disk.used_ratio", "above": 0.9}


def fire(value: float = 0.956, detail: dict[str, Any] | None = None, **fields: Any) -> AlertTransition:
    rule = Rule(1, 7, rule_adapter.validate_python({**HIGH, **fields}))
    signal = Signal("series", 7, 'series:web-1/disk.used_ratio{mount="/"}', 0, value=value, detail=detail or {})
    (found,) = SubjectState().apply(signal, [rule], Titles())
    return found


def test_a_title_and_a_body_are_filled_in() -> None:
    found = fire(
        title="{labels.source}: {labels.mount} is at {value:.1%} (limit {limit})",
        body="{words}\nrule {rule}, {severity}, {state}, {{{subject}}}, {at}, {name}, {detail.ours:.2f}\n{runbook}",
        runbook="https://wiki.example/disk",
        severity="critical",
        detail={"ours": 2},
    )
    assert found.title == "web-1: / is at 95.6% (limit 0.9)"
    assert found.detail["body"] == (
        'disk.used_ratio{mount="/"} of web-1 is above 0.9 (it is 0.956)\n'
        'rule high, critical, firing, {series:web-1/disk.used_ratio{mount="/"}}, 1970-01-01 00:00:00 UTC, web-1, 2.00\n'
        "https://wiki.example/disk"
    )
    assert "template_fault" not in found.detail


def test_the_alert_s_link_is_a_path_and_its_beginning_stays_the_same_until_its_end() -> None:
    spec = {**HIGH, "for_s": 60, "title": "{rule} since {started}: {link}", "body": "{at} {state} {started} {link}"}
    rule, state = Rule(1, 7, rule_adapter.validate_python(spec)), SubjectState()
    found = []
    for at, value in ((1_000, 0.95), (61_000, 0.95), (90_000, 0.1)):
        found += state.apply(Signal("series", 7, "series:web-1/disk.used_ratio", at, value=value), [rule], Titles())
    start, end = found
    assert start.title == f"high since 1970-01-01 00:01:01 UTC: /#/alerts/{start.alert}"
    assert end.alert == start.alert
    assert end.detail["body"] == (f"1970-01-01 00:01:30 UTC resolved 1970-01-01 00:01:01 UTC /#/alerts/{start.alert}")


def test_a_notice_has_its_link_and_begins_when_it_is_said() -> None:
    spec = {"name": "said", "kind": "plugin_notice", "title": "{detail.title} {started} {link}"}
    signal = Signal("notice", 7, "plugin:web-1/disk", 60_000, detail={"title": "hot", "body": "", "said_ms": 1})
    (found,) = SubjectState().apply(signal, [Rule(1, 7, rule_adapter.validate_python(spec))], Titles())
    assert found.title == f"hot 1970-01-01 00:01:00 UTC /#/alerts/{found.alert}"


def test_an_alert_of_a_snapshot_that_does_not_know_its_beginning_says_when_its_condition_began() -> None:
    rule, state = Rule(1, 7, rule_adapter.validate_python({**HIGH, "body": "{started}"})), SubjectState()
    (_,) = state.apply(Signal("series", 7, "series:web-1/disk.used_ratio", 5_000, value=0.95), [rule], Titles())
    state.rules[1].began = 0
    (end,) = state.apply(Signal("series", 7, "series:web-1/disk.used_ratio", 65_000, value=0.5), [rule], Titles())
    assert end.detail == {"body": "1970-01-01 00:00:05 UTC"}


def test_without_templates_nothing_is_added() -> None:
    found = fire()
    assert (found.title, found.detail) == ('disk.used_ratio{mount="/"} of web-1 is above 0.9 (it is 0.956)', {})


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"title": "{labels.zone}"}, "title: this alert has no labels.zone"),
        ({"title": "{rule:.1f}"}, "title: rule is no number (high)"),
        ({"body": "{detail.error}"}, "body: this alert has no detail.error"),
        ({"outside": [0, 0.9], "above": None, "title": "{limit:.1f}"}, "title: limit is no number (0 to 0.9)"),
        (
            {"title": "{runbook}", "body": "{labels.zone}"},
            "title: this alert has no runbook; body: this alert has no lab",
        ),
    ],
)
def test_a_template_that_fails_gives_the_default_words_and_says_why(fields: dict[str, Any], fault: str) -> None:
    found = fire(**fields)
    assert found.state == "firing"
    assert found.title.startswith('disk.used_ratio{mount="/"} of web-1 is ')
    assert str(found.detail["template_fault"]).startswith(fault)
    assert "body" not in found.detail


def test_a_fault_of_one_template_leaves_the_other() -> None:
    found = fire(title="{labels.zone}", body="look at {labels.source}")
    assert found.detail == {"body": "look at web-1", "template_fault": "title: this alert has no labels.zone"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "{}",
        "{oops}",
        "{labels}",
        "{labels.}",
        "{value.real}",
        "{value!r}",
        "{value:>99999999}",
        "{value:.99f}",
        "{labels.a.b}",
        "{labels.a[0]}",
        "{0}",
        "a {value",
        "{{value}",
    ],
)
def test_what_the_language_does_not_know_is_refused_with_what_it_does(text: str) -> None:
    for place in ("title", "body"):
        with pytest.raises(ValidationError, match=r"labels.NAME or detail.NAME"):
            rule_adapter.validate_python({**HIGH, place: text})


@given(st.text(max_size=60))
def test_any_text_is_either_refused_or_filled_in_or_faulty(text: str) -> None:
    with contextlib.suppress(ValueError, TemplateFault):
        parse(text)
        assert isinstance(fill(text, {"value": 1.5, "subject": "s"}), str)


@given(st.text(alphabet=st.characters(exclude_characters="{}"), max_size=60))
def test_text_without_braces_is_as_it_is(text: str) -> None:
    assert fill(text, {}) == text


def test_a_title_is_one_line_and_nothing_grows_without_bound() -> None:
    found = fire(title="{detail.long}\n{detail.long}", body="{detail.long}" * 3, detail={"long": "x y " * 1_000})
    assert "\n" not in found.title
    assert (len(found.title), len(str(found.detail["body"]))) == (MAX_TITLE, MAX_BODY)
    assert fire(title="{detail.blank}", detail={"blank": " "}).title.startswith("disk.used_ratio"), "no title is empty"
