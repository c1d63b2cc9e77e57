"""Rules about error budgets, against cases worked out by hand after the Site Reliability Workbook's chapter 5."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.machine import Rule, SubjectState, subject_of
from alerting.rules import BurnRate, rule_adapter
from alerting.timers import words
from alerting.titles import Titles
from vedette.events.budgets import Counts, counts_text
from vedette.events.signals import Signal


def rule(**fields: Any) -> Rule:
    return Rule(1, 7, rule_adapter.validate_python({"name": "burn", "kind": "burn_rate", **fields}))


def budget(at: int = 1, state: str = "spent", **windows: tuple[int, int, int]) -> Signal:
    """Windows by name, with an `w` before it: (checks, down, unsatisfied)."""
    text = counts_text({name.removeprefix("w"): Counts(*counts) for name, counts in windows.items()})
    return Signal("budget", 7, "monitor:3", at, state, detail={"monitor": 3, "budget": text})


def holds(one: Rule, **windows: tuple[int, int, int]) -> bool | None:
    return one.spec.holds(budget(**windows))


def test_both_windows_must_burn_faster_than_the_factor() -> None:
    # 14.4 times 0.1 % are 1.44 %: 144 of 10,000 are just that fast, not faster
    assert holds(rule(), w1h=(10_000, 145, 145), w5m=(1000, 15, 15)) is True
    assert holds(rule(), w1h=(10_000, 144, 144), w5m=(1000, 15, 15)) is False
    assert holds(rule(), w1h=(10_000, 145, 145), w5m=(1000, 14, 14)) is False
    assert holds(rule(), w1h=(10_000, 145, 145)) is False


@pytest.mark.parametrize("objective", [0.9, 0.99, 0.999, 0.9999, 0.99999])
def test_just_as_fast_is_not_faster_whatever_the_objective(objective: float) -> None:
    one = rule(objective=objective, pairs=["1h/5m:2"])
    checks = 1_000_000
    bad = round(2 * (1 - objective) * checks)
    assert holds(one, w1h=(checks, bad, bad), w5m=(checks, bad, bad)) is False
    assert holds(one, w1h=(checks, bad + 1, 0), w5m=(checks, bad + 1, 0)) is True


def test_any_pair_is_enough() -> None:
    assert holds(rule(), w6h=(1000, 7, 7), w30m=(100, 1, 1)) is True
    assert holds(rule(), w3d=(10_000, 11, 11), w6h=(1000, 2, 2)) is True
    assert holds(rule(pairs=["1h/5m:14.4"]), w6h=(1000, 7, 7), w30m=(100, 1, 1)) is False


def test_a_few_checks_raise_nothing() -> None:
    few = {"w1h": (99, 99, 99), "w5m": (8, 8, 8)}
    assert holds(rule(), **few) is False
    assert holds(rule(minimum=99), **few) is True


def test_slow_checks_burn_the_budget_of_a_rule_about_satisfied_ones() -> None:
    slow = {"w1h": (1000, 0, 20), "w5m": (100, 0, 2)}
    assert holds(rule(), **slow) is False
    assert holds(rule(good="satisfied"), **slow) is True


def test_other_monitors_and_other_signals_say_nothing() -> None:
    assert holds(rule(monitor=4), w1h=(1000, 20, 20), w5m=(100, 2, 2)) is None
    assert rule().spec.holds(Signal("monitor", 7, "monitor:3", 1, "down", detail={"monitor": 3})) is None


BURNING = {"w1h": (1000, 20, 20), "w5m": (100, 2, 2)}


@pytest.mark.parametrize(
    "end", [budget(3, w1h=(1000, 20, 20), w5m=(100, 0, 0)), budget(3, "paused"), budget(3, "whole")]
)
def test_an_alert_begins_once_and_ends_when_no_pair_burns(end: Signal) -> None:
    state, one = SubjectState(), rule()
    stream = [budget(1, **BURNING), budget(2, **BURNING), end, end]
    found = [(t.state, t.at) for signal in stream for t in state.apply(signal, [one], Titles())]
    assert found == [("firing", 1), ("resolved", 3)]


def test_the_title_says_which_windows_and_how_much_of_the_budget() -> None:
    # 2 % of checks are 20 times 0.1 %; an hour of 720 at that rate is 2.8 % of the budget; 30 days / 20 are 1.5 days
    titles = Titles({3: "shop"})
    assert titles.title(rule(), budget(**BURNING)) == (
        "shop burns its error budget 20.0 times too fast over 1h and 5m: 2.8% of 30 days in 1h,"
        " all in 36 hours at that rate"
    )
    assert titles.title(rule(), budget(state="whole")) == "the error budget of shop is burning no more"


def test_its_times_and_timers_are_apart_from_those_of_outages() -> None:
    signal = budget(5, **BURNING)
    assert subject_of(signal) == "monitor:3/budget"
    assert subject_of(Signal("monitor", 7, "monitor:3", 5, "down")) == "monitor:3"
    state = SubjectState(last=signal, last_at=5)
    assert {subject_of(word) for word in words(state, 9, None)} == {"monitor:3/budget"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"objective": 1}, "objective"),
        ({"objective": 99.9}, "objective"),
        ({"objective": 0.9}, "can never hold with an objective of 0.9; allowed: factors below 10"),
        ({"pairs": []}, "pairs"),
        ({"pairs": ["2h/5m:1"]}, "windows of 5m, 30m, 1h, 6h, 1d, 3d"),
        ({"pairs": ["1h/5m"]}, "long/short:factor"),
        ({"pairs": ["5m/1h:2"]}, "the long window first"),
        ({"pairs": ["1h/5m:0"]}, "a factor above 0"),
        ({"pairs": ["1h/5m:nan"]}, "long/short:factor"),
        ({"minimum": 0}, "minimum"),
        ({"good": "fast"}, "good"),
        ({"period_s": 60}, "period_s"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        rule(**wrong)
    assert said in str(refusal.value)


def test_the_defaults_are_the_workbook_s() -> None:
    spec = BurnRate(name="burn", kind="burn_rate")
    assert (spec.objective, spec.period_s, spec.pairs) == (0.999, 2_592_000, ["1h/5m:14.4", "6h/30m:6", "3d/6h:1"])
