"""StatsD lines are read as Etsy and Datadog write them, and added up within bounds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plugins.kinds.statsd_lines import is_foreign, parse_line, parse_tags
from agent.plugins.kinds.statsd_totals import MOST_MEMBERS, MOST_TIMES, Timer, Totals

Seen = dict[str, tuple[str, float]]


def totals(most: int = 100) -> Totals:
    return Totals(most, {}, random.Random(1))


def added(*lines: str, into: Totals | None = None) -> Seen:
    found = into if into is not None else totals()
    for line in lines:
        found.add(parse_line(line), 1000.0)
    return {
        name + ("{" + ",".join(f"{k}={v}" for k, v in tags) + "}" if tags else ""): (kind, value)
        for name, kind, value, tags in found.values([50, 99])
    }


def test_counters_are_added_up_and_sample_rates_stand_for_the_rest() -> None:
    assert added("a:1|c", "a:2|c|@0.1", "a:-1|c", "b:3|c") == {"a": ("delta", 20.0), "b": ("delta", 3.0)}


def test_gauges_hold_the_last_value_and_take_steps() -> None:
    assert added("g:5|g", "g:+3|g", "g:-1|g", "h:0|g", "h:-10|g") == {"g": ("gauge", 7.0), "h": ("gauge", -10.0)}


def test_a_gauge_s_step_counts_from_the_interval_before() -> None:
    before = Totals(10, {("g", ()): (5.0, 999.0)}, random.Random(1))
    assert added("g:+1|g", into=before) == {"g": ("gauge", 6.0)}


def test_timers_give_counts_ends_and_percentiles() -> None:
    found = added(*[f"t:{n}|ms" for n in range(1, 101)], "t:1000|ms|@0.5")
    assert found["t.count"] == ("delta", 102.0)
    assert found["t.min"] == ("gauge", 1.0)
    assert found["t.max"] == ("gauge", 1000.0)
    assert found["t.p50"] == ("gauge", 51.0)
    assert found["t.p99"] == ("gauge", 100.0)
    assert found["t.mean"] == ("gauge", pytest.approx((5050 + 2000) / 102))


def test_a_timer_keeps_a_bounded_fair_sample() -> None:
    timer = Timer()
    for n in range(50_000):
        timer.add(float(n), 1.0, random.Random(n))
    assert len(timer.times) == MOST_TIMES
    assert timer.count == 50_000
    assert timer.high == 49_999
    assert 20_000 < timer.percentile(0.5) < 30_000


def test_sets_count_different_members_up_to_a_bound() -> None:
    found = totals()
    assert added("u:a|s", "u:b|s", "u:a|s", into=found) == {"u": ("gauge", 2.0)}
    for n in range(MOST_MEMBERS + 500):
        found.add(parse_line(f"u:{n}|s"), 0.0)
    assert len(found.sets["u", ()]) == MOST_MEMBERS


def test_tags_tell_series_apart_in_any_order() -> None:
    found = added("a:1|c|#env:prod,canary", "a:1|c|#canary,env:prod", "a:1|c|#env:test", "a:1:2|c|@1|#env:test")
    assert found == {"a{canary=true,env=prod}": ("delta", 2.0), "a{env=test}": ("delta", 4.0)}


def test_tags_become_labels_that_may_be_stored() -> None:
    assert parse_tags("a-b:1,9x:2,instance:i,,:z,e:x:y") == (
        ("_9x", "2"),
        ("a_b", "1"),
        ("e", "x:y"),
        ("exported_instance", "i"),
    )


def test_a_name_is_cleaned_and_unknown_extras_are_passed_over() -> None:
    line = parse_line("a b/c;d:1|c|c:container|T1656581400")
    assert line.name == "a_b/c_d"
    assert line.rate == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a:1",
        ":1|c",
        "a:|c",
        "a:x|c",
        "a:1|q",
        "a:nan|c",
        "a:inf|g",
        "a:1|c|@0",
        "a:1|c|@2",
        "a:1|c|@x",
        "a:1::2|c",
    ],
)
def test_a_bad_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_line(text)


@given(st.text(max_size=60))
def test_no_line_makes_anything_but_a_value_error(text: str) -> None:
    try:
        line = parse_line(text)
    except ValueError:
        return
    assert line.name
    assert line.values


def test_events_and_service_checks_are_no_faults() -> None:
    assert is_foreign("_e{5,4}:title|text")
    assert is_foreign("_sc|name|0")
    assert not is_foreign("_e:1|c")


def test_names_above_the_bound_are_counted_and_others_go_on() -> None:
    found = totals(most=2)
    seen = added("a:1|c", "b:1|g", "c:1|c", "d:1|ms", "a:1|c", into=found)
    assert seen == {"a": ("delta", 2.0), "b": ("gauge", 1.0)}
    assert found.over == 2
