"""Configuration as code: files against a real gateway, there and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest_api.importing.documents import parse_yaml
from launch.main import app
from tests.integration.gateway.server import Gateway

WHOLE = """
channels:
  - name: ops
    kind: webhook
    config: {url: "https://ops.example/hook", secret: {env: HOOK_SECRET}}
  - {name: ann, kind: webhook, config: {url: "https://ann.example/hook"}}
monitors:
  - {name: shop, url: "https://shop.example/", interval_s: 60}
roles:
  - {name: web, priority: 10, notes: front ends}
models:
  - {name: churn, window_s: 600}
schedules:
  - {name: team, rotation: [ann, ops], first: "2026-11-30", zone: Europe/Berlin}
routes:
  - name: nights
    match: '{severity="critical"}'
    hours: {since: "18:00", until: "08:00"}
    steps:
      - channels: [ops]
      - {after_s: 900, schedules: [team]}
    remind_s: 3600
rules:
  - {name: shop is down, kind: outage, monitor: shop}
  - {name: moved, kind: drift, model: churn}
  - {name: hot, kind: threshold, series: cpu, above: 0.9, channels: [ops], severity: info}
maintenance:
  - {name: sundays, kind: weekly, days: [6], start: "02:00", minutes: 90, monitors: [shop]}
reports:
  - {name: week, kind: weekly, channels: [ann], zone: Europe/Berlin, monitors: [shop], match: '{severity="critical"}'}
