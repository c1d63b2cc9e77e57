"""Rules about drift: of all rows, or of rows of some segments."""

from __future__ import annotations

import pytest

from alerting.rules import rule_adapter
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
