"""Configuration as code: groups and silences, what is refused before anything is done, and the schema of files."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest_api.importing.documents import parse_yaml
from launch.declared.schema import schema
from launch.main import app
from tests.integration.gateway.declared import at, at_home, exported, visit
from tests.integration.gateway.reports import problem
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_apply import run
from tests.json_schema import faults

SCHEMA = schema()
SECTIONS = (
    "channels",
    "groups",
    "monitors",
    "roles",
    "models",
    "schedules",
    "routes",
    "silences",
    "rules",
    "maintenance",
)


RICH = """
channels:
  - {name: ops, kind: webhook, config: {url: "https://ops.example/hook", secret: {env: HOOK_SECRET}}}
  - {name: chat, kind: slack, config: {webhook_url: {env: SLACK_URL}}}
  - name: mail
    kind: email
    config: {host: mail.example, user: me, password: {env: HOOK_SECRET}, sender: a@shop.example, to: [b@shop.example]}
  - {name: log, kind: console, config: {}}
groups:
  - {name: team, channels: [ops, chat]}
monitors:
  - {name: shop, url: "https://shop.example/", interval_s: 60, assertions: [{type: body, op: contains, value: ok}]}
  - {name: mail, url: "tcp://mail.example:25", expect: "220 "}
  - {name: backup, kind: heartbeat, cron: "30 2 * * *", zone: Europe/Berlin, grace_s: 1800}
roles:
  - name: web
    priority: 10
    interval_s: 30
    collectors: {disk: false}
    plugins: [{name: nginx, plugin: nginx, interval_s: 30, options: {url: "http://127.0.0.1/status"}}]
    notes: front ends
models:
  - {name: churn, window_s: 600, statistics: [psi], task: classification, positive: 1}
schedules:
  - name: watch
    rotation: [chat, ops]
    first: 2026-11-30
    overrides: [{from_ms: 1795212883000, to_ms: 1795299283000, channel: mail}]
routes:
  - name: nights
    match: '{severity="critical"}'
    hours: {since: "18:00", until: "08:00"}
    steps: [{groups: [team]}, {after_s: 900, schedules: [watch], channels: [mail]}]
silences:
  - {name: new disk, selector: '{source="web-1"}', reason: new disk, from: "BEGIN", to: "END"}
rules:
  - {name: down, kind: outage, monitor: shop, groups: [team], title: "{name} is down: {link}"}
  - {name: moved, kind: drift, model: churn}
  - {name: hot, kind: threshold, series: cpu, outside: [0.1, 0.9], for_s: 60, channels: [log], severity: info}
  - {name: odd, kind: anomaly, series: load.1m}
  - {name: both, kind: expression, expression: "a > 1 and b < 2"}
  - {name: burns, kind: burn_rate, objective: 0.99, pairs: ["1h/5m:14.4"]}
maintenance:
  - {name: sundays, kind: weekly, days: [6], start: "02:00", minutes: 90, monitors: [shop]}
  - {name: move, kind: once, from_ms: 1795212883000, to_ms: 1795299283000}
reports:
  - {name: week, kind: weekly, channels: [mail], zone: Europe/Berlin, monitors: [shop]}
