"""`vedette account`, and a rule of kind trend: the command line against a real gateway."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from launch.main import app
from tests.integration.gateway.server import Gateway


@pytest.fixture
def as_admin(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["admin"])
    return fresh


def test_a_setting_is_shown_and_changed(as_admin: Gateway) -> None:
    assert "trend-false-alarms-per-day 0.2" in CliRunner().invoke(app, ["account", "show"]).stdout
    changed = CliRunner().invoke(app, ["account", "set", "trend-false-alarms-per-day", "1.5"])
    assert (changed.exit_code, changed.stdout.strip()) == (0, "trend-false-alarms-per-day 1.5")
    changed = CliRunner().invoke(app, ["account", "set", "anomaly-false-alarms-per-week", "3"])
    assert (changed.exit_code, changed.stdout.strip()) == (0, "anomaly-false-alarms-per-week 3")
    assert as_admin.get("/v1/account/settings").json() == {
        "trend_false_alarms_per_day": 1.5,
        "anomaly_false_alarms_per_week": 3.0,
    }


@pytest.mark.parametrize(
    "words", [["trend-false-alarms-per-day", "0"], ["anomaly-false-alarms-per-week", "0.1"], ["colour", "1"]]
)
def test_what_cannot_be_set_changes_nothing(as_admin: Gateway, words: list[str]) -> None:
    assert CliRunner().invoke(app, ["account", "set", *words]).exit_code != 0
    assert as_admin.get("/v1/account/settings").json()["trend_false_alarms_per_day"] == 0.2


def test_a_rule_about_trends_is_made_with_its_direction_and_minimum(as_admin: Gateway) -> None:
    words = ["rule", "add", "slower", "trend", "--direction", "up", "--minimum", "0.02"]
    assert CliRunner().invoke(app, words).exit_code == 0
    (rule,) = as_admin.get("/v1/rules").json()["rules"]
    assert (rule["kind"], rule["direction"], rule["minimum"], rule["declines"]) == ("trend", "up", 0.02, True)


def test_a_rule_about_an_error_budget_is_made_with_its_objective_and_pairs(as_admin: Gateway) -> None:
    words = ["rule", "add", "burns", "burn_rate", "--objective", "0.99", "--pair", "1h/5m:10", "--pair", "6h/30m:5"]
    assert CliRunner().invoke(app, [*words, "--good", "satisfied", "--minimum", "50"]).exit_code == 0
    (rule,) = as_admin.get("/v1/rules").json()["rules"]
    assert (rule["kind"], rule["objective"], rule["pairs"]) == ("burn_rate", 0.99, ["1h/5m:10", "6h/30m:5"])
    assert (rule["good"], rule["minimum"]) == ("satisfied", 50)
    refused = CliRunner().invoke(app, ["rule", "add", "b", "burn_rate", "--pair", "2h/5m:1"])
    assert refused.exit_code != 0