"""
COUNT = 12


@pytest.fixture
def gateway(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["admin"])
    monkeypatch.setenv("HOOK_SECRET", "a secret from elsewhere")
    return fresh


def run(folder: Path, text: str, *words: str) -> tuple[int, str]:
    (folder / "account.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["apply", "-f", str(folder), *words])
    error = f"{done.exception}" if done.exception and not isinstance(done.exception, SystemExit) else ""
    return done.exit_code, done.output + error


def test_what_is_declared_is_made_once_and_again_nothing(gateway: Gateway, tmp_path: Path) -> None:
    code, said = run(tmp_path, WHOLE, "--dry-run")
    assert code == 2, said
    assert f"{COUNT} to create" in said
    assert gateway.get("/v1/rules").json() == {"rules": []}
    code, said = run(tmp_path, WHOLE, "--yes")
    assert (code, said.splitlines()[-1]) == (0, f"{COUNT} of {COUNT} done"), said
    assert run(tmp_path, WHOLE, "--yes") == (0, "nothing to do: the account is as declared\n")
    rules = {rule["name"]: rule for rule in gateway.get("/v1/rules").json()["rules"]}
    channels = {row["name"]: row["id"] for row in gateway.get("/v1/channels").json()["channels"]}
    (monitor,) = gateway.get("/v1/monitors").json()["monitors"]
    assert rules["shop is down"]["monitor"] == monitor["id"]
    assert rules["hot"]["channels"] == [channels["ops"]]
    row = gateway.store.row("SELECT config->>'secret' AS secret FROM channels WHERE name = 'ops'")
    assert row == {"secret": "a secret from elsewhere"}
    (report,) = gateway.get("/v1/reports").json()["reports"]
    assert (report["channels"], report["monitors"], report["when"]) == (
        [channels["ann"]],
        [monitor["id"]],
        "0 8 * * mon",
    )
    (schedule,) = gateway.get("/v1/schedules").json()["schedules"]
    assert schedule["rotation"] == [channels["ann"], channels["ops"]]


def test_changes_are_shown_field_by_field_and_made_in_place(gateway: Gateway, tmp_path: Path) -> None:
    run(tmp_path, WHOLE, "--yes")
    before = gateway.get("/v1/rules").json()["rules"]
    changed = WHOLE.replace("above: 0.9", "above: 0.8").replace("remind_s: 3600", "remind_s: 600")
    changed = changed.replace("https://ops.example/hook", "https://ops.example/other").replace(
        "minutes: 90", "minutes: 60"
    )
    changed = changed.replace("window_s: 600", "window_s: 1200").replace("interval_s: 60", "interval_s: 120")
    code, said = run(tmp_path, changed, "--yes")
    assert code == 0, said
    for line in ("~ rule hot", "    above: 0.9 → 0.8", "~ route nights", "    remind_s: 3600 → 600", "~ monitor shop"):
        assert line in said.splitlines()
    assert '    config.url: "https://ops.example/hook" → "https://ops.example/other"' in said.splitlines()
    after = gateway.get("/v1/rules").json()["rules"]
    assert [rule["id"] for rule in after] == [rule["id"] for rule in before]
    assert {rule["name"]: rule.get("above") for rule in after}["hot"] == 0.8
    row = gateway.store.row("SELECT config->>'secret' AS secret FROM channels WHERE name = 'ops'")
    assert row == {"secret": "a secret from elsewhere"}
    assert run(tmp_path, changed, "--yes")[1].startswith("nothing to do")


def test_only_pruning_removes_and_only_in_sections_that_are_named(gateway: Gateway, tmp_path: Path) -> None:
    run(tmp_path, WHOLE, "--yes")
    less = "rules:\n  - {name: hot, kind: threshold, series: cpu, above: 0.9, channels: [ops], severity: info}\n"
    assert run(tmp_path, less, "--yes")[1].startswith("nothing to do")
    code, said = run(tmp_path, less, "--yes", "--prune")
    assert (code, said.splitlines()) == (0, ["- rule shop is down", "- rule moved", "2 to remove", "2 of 2 done"])
    assert len(gateway.get("/v1/monitors").json()["monitors"]) == 1
    nothing = "\n".join(f"{section}: []" for section in ("channels", "monitors", "schedules", "routes", "rules"))
    nothing += "\nroles: []\nmodels: []\nmaintenance: []\nreports: []\n"
    code, said = run(tmp_path, nothing, "--yes", "--prune")
    assert code == 0, said
    assert gateway.get("/v1/channels").json() == {"channels": []}
    assert gateway.get("/v1/routes").json() == {"routes": []}


def test_what_is_exported_is_what_is_there(gateway: Gateway, tmp_path: Path) -> None:
    run(tmp_path, WHOLE, "--yes")
    exported = CliRunner().invoke(app, ["export"]).stdout
    code, said = run(tmp_path, exported, "--yes")
    assert (code, said) == (0, "nothing to do: the account is as declared\n")
    (document,) = parse_yaml(exported)
    assert "secret" not in json.dumps(document.value["channels"])
    assert document.value["routes"][0]["steps"][1]["schedules"] == ["team"]
    only = CliRunner().invoke(app, ["export", "--section", "rules"]).stdout
    assert list(parse_yaml(only)[0].value) == ["rules"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "YAML"),
        ("- a", "a mapping of channels, groups, monitors"),
        ("alerts: []", "only channels, groups, monitors"),
        ("rules: {}", "a list"),
        ("rules: [{kind: outage}]", "a mapping with a name"),
        ("rules: [{name: a, kind: outage}, {name: a, kind: outage}]", "a name once"),
        ("rules: [{name: a, kind: outage, monitor: nowhere}]", "one of the monitors: there are none"),
        ("rules: [{name: a, kind: outage, channels: [nobody]}]", "one of the channels"),
        ("rules: [{name: a, kind: sometimes}]", "sometimes"),
        ("rules: [{name: a, kind: threshold, series: cpu}]", "either above or below"),
        ("routes: [{name: a, steps: [{after_s: 5}]}]", "at least one"),
        ("schedules: [{name: a}]", "a list of names"),
        ("monitors: [{name: a, url: 'ftp://x'}]", "url"),
        ("channels: [{name: a, kind: webhook, config: {url: {env: NO_SUCH_VARIABLE}}}]", "a variable that is set"),
        ("channels: [{name: a, kind: webhook, config: {url: {file: /no/such/file}}}]", "a file that can be read"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_and_nothing_is_done(
    gateway: Gateway, tmp_path: Path, text: str, said: str
) -> None:
    code, output = run(tmp_path, text, "--yes")
    assert code == 1
    assert said in output.replace("an environment variable", "a variable"), output
    for section in ("channels", "rules", "routes", "schedules", "monitors"):
        assert gateway.get(f"/v1/{section}").json()[section] == []


def test_the_schema_describes_what_is_understood() -> None:
    found: dict[str, Any] = json.loads(CliRunner().invoke(app, ["apply", "--schema"]).stdout)
    assert set(found["properties"]) == {
        "channels", "groups", "monitors", "roles", "models", "schedules", "routes", "silences", "rules", "maintenance",
        "reports",
    }  # fmt: skip
    assert found["$defs"]["routes.Step"]["properties"]["channels"]["items"]["anyOf"][0]["type"] == "string"
    assert found["$defs"]["rules.Outage"]["properties"]["monitor"]["type"] == ["string", "null"]
    assert CliRunner().invoke(app, ["apply"]).exit_code == 2