"""


def rich(begin: str = "2026-11-29T10:00:00+01:00", end: str = "2026-12-01T00:00:00Z") -> str:
    return RICH.replace("BEGIN", begin).replace("END", end)


@pytest.fixture
def house(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return at_home(fresh, monkeypatch)


@pytest.fixture
def quiet(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """One in which nothing is ever made."""
    return visit(gateway, monkeypatch)


def test_a_rich_account_comes_back_as_it_is_and_its_file_is_valid(house: Gateway, tmp_path: Path) -> None:
    begin = at(-10)
    text = rich(begin.replace("Z", "+00:00"), at(5))
    code, said = run(tmp_path, text, "--yes")
    assert code == 0, said
    assert run(tmp_path, text, "--yes") == (0, "nothing to do: the account is as declared\n")
    out = CliRunner().invoke(app, ["export"]).stdout
    assert run(tmp_path, out, "--yes") == (0, "nothing to do: the account is as declared\n")
    found = exported()
    assert faults(SCHEMA, found) == []
    assert found["groups"] == [{"name": "team", "channels": ["ops", "chat"]}]
    assert found["routes"][0]["steps"][0]["groups"] == ["team"]
    assert found["rules"][0]["groups"] == ["team"]
    (silence,) = found["silences"]
    assert (silence["from"], silence["reason"]) == (begin, "new disk")
    (own,) = parse_yaml(text)
    own.value["schedules"][0]["first"] = "2026-11-30"  # YAML reads a date
    assert faults(SCHEMA, own.value) == []


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a section there is not": lambda file: file.update(alerts=[]),
    "an entry without a name": lambda file: file["groups"][0].pop("name"),
    "a kind of channel there is not": lambda file: file["channels"][0].update(kind="pigeon"),
    "a setting of another kind": lambda file: file["channels"][3]["config"].update(url="https://a/"),
    "a setting that is no text": lambda file: file["channels"][0]["config"].update(url=5),
    "a reference with more": lambda file: file["channels"][0]["config"].update(secret={"env": "A", "b": 1}),
    "a setting that lacks": lambda file: file["channels"][2]["config"].pop("to"),
    "a field of roles there is not": lambda file: file["roles"][0].update(colour="red"),
    "a priority that is text": lambda file: file["roles"][0].update(priority="high"),
    "a plugin without its kind": lambda file: file["roles"][0]["plugins"][0].pop("plugin"),
    "a model's window of a second": lambda file: file["models"][0].update(window_s=1),
    "a statistic there is not": lambda file: file["models"][0].update(statistics=["guess"]),
    "a rule's kind there is not": lambda file: file["rules"][0].update(kind="sometimes"),
    "a channel by its number": lambda file: file["rules"][2].update(channels=[1]),
    "a group by its number": lambda file: file["routes"][0]["steps"][0].update(groups=[1]),
    "a group of nobody": lambda file: file["groups"][0].update(channels=[]),
    "a silence without an end": lambda file: file["silences"][0].pop("to"),
    "a time that is none": lambda file: file["silences"][0].update(to="tomorrow"),
    "an hour there is not": lambda file: file["routes"][0]["hours"].update(since="25:00"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_not_valid_by_the_schema(name: str) -> None:
    (document,) = parse_yaml(rich())
    document.value["schedules"][0]["first"] = "2026-11-30"
    file = copy.deepcopy(document.value)
    WRONG[name](file)
    assert faults(SCHEMA, document.value) == []
    assert faults(SCHEMA, file)


REFUSED = [
    ("channels", "{name: a, kind: pigeon, config: {}}", "kind: 'pigeon' is not allowed; allowed: apprise, console"),
    ("channels", "{name: a, kind: slack, config: {}}", "config.webhook_url: None is not allowed"),
    ("channels", "{name: a, kind: console, config: {url: x}}", "config.url: '***' is not allowed"),
    ("channels", "{name: a, kind: webhook, config: {url: 'https://a/', secret: short}}", "config.secret: '***'"),
    ("channels", "{name: a, kind: webhook, config: {url: 'https://a/'}, colour: red}", "colour: 'red'"),
    ("channels", "{name: a, kind: webhook}", "config: '<missing>'"),
    (
        "groups",
        "{name: a, channels: [nobody]}",
        "channels[0]: 'nobody' is not allowed; allowed: one of the channels: good",
    ),
    ("groups", "{name: a, channels: []}", "channels: []"),
    ("roles", "{name: a b}", "name: 'a b'"),
    ("roles", "{name: a, colour: red}", "colour: 'red'"),
    ("roles", "{name: a, plugins: [{name: x}]}", "plugins: "),
    ("models", "{name: a, window_s: 1}", "window_s: 1 is not allowed"),
    ("models", "{name: 'a b'}", "name: 'a b'"),
    ("monitors", "{name: a, url: 'http://a/', timeout_s: 0}", "timeout_s: 0 is not allowed"),
    ("monitors", "{name: a, url: 'http://a/', on: 5}", "True is not allowed; allowed: names of fields that are text"),
    ("silences", "{name: a, selector: '{', to: '2036-11-30T00:00:00Z'}", "selector: '{'"),
    ("silences", "{name: a, selector: '{a=\"b\"}', to: '2026-11-30T00:00:00'}", "to: '2026-11-30T00:00:00'"),
    ("silences", "{name: a, selector: '{a=\"b\"}'}", "to: '<missing>'"),
    ("silences", "{name: a, selector: '{a=\"b\"}', minutes: 5, to: '2036-11-30T00:00:00Z'}", "minutes: 5"),
    ("rules", "{name: a, kind: threshold, series: cpu, above: x}", "above: 'x' is not allowed"),
    ("rules", "{name: a, kind: outage, title: '{nothing}'}", "title: '{nothing}'"),
    ("rules", '{name: a, kind: outage, title: "x\\0"}', r"title: 'x\x00' is not allowed; allowed: text without NUL"),
    ("routes", "{name: a, steps: [{channels: [good], groups: [none]}]}", "steps[0].groups[0]: 'none'"),
    ("routes", "{name: a, steps: [5]}", "steps[0]: 5 is not allowed; allowed: a mapping"),
    ("reports", "{name: a, kind: daily, channels: [good], parts: [x]}", "parts[0]: 'x'"),
]


@pytest.mark.parametrize(("section", "entry", "said"), REFUSED)
def test_the_whole_is_refused_with_file_line_and_field_before_anything_is_done(
    quiet: Gateway, tmp_path: Path, section: str, entry: str, said: str
) -> None:
    good = "\nchannels:\n  - {name: good, kind: console, config: {}}\n"
    bad = f"  - {entry}\n" if section == "channels" else f"{section}:\n  - {entry}\n"
    code, output = run(tmp_path, good + bad, "--yes")
    assert code == 1
    line = 4 if section == "channels" else 5
    assert f"account.yaml, line {line}: {section} 'a" in output
    assert said in output
    for empty in SECTIONS:
        assert quiet.get(f"/v1/{empty}").json()[empty] == []


def test_all_that_is_wrong_is_told_at_once(quiet: Gateway, tmp_path: Path) -> None:
    rules = "".join(f"\n  - {{name: r{number}, kind: outage, severity: x}}" for number in range(25))
    code, output = run(tmp_path, f"channels: [{{name: a, kind: x, config: {{}}}}]\nrules:{rules}", "--yes")
    assert code == 1
    lines = output.splitlines()
    assert "line 1: channels 'a': kind: 'x'" in lines[0]
    assert "line 3: rules 'r0': severity: 'x'" in lines[1]
    assert (len(lines), lines[-1]) == (21, "and 6 more")


def test_a_change_that_the_gateway_would_refuse_is_refused_before(house: Gateway, tmp_path: Path) -> None:
    run(
        tmp_path,
        "channels: [{name: a, kind: telegram, config: {token: {env: BOT}, chat: '5'}}]",
        "--yes",
    )
    assert [one["name"] for one in house.get("/v1/channels").json()["channels"]] == ["a"]
    for config, said in (
        ("kind: console, config: {}", "telegram, as it was made"),
        ("kind: telegram, config: {chat: '6', url: 'https://other.example'}", "only with token given again"),
        ("kind: telegram, config: {chat: []}", "config.chat"),
    ):
        code, output = run(tmp_path, f"channels: [{{name: a, {config}}}]\nroles: [{{name: web}}]", "--yes")
        assert (code, said in output) == (1, True), output
        assert house.get("/v1/roles").json()["roles"] == []
    code, output = run(tmp_path, "channels: [{name: a, kind: telegram, config: {chat: '6'}}]", "--yes")
    assert code == 0, output


def test_what_an_entry_does_not_name_stays_in_channels_roles_and_models(house: Gateway, tmp_path: Path) -> None:
    text = rich(at(-1), at(5))
    run(tmp_path, text, "--yes")
    less = """
