"""`vedette rule`: the command line against a real gateway."""

from __future__ import annotations

import pytest
from rich.console import Console
from typer.testing import CliRunner

from alerting.defaults import default_rules
from launch.commands import rule
from launch.main import app
from tests.integration.gateway.reports import NOW
from tests.integration.gateway.rows import Sender
from tests.integration.gateway.server import Gateway

STEP_MS = 10_000


@pytest.fixture
def as_admin(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["admin"])
    monkeypatch.setattr(rule, "console", Console(width=200))
    return fresh


def run(*words: str, code: int = 0) -> str:
    with rule.console.capture() as said:
        done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.output, done.exception)
    return said.get()


def test_a_rule_is_made_listed_changed_and_removed(as_admin: Gateway) -> None:
    words = ("--above", "0.9", "--severity", "info", "-s", "clear_below=0.8", "-s", "title={labels.source} is hot")
    number = run("rule", "add", "hot", "threshold", "--series", "cpu", *words).removeprefix("rule ").strip()
    assert "hot" in run("rule", "list")
    run("rule", "change", number, "--set", "above=null", "--set", "clear_below=null", "--set", "outside=[1, 2]")
    (found,) = as_admin.get("/v1/rules").json()["rules"]
    assert (found["above"], found["outside"], found["severity"]) == (None, [1, 2], "info")
    assert found["title"] == "{labels.source} is hot"
    run("rule", "change", number, "--set", "above", code=2)
    assert CliRunner().invoke(app, ["rule", "change", "99", "--set", "above=1"]).exit_code != 0
    run("rule", "remove", number)
    assert as_admin.get("/v1/rules").json() == {"rules": []}


def test_a_rule_is_tried_on_the_past_and_stays_as_it_is(as_admin: Gateway) -> None:
    begin = NOW - NOW % STEP_MS - 100 * STEP_MS
    rows = {begin + n * STEP_MS: [20.0 if 10 <= n < 16 or n == 50 else 1.0] for n in range(100)}
    Sender(as_admin, "web-1", ("load",)).write("10s", rows)
    number = run("rule", "add", "high", "threshold", "--series", "load", "--above", "10").removeprefix("rule ").strip()
    found = run("rule", "backtest", number, "--from", "-1h")
    assert "fired 2 times" in found
    assert "for 70 s in all" in found
    assert "looked at 100 readings of 1 subjects" in found
    assert "what it did: fired 0 times" in found
    assert "load of web-1 is above 10 (it is 20)" in found
    waits = run("rule", "backtest", number, "--from", "-1h", "--set", "for_s=30")
    assert "fired 1 times" in waits
    assert as_admin.get("/v1/rules").json()["rules"][0]["for_s"] == 0
    unsaved = run("rule", "backtest", "-s", "kind=threshold", "-s", "series=load", "-s", "above=99", "--from", "-1h")
    assert "fired 0 times" in unsaved
    assert "what it did" not in unsaved


def test_the_default_rules_that_lack_are_made_and_those_that_are_there_stay(as_admin: Gateway) -> None:
    names = [one.name for one in default_rules()]
    run("rule", "add", names[3], "outage")
    assert run("rule", "defaults").startswith(f"made {len(names) - 1}: ")
    assert run("rule", "defaults").strip() == "all are there"
    rules = {one["name"]: one for one in as_admin.get("/v1/rules").json()["rules"]}
    assert set(names) == set(rules)
    assert rules[names[3]]["kind"] == "outage"


def test_an_expression_is_made_and_says_what_was_not_known(as_admin: Gateway) -> None:
    begin = NOW - NOW % STEP_MS - 100 * STEP_MS
    loads = {begin + n * STEP_MS: [20.0 if 10 <= n < 16 else 1.0] for n in range(100)}
    Sender(as_admin, "web-1", ("load",)).write("10s", loads)
    queues = {begin + n * STEP_MS: [0.0 if n == 50 else 2.0] for n in range(100)}
    Sender(as_admin, "web-1", ("queue",)).write("10s", queues)
    words = ("--expression", "load / queue > 5", "--hosts", '{source=~"web.*"}')
    number = run("rule", "add", "ratio", "expression", *words).removeprefix("rule ").strip()
    assert "load / queue > 5" in run("rule", "list")
    found = run("rule", "backtest", number, "--from", "-1h")
    assert "fired 1 times" in found
    assert "not known 1 times, the first time because: division by zero in load / queue" in found
    assert "load / queue > 5 on web-1 (load 20, queue 2)" in found


def test_commands_say_what_a_rule_is_about_now(as_admin: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "aside", rule.console)
    for source in ("web-1", "web-2", "db-1"):
        Sender(as_admin, source, ("load", "cpu")).write("10s", {NOW - NOW % STEP_MS: [1.0]})
    said = run("rule", "add", "high", "threshold", "--series", "load", "--above", "10")
    assert "matches 3 series: db-1/load, web-1/load, web-2/load" in said
    number = said.split()[1]
    changed = run("rule", "change", number, "-s", "series=lode")
    assert changed.strip() == "warning: matches nothing now"
    assert run("rule", "match", number).strip() == "warning: matches nothing now"
    tried = run("rule", "match", number, "-s", 'series={source!=""}')
    assert "matches all 6 series: db-1/cpu" in tried
    assert "warning: matches everything: all 6 series" in tried
    assert "0 series" in run("rule", "list", "--matches")
    assert "warning: matches nothing now" in run("rule", "backtest", number)
