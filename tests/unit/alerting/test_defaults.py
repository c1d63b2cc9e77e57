"""The default rules: quiet on a quiet fleet, and each fault of the script found in time by the rule that is for it."""

from __future__ import annotations

import pytest

from alerting.defaults import default_rules
from alerting.rules import rule_adapter
from benchmarks.quiet_faults import Scripted, scripted
from benchmarks.quiet_fleet import T0, Fleet
from benchmarks.quiet_week import found, quiet, strays, troubled
from vedette.events.signals import AlertTransition

DAY_MS = 86_400_000
SCRIPT = scripted(T0 + DAY_MS)
MINUTE_MS = 60_000


def test_default_rules_are_rules_that_an_account_may_make_with_names_of_their_own() -> None:
    rules = default_rules()
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule_adapter.validate_python(rule.model_dump()) == rule


def started(fleet: Fleet) -> list[AlertTransition]:
    return [t for t in fleet.judge.transitions if t.state in {"firing", "notice"}]


def test_a_quiet_day_is_quiet() -> None:
    fleet = quiet(hosts=6, endpoints=30, models=2, days=1, seed=3, every_ms=30_000)
    assert fleet.judge.signals > 50_000
    assert [t.title for t in started(fleet)] == []


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return troubled(SCRIPT, 2 * 1440, seed=7, every_ms=10_000)


def test_at_least_thirty_faults_are_scripted_each_on_a_subject_of_its_own() -> None:
    assert len(SCRIPT) >= 30
    assert len({one.subject for one in SCRIPT}) == len({one.what for one in SCRIPT}) == len(SCRIPT)
    assert {one.rule for one in SCRIPT} == {rule.name for rule in default_rules()} - {"Plugin notice"}


@pytest.mark.parametrize("fault", SCRIPT, ids=lambda one: str(one.what))
def test_each_fault_is_found_in_time(fleet: Fleet, fault: Scripted) -> None:
    alert = found([fault], fleet.judge.transitions)[fault.what]
    assert alert is not None, [t.title for t in fleet.judge.transitions if t.subject == fault.subject]
    over = [t for t in fleet.judge.transitions if t.alert == alert.alert and t.state == "resolved"]
    said_elsewhere = fault.rule in {"Host reports twice", "Clock is off"}  # the gateway says their end
    if not said_elsewhere and "up and down" not in fault.what and fault.until_ms < T0 + 2 * DAY_MS - 4 * 60 * MINUTE_MS:
        assert len(over) == 1, "and it is over when the fault is"
        assert over[0].at >= fault.until_ms - MINUTE_MS


def test_what_goes_up_and_down_is_told_a_few_times_and_then_as_flapping(fleet: Fleet) -> None:
    [fault] = [one for one in SCRIPT if "up and down" in one.what]
    alerts = [t for t in started(fleet) if t.subject == fault.subject]
    assert [t.title.startswith("flapping: ") for t in alerts] == [False] * 4 + [True]
    last = max((t for t in fleet.judge.transitions if t.subject == fault.subject), key=lambda t: t.at)
    assert last.state == "resolved"
    assert last.at > fault.until_ms


def test_besides_the_faults_nothing_is_told_but_what_the_budget_of_trends_allows(fleet: Fleet) -> None:
    others = strays(SCRIPT, fleet.judge.transitions)
    assert [t.title for t in others if t.rule_name != "Apdex has fallen"] == []
    assert len(others) <= 2, "0.2 a day are allowed over the account"