channels: [{name: mail, kind: email, config: {host: mail.example, to: [c@shop.example]}}]
roles: [{name: web, priority: 20}]
models: [{name: churn, window_s: 1200}]
"""
    code, said = run(tmp_path, less, "--yes")
    assert (code, said.splitlines()[-1]) == (0, "3 of 3 done"), said
    found = exported()
    assert found["roles"][0]["notes"] == "front ends"
    assert (found["models"][0]["window_s"], found["models"][0]["task"]) == (1200, "classification")
    config = next(one["config"] for one in found["channels"] if one["name"] == "mail")
    assert (config["sender"], config["to"], config["user"]) == ("a@shop.example", ["c@shop.example"], "me")


def test_pruning_removes_groups_after_what_names_them(house: Gateway, tmp_path: Path) -> None:
    run(tmp_path, rich(at(-1), at(5)), "--yes")
    (group,) = house.get("/v1/groups").json()["groups"]
    refused = problem(house.call("DELETE", f"/v1/groups/{group['id']}"), 409)
    assert "named by the" in refused["detail"]
    code, said = run(tmp_path, "groups: []\nroutes: []\nrules: []\nreports: []\nschedules: []\n", "--yes", "--prune")
    assert code == 0, said
    assert said.splitlines().index("- group team") > said.splitlines().index("- route nights")
    assert house.get("/v1/groups").json() == {"groups": []}


def test_who_takes_over_stays_where_files_do_not_say_and_is_no_difference(house: Gateway, tmp_path: Path) -> None:
    text = """
