"""Heartbeats: which fields they have, what is stored of the others, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dataflows.plans import plan_of
from dataflows.policies import policy_of
from vedette.events.checks import LONGEST_RUN_MS
from vedette.monitors import MonitorSpec
from vedette.monitors.heartbeat import without_stated
from vedette.windows.beat import Plan
from vedette.windows.schedule import Every, Times


def spec(**fields: Any) -> MonitorSpec:
    return MonitorSpec.model_validate({"name": "m", "kind": "heartbeat", **fields})


def test_the_values_that_everybody_reads_follow_from_its_own() -> None:
    stored = spec(every_s=172_800, grace_s=60).config()
    assert (stored["interval_s"], stored["timeout_s"], stored["apdex_t_ms"]) == (172_800, 60.0, LONGEST_RUN_MS)
    assert (stored["locations"], stored["quorum"], stored["recheck"]) == ([], 1, False)
    assert spec(cron="0 3 * * mon-fri").config()["interval_s"] == 3 * 86_400
    assert not {"method", "headers", "down_above_ms", "ip_version"} & stored.keys()


@pytest.mark.parametrize("fields", [{"every_s": 10}, {"cron": "*/5 * * * *", "zone": "Asia/Tokyo", "max_run_s": 60}])
def test_a_stored_definition_without_the_stated_values_is_the_same_again(fields: dict[str, Any]) -> None:
    stored = spec(**fields).config()
    assert "interval_s" not in without_stated(stored)
    assert spec(**without_stated(stored)).config() == stored


def test_a_definition_of_another_kind_keeps_all_its_values() -> None:
    stored = MonitorSpec(name="m", url="http://a/").config()
    assert without_stated(stored) == stored


def test_a_definition_gives_its_plan_and_a_policy_in_which_one_failure_is_enough() -> None:
    assert plan_of(spec(every_s=60).config(), paused=False) == Plan(Every(60_000), 300_000)
    timed = spec(cron="0 3 * * *", zone="Europe/Berlin", grace_s=5, max_run_s=9)
    assert plan_of(timed.config(), paused=True) == Plan(Times("0 3 * * *", "Europe/Berlin"), 5_000, 9_000, True)
    assert plan_of(MonitorSpec(name="m", url="http://a/").config(), paused=False) is None
    policy = policy_of(timed.config())
    assert (policy.quorum, policy.recheck, policy.interval_ms) == (1, False, 86_400_000)


@pytest.mark.parametrize(
    ("field", "fields", "message"),
    [
        ("every_s", {"every_s": 9}, "greater than or equal to 10"),
        ("every_s", {"every_s": 31_536_001}, "less than or equal to 31536000"),
        ("every_s", {"every_s": "often"}, "integer"),
        ("cron", {"cron": "often"}, "five fields"),
        ("cron", {"cron": "61 * * * *"}, "no minute from 0 to 59"),
        ("cron", {"cron": "0 0 30 2 *"}, "names a day that comes"),
        ("zone", {"cron": "* * * * *", "zone": "Europe/Atlantis"}, "Europe/Berlin"),
        ("grace_s", {"every_s": 60, "grace_s": 0}, "greater than or equal to 1"),
        ("max_run_s", {"every_s": 60, "max_run_s": 604_801}, "less than or equal to 604800"),
        ("url", {"every_s": 60, "url": "https://a/"}, "none with kind heartbeat"),
        ("interval_s", {"every_s": 60, "interval_s": 30}, "only with kind http"),
        ("timeout_s", {"every_s": 60, "timeout_s": 5}, "only with kind http"),
        ("apdex_t_ms", {"every_s": 60, "apdex_t_ms": 300}, "only with kind http"),
        ("locations", {"every_s": 60, "locations": ["a"]}, "only with kind http"),
        ("quorum", {"every_s": 60, "quorum": 1}, "only with kind http"),
        ("assertions", {"every_s": 60, "assertions": [{"type": "size", "max_bytes": 1}]}, "only with kind http"),
    ],
)
def test_a_field_that_makes_no_sense_is_named_with_what_does(field: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    (error,) = caught.value.errors()
    assert error["loc"][0] == field
    assert message in error["msg"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "one of them is needed"),
        ({"every_s": 60, "cron": "* * * * *"}, "not both"),
        ({"every_s": 60, "zone": "Europe/Berlin"}, "only with cron"),
    ],
)
def test_it_is_said_in_one_way_when_pings_are_due(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**fields)


@pytest.mark.parametrize("fields", [{"every_s": 60}, {"cron": "* * * * *"}, {"grace_s": 5}, {"max_run_s": 5}])
def test_other_kinds_have_none_of_its_fields(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="only with kind heartbeat"):
        MonitorSpec.model_validate({"name": "m", "url": "http://a/", **fields})
