"""Rules about metrics of models: some of the last windows beyond a limit, those with few values left out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.rules import minds, rule_adapter
from vedette.events.signals import Signal

HOUR = 3_600_000


def signal(*recent: tuple[float, int], metric: str = "cost", model: int = 7, state: str = "known") -> Signal:
    told = " ".join(f"{n * HOUR}:{count}:{mean}:{mean - 10}:{mean + 10}" for n, (mean, count) in enumerate(recent))
    detail: dict[str, Any] = {"model": model, "name": "churn", "metric": metric, "recent": told}
    return Signal("metric", 1, f"metric:{model}/{metric}", 5, state, recent[-1][0] if recent else 0.0, detail)


def rule(**fields: Any) -> Any:
    return rule_adapter.validate_python({"name": "q", "kind": "model_metric", "metric": "cost", **fields})


@pytest.mark.parametrize(
    ("fields", "recent", "holds"),
    [
        ({"above": 8}, [(7, 5), (9, 5)], True),
        ({"above": 8}, [(9, 5), (8, 5)], False),
        ({"below": 8}, [(7, 5)], True),
        ({"below": 8}, [(8, 5)], False),
        ({"baseline": 8, "delta": 2}, [(10.5, 5)], True),
        ({"baseline": 8, "delta": 2}, [(5.5, 5)], True),
        ({"baseline": 8, "delta": 2}, [(10, 5)], False),
        ({"above": 8, "wanted": 2, "of": 3}, [(9, 5), (7, 5), (9, 5)], True),
        ({"above": 8, "wanted": 2, "of": 3}, [(9, 5), (9, 5)], True),
        ({"above": 8, "wanted": 2, "of": 3}, [(9, 5), (7, 5)], None),
        ({"above": 8, "wanted": 2, "of": 3}, [(9, 5), (9, 5), (7, 5), (7, 5)], False),
        ({"above": 8, "wanted": 2, "of": 3}, [(7, 5), (7, 5)], False),
        ({"above": 8, "wanted": 2, "of": 18, "values": 5}, [(7, 5), (7, 5), (7, 5), (7, 4)] * 5, False),
        ({"above": 8, "wanted": 2, "of": 18, "values": 5}, [(7, 5), (7, 5), (7, 5), (7, 4)] * 4, None),
        ({"above": 8, "wanted": 2, "of": 18, "values": 5}, [(9, 5), (7, 5), (7, 5), (9, 5)] * 5, True),
        ({"above": 8, "values": 5}, [(9, 4)] * 20, False),
        ({"above": 8, "values": 5}, [(9, 5), (1, 4)], True),
        ({"above": 8, "values": 6}, [(9, 5)], None),
        ({"above": 8, "of_values": "max"}, [(1, 5)], True),
        ({"above": 8, "of_values": "min"}, [(17, 5)], False),
        ({"below": 8, "of_values": "count"}, [(100, 5)], True),
        ({"above": 8, "model": 8}, [(9, 5)], None),
        ({"above": 8, "metric": "tokens"}, [(9, 5)], None),
    ],
)
def test_the_last_windows_with_enough_values_decide(
    fields: dict[str, Any], recent: list[tuple[float, int]], holds: bool | None
) -> None:
    assert rule(**fields).holds(signal(*recent)) is holds


def test_what_is_over_holds_no_more_and_other_signals_say_nothing() -> None:
    assert minds(rule(below=1), signal((0.1, 50)))
    assert not minds(rule(below=1), Signal("quality", 1, "quality:7/auc", 9, "known"))
    assert rule(below=1).holds(Signal("metric", 1, "metric:7/cost", 9, "over")) is False
    assert rule(below=1).holds(Signal("drift", 1, "model:7/age", 9, "ok")) is None


def test_the_title_says_metric_value_limit_and_window() -> None:
    said = rule(above=8, wanted=2, of=3).title(signal((9, 5), (9.5, 5), (7, 5)))
    assert said == "cost of churn is 9.5, above 8, 2 of 3 windows: window of 1970-01-01 01:00 UTC"
    outside = rule(baseline=8, delta=0.5, of_values="max").title(signal((9, 5)))
    assert outside == "max of cost of churn is 19, outside 8 ± 0.5: window of 1970-01-01 00:00 UTC"
    assert rule(above=8).title(signal(state="over")) == "cost of churn is reported no more"
    assert rule(baseline=8, delta=0.5).limit() == "8 ± 0.5"
    assert rule(below=0).limit() == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "must be given"),
        ({"above": 1, "baseline": 1, "delta": 1}, "must be given"),
        ({"baseline": 1}, "must be given"),
        ({"above": 1, "wanted": 3, "of": 2}, "not be more than of"),
        ({"above": 1, "metric": ""}, "at least 1 character"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        rule(**fields)