channels: [{name: log, kind: console, config: {}}]
schedules: [{name: watch, rotation: [log], first: 2026-11-30}]
"""
    run(tmp_path, text, "--yes")
    (watch,) = house.get("/v1/schedules").json()["schedules"]
    channel = watch["rotation"][0]
    taken = house.call("POST", f"/v1/schedules/{watch['id']}/overrides", json={"channel": channel, "minutes": 60})
    assert taken.status_code == 201
    assert run(tmp_path, text, "--yes") == (0, "nothing to do: the account is as declared\n")
    code, said = run(tmp_path, text.replace("rotation", "handover: '10:00', rotation"), "--yes")
    assert (code, "overrides" in said) == (0, False), said
    assert len(house.get("/v1/schedules").json()["schedules"][0]["overrides"]) == 1
    code, said = run(tmp_path, text.replace("rotation", "overrides: [], rotation"), "--yes")
    assert (code, "overrides" in said) == (0, True), said
    assert house.get("/v1/schedules").json()["schedules"][0]["overrides"] == []


def test_a_file_of_a_webhook_whose_secret_was_replaced_is_valid_and_undoes_nothing(
    house: Gateway, tmp_path: Path
) -> None:
    text = "channels: [{name: ops, kind: webhook, config: {url: 'https://ops.example/hook'}}]"
    run(tmp_path, text, "--yes")
    (ops,) = house.get("/v1/channels").json()["channels"]
    rotate = f"/v1/channels/{ops['id']}/rotate"
    house.call("POST", rotate, json={"overlap_s": 60})
    file = exported("--section", "channels")
    assert faults(SCHEMA, file) == []
    out = CliRunner().invoke(app, ["export", "--section", "channels"]).stdout
    until = house.call("POST", rotate, json={"overlap_s": 86_400}).json()["previous_until_s"]
    assert run(tmp_path, out, "--yes") == (0, "nothing to do: the account is as declared\n")
    code, said = run(tmp_path, out.replace("ops.example/hook", "ops.example/other"), "--yes")
    assert code == 0, said
    (ops,) = house.get("/v1/channels").json()["channels"]
    assert (ops["url"], ops["previous_until_s"]) == ("https://ops.example/other", until)
