"""Rules about control charts: any of the charts that were chosen is out of control."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from alerting.rules import minds, rule_adapter
from vedette.events.signals import Signal


def signal(*charts: str, feature: str = "age", model: int = 7, window_state: str = "ok") -> Signal:
    detail: dict[str, Any] = {"model": model, "name": "churn", "feature": feature, "window_state": window_state}
    if charts:
        point = {
            "value": 12.25,
            "centre": 10,
            "lower": 9.1,
            "upper": 11.2,
            "broken": ["beyond a limit", "nine on one side"],
        }
        told = [{"chart": name, "of": "pro" if name == "category" else "", **point} for name in charts]
        detail["charts"] = msgspec.json.encode(told).decode()
    return Signal("drift", 1, f"model:{model}/{feature}", 5, "ok", 0.0, detail)


def rule(**fields: Any) -> Any:
    return rule_adapter.validate_python({"name": "c", "kind": "control_chart", **fields})


@pytest.mark.parametrize(
    ("fields", "given", "holds"),
    [
        ({}, signal("mean"), True),
        ({}, signal(), False),
        ({"charts": ["mean", "missing"]}, signal("missing"), True),
        ({"charts": ["mean"]}, signal("missing"), False),
        ({"feature": "a.*"}, signal("mean"), True),
        ({"feature": "b.*"}, signal("mean"), None),
        ({"model": 8}, signal("mean"), None),
        ({}, signal(window_state="no_data"), None),
        ({}, Signal("drift", 1, "model:7/age", 9, "ok", detail={"model": 7, "feature": "age"}), False),
        ({}, Signal("metric", 1, "metric:7/cost", 9, "known"), None),
    ],
)
def test_a_chart_that_is_out_of_control_holds(fields: dict[str, Any], given: Signal, holds: bool | None) -> None:
    assert rule(**fields).holds(given) is holds
    if holds is not None:
        assert minds(rule(**fields), given)


def test_the_title_says_feature_chart_point_limits_and_rules() -> None:
    said = rule().title(signal("category", "mean"))
    assert said == (
        "age of churn is out of control: share of pro 12.25 (9.1 to 11.2), beyond a limit, nine on one side, and 1 more"
    )
    assert (
        rule(charts=["out_of_range"])
        .title(signal("out_of_range"))
        .startswith("age of churn is out of control: out of range 12.25 ")
    )
    assert rule().title(signal()) == "age of churn is out of control"


def test_a_chart_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValidationError, match="out_of_range"):
        rule(charts=["median"])
