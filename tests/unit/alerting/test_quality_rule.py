"""Rules about quality: windows in a row beyond a limit, those with few labels left out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.rules import minds, rule_adapter
from vedette.events.signals import Signal


def signal(*recent: tuple[float, int], metric: str = "accuracy", model: int = 7, state: str = "known") -> Signal:
    told = " ".join(f"{n * 3_600_000}:{value}:{rows}" for n, (value, rows) in enumerate(recent))
    detail: dict[str, Any] = {"model": model, "name": "churn", "metric": metric, "recent": told}
    return Signal("quality", 1, f"quality:{model}/{metric}", 5, state, recent[-1][0] if recent else 0.0, detail)


def rule(**fields: Any) -> Any:
    return rule_adapter.validate_python({"name": "q", "kind": "quality", "metric": "accuracy", **fields})


@pytest.mark.parametrize(
    ("fields", "recent", "holds"),
    [
        ({"below": 0.8}, [(0.9, 50), (0.7, 50)], True),
        ({"below": 0.8}, [(0.7, 50), (0.8, 50)], False),
        ({"below": 0.8, "windows": 2}, [(0.9, 50), (0.7, 50)], False),
        ({"below": 0.8, "windows": 2}, [(0.7, 50), (0.6, 50)], True),
        ({"below": 0.8, "windows": 2}, [(0.7, 50)], None),
        ({"below": 0.8}, [(0.9, 50), (0.1, 3)], False),
        ({"below": 0.8}, [(0.1, 3)], None),
        ({"above": 0.8}, [(0.9, 50)], True),
        ({"baseline": 0.9, "delta": 0.05}, [(0.96, 50)], True),
        ({"baseline": 0.9, "delta": 0.05}, [(0.94, 50)], False),
        ({"below": 0.8, "model": 8}, [(0.1, 50)], None),
        ({"below": 0.8, "metric": "auc"}, [(0.1, 50)], None),
    ],
)
def test_the_last_windows_with_enough_rows_decide(
    fields: dict[str, Any], recent: list[tuple[float, int]], holds: bool | None
) -> None:
    assert rule(**fields).holds(signal(*recent)) is holds


def test_what_is_over_holds_no_more_and_other_signals_say_nothing() -> None:
    assert minds(rule(below=1), signal((0.1, 50)))
    assert rule(below=1).holds(Signal("quality", 1, "quality:7/accuracy", 9, "over")) is False
    assert rule(below=1).holds(Signal("drift", 1, "model:7/age", 9, "ok")) is None


def test_the_title_says_metric_value_limit_and_window() -> None:
    said = rule(below=0.8, windows=2).title(signal((0.7, 50), (0.6, 50)))
    assert said == "accuracy of churn is 0.6, below 0.8, 2 windows in a row: window of 1970-01-01 01:00 UTC"
    outside = rule(baseline=0.9, delta=0.05).title(signal((0.7, 50)))
    assert outside == "accuracy of churn is 0.7, outside 0.9 ± 0.05: window of 1970-01-01 00:00 UTC"


@pytest.mark.parametrize(
    "fields",
    [{}, {"above": 1, "below": 2}, {"baseline": 1}, {"delta": 1}, {"above": 1, "baseline": 1, "delta": 1}],
)
def test_exactly_one_limit_is_given(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="must be given"):
        rule(**fields)
