"""Rules about drift: of all rows, or of rows of some segments."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.rules import minds, rule_adapter
from tests.unit.alerting.test_timers import Site
from vedette.events.model_subjects import subject_of
from vedette.events.signals import Signal


@pytest.mark.parametrize(
    ("wanted", "segment", "holds"), [(None, None, True), (None, "de", False), ("de|fr", "de", True)]
)
def test_drift_in_segments_is_for_rules_that_name_them_and_for_no_others(
    wanted: str | None, segment: str | None, holds: bool
) -> None:
    site = Site({"kind": "drift", "segment": wanted})
    found: dict[str, str | int | float | None] = {"model": 1, "name": "churn", "feature": "x"}
    if segment is not None:
        found["segment"] = segment
    signal = Signal("drift", 7, subject_of(1, "", "x", segment), site.clock.now_ms(), "drift", 0.3, found)
    assert site.hear(signal) == (["firing"] if holds else [])


@pytest.mark.parametrize("segment", ["it", "def", None])
def test_a_rule_about_some_segments_says_nothing_of_others_and_of_all_rows(segment: str | None) -> None:
    rule = rule_adapter.validate_python({"name": "r", "kind": "drift", "segment": "de|fr"})
    found = {"model": 1} if segment is None else {"model": 1, "segment": segment}
    assert rule.holds(Signal("drift", 7, "x", 1, "drift", 0.3, found)) is None


KINDS: list[tuple[str, dict[str, Any], str]] = [
    ("drift", {}, "drift"),
    ("model_silent", {}, "model"),
    ("quality", {"metric": "auc", "below": 0.8}, "quality"),
    ("model_metric", {"metric": "cost", "above": 1}, "metric"),
    ("control_chart", {}, "drift"),
]


@pytest.mark.parametrize(("kind", "fields", "signal"), KINDS, ids=[kind for kind, *_ in KINDS])
def test_rules_about_models_choose_by_name(kind: str, fields: dict[str, Any], signal: Any) -> None:
    rule = rule_adapter.validate_python({"name": "r", "kind": kind, "models": "churn-.*", **fields})
    metric = {"metric": fields["metric"]} if "metric" in fields else {}
    said = {name: {"model": 1, "name": name, **metric} for name in ("churn-de", "a churn-de", "price")}
    assert [minds(rule, Signal(signal, 7, "x", 1, detail={**detail})) for detail in said.values()] == [
        True,
        False,
        False,
    ]
    with pytest.raises(ValidationError, match="either model or models"):
        rule_adapter.validate_python({"name": "r", "kind": kind, "models": "churn", "model": 1, **fields})
    with pytest.raises(ValidationError):
        rule_adapter.validate_python({"name": "r", "kind": kind, "models": "(", **fields})
