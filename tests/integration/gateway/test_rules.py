"""Rules, channels and alerts over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alerting.defaults import default_rules
from tests.integration.gateway.reports import NOW, fault, problem
from tests.integration.gateway.server import Gateway
from vedette.events.signals import AlertState, AlertTransition
from vedette.store import outbox
from vedette.store.recording import record

WEBHOOK = {"url": "https://ops.example/hook"}
MORE = {"channels": [], "groups": [], "severity": "critical", "runbook": None, "title": None, "body": None}
RULES: list[dict[str, Any]] = [
    {"name": "down", "kind": "endpoint_down", "monitor": None, "monitors": None, "after_failures": 3, **MORE},
    {"name": "silent", "kind": "host_silent", "hosts": None, "source": "web-.*", **MORE},
    {
        "name": "hot",
        "kind": "threshold",
        "series": "cpu",
        "above": 0.9,
        "below": None,
        "outside": None,
        "over_s": None,
        "for_s": 60,
        "clear_above": None,
        "clear_below": None,
        "clear_for_s": 0,
        **MORE,
        "severity": "info",
        "runbook": "https://wiki.example/hot",
    },
]


def add_channel(gateway: Gateway, name: str, **config: Any) -> dict[str, Any]:
    answer = gateway.call(
        "POST", "/v1/channels", json={"name": name, "kind": "webhook", "config": {**WEBHOOK, **config}}
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["kind"])
def test_a_rule_is_made_listed_and_removed(gateway: Gateway, rule: dict[str, Any]) -> None:
    made = gateway.call("POST", "/v1/rules", json=rule)
    assert made.status_code == 201
    identity = made.json()["id"]
    assert {**made.json(), "matches": None} == {"id": identity, **rule, "matches": None}
    assert {"id": identity, **rule} in gateway.get("/v1/rules").json()["rules"]
    problem(gateway.call("POST", "/v1/rules", json=rule), 409, "conflict")
    assert gateway.call("DELETE", f"/v1/rules/{identity}").status_code == 204
    assert gateway.get("/v1/rules").json() == {"rules": []}
    problem(gateway.call("DELETE", f"/v1/rules/{identity}"), 404, "not-found")


def test_a_rule_may_name_its_channels_and_only_those_of_its_account(gateway: Gateway) -> None:
    mine = add_channel(gateway, "named")["id"]
    rule = {"name": "with a channel", "kind": "endpoint_down", "channels": [mine]}
    made = gateway.call("POST", "/v1/rules", json=rule)
    assert made.json()["channels"] == [mine]
    gateway.call("DELETE", f"/v1/rules/{made.json()['id']}")
    for tenant, channel in ((gateway.theirs, mine), (gateway.ours, mine + 1000)):
        answer = gateway.call("POST", "/v1/rules", json={**rule, "channels": [channel]}, tenant=tenant)
        found = fault(answer, "channels")
        assert (found["value"], found["allowed"]) == (str(channel), "channels of this account")


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    # what is wrong: (rule, end of the field, part of what is allowed)
    "an unknown kind": ({"name": "r", "kind": "nonsense"}, "kind", "'endpoint_down', 'host_silent', 'threshold'"),
    "no kind": ({"name": "r"}, "kind", "kind"),
    "no name": ({"kind": "endpoint_down"}, "name", "required"),
    "an empty name": ({"name": "", "kind": "endpoint_down"}, "name", "at least 1"),
    "zero failures": ({"name": "r", "kind": "endpoint_down", "after_failures": 0}, "after_failures", "greater"),
    "an unknown field": ({"name": "r", "kind": "endpoint_down", "above": 1}, "above", "not permitted"),
    "a bad regular expression": ({"name": "r", "kind": "host_silent", "source": "("}, "source", "regular expression"),
    "a bad selector": ({"name": "r", "kind": "threshold", "series": "9", "above": 1}, "series", "a letter or _"),
    "a bad expression in a selector": (
        {"name": "r", "kind": "threshold", "series": 'a{b=~"x{1001}"}', "above": 1}, "series", "regular",
    ),
    "no limit": ({"name": "r", "kind": "threshold", "series": "a"}, "threshold", "either above or below"),
    "two limits": (
        {"name": "r", "kind": "threshold", "series": "a", "above": 1, "below": 0}, "threshold", "either above or below",
    ),
    "a limit that is text": ({"name": "r", "kind": "threshold", "series": "a", "above": "high"}, "above", "number"),
    "a severity there is not": ({"name": "r", "kind": "endpoint_down", "severity": "high"}, "severity", "'warning'"),
    "a page that runs a script": (
        {"name": "r", "kind": "endpoint_down", "runbook": "javascript:alert(1)"}, "runbook", "http:// or https://",
    ),
    "a hold above a day": (
        {"name": "r", "kind": "threshold", "series": "a", "above": 1, "for_s": 86_401}, "for_s", "less than",
    ),
    "channels that are text": ({"name": "r", "kind": "endpoint_down", "channels": "all"}, "channels", "list"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_bad_rule_is_refused_with_its_field(gateway: Gateway, wrong: str) -> None:
    rule, field, allowed = FAULTS[wrong]
    errors = problem(gateway.call("POST", "/v1/rules", json=rule), 422, "invalid-input")["errors"]
    assert errors[0]["field"].endswith(field)
    assert allowed in errors[0]["allowed"]
    assert gateway.get("/v1/rules").json() == {"rules": []}


@pytest.mark.parametrize("limit", ["NaN", "1e999", "-Infinity"])
def test_a_limit_must_be_finite(gateway: Gateway, limit: str) -> None:
    body = f'{{"name": "r", "kind": "threshold", "series": "a", "above": {limit}}}'
    answer = gateway.call("POST", "/v1/rules", content=body, headers={"Content-Type": "application/json"})
    (error,) = problem(answer, 422, "invalid-input")["errors"]
    assert error["field"].endswith("above")
    assert "finite" in error["allowed"]
    assert gateway.get("/v1/rules").json() == {"rules": []}


def test_a_channels_secret_is_shown_once(gateway: Gateway) -> None:
    made = add_channel(gateway, "secretive")
    assert len(made["secret"]) >= 32
    listed = gateway.get("/v1/channels")
    assert made["secret"] not in listed.text
    (found,) = [channel for channel in listed.json()["channels"] if channel["name"] == "secretive"]
    assert found == {
        "id": made["id"],
        "name": "secretive",
        "kind": "webhook",
        "url": "https://ops.example/hook",
        "disabled_reason": None,
    }


def test_a_channel_that_was_disabled_tells_why(gateway: Gateway) -> None:
    made = add_channel(gateway, "gone")
    outbox.disable_channel(gateway.store, made["id"], "410 Gone")
    channels = {one["name"]: one for one in gateway.get("/v1/channels").json()["channels"]}
    assert channels["gone"]["disabled_reason"] == "410 Gone"


def test_a_channel_is_removed_by_its_own_account_only(gateway: Gateway) -> None:
    made = add_channel(gateway, "mine", secret="s" * 16)
    assert made["secret"] == "s" * 16
    problem(gateway.call("DELETE", f"/v1/channels/{made['id']}", tenant=gateway.theirs), 404, "not-found")
    body = {"name": "mine", "kind": "webhook", "config": WEBHOOK}
    problem(gateway.call("POST", "/v1/channels", json=body), 409, "conflict")
    assert gateway.call("DELETE", f"/v1/channels/{made['id']}").status_code == 204
    problem(gateway.call("DELETE", f"/v1/channels/{made['id']}"), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "pigeon", "config": WEBHOOK}, "kind"),
        ({"kind": "webhook"}, "config"),
        ({"kind": "webhook", "config": []}, "config"),
        ({"kind": "webhook", "config": {}}, "url"),
        ({"kind": "webhook", "config": {"url": 7}}, "url"),
        ({"kind": "webhook", "config": {"url": "ftp://a/"}}, "url"),
        ({"kind": "webhook", "config": {"url": "http://"}}, "url"),
        ({"kind": "webhook", "config": {"url": "http://a/\r\nb"}}, "url"),
        ({"kind": "webhook", "config": {**WEBHOOK, "secret": "short"}}, "secret"),
        ({"kind": "webhook", "config": {**WEBHOOK, "secret": 7}}, "secret"),
        ({"kind": "webhook", "config": {**WEBHOOK, "colour": "red"}}, "colour"),
    ],
)
def test_a_bad_channel_is_refused_with_its_field(gateway: Gateway, body: dict[str, Any], field: str) -> None:
    before = gateway.get("/v1/channels").json()
    answer = gateway.call("POST", "/v1/channels", json={"name": "bad", **body})
    fault(answer, field)
    assert "short" not in answer.text
    assert gateway.get("/v1/channels").json() == before


@pytest.mark.parametrize("name", ["url", "secret", "colour"])
def test_a_channel_with_half_a_character_is_refused(gateway: Gateway, name: str) -> None:
    body = json.dumps({"name": "half", "kind": "webhook", "config": {**WEBHOOK, name: "http://a/aaaaaaaaaaaa\ud800"}})
    answer = gateway.call("POST", "/v1/channels", content=body, headers={"Content-Type": "application/json"})
    assert "halves of surrogate pairs" in fault(answer, f"config.{name}")["allowed"]
    assert "aaaa" not in answer.text or name != "secret"


def transition(number: int, account: int, state: AlertState, at: int) -> AlertTransition:
    return AlertTransition(number, number // 10, account, 1, "rule", f"s{number // 10}", state, at, "title", 0.5)


def test_alerts_come_newest_first_all_or_in_one_state(fresh: Gateway) -> None:
    mine, theirs = fresh.ours.account, fresh.theirs.account
    moves = [
        transition(10, mine, "firing", NOW),
        transition(11, mine, "resolved", NOW + 5),
        transition(20, mine, "firing", NOW + 10),
        transition(30, theirs, "firing", NOW + 20),
    ]
    record(fresh.store, [(move, []) for move in moves])

    def subjects(query: str = "") -> list[str]:
        return [alert["subject"] for alert in fresh.get(f"/v1/alerts{query}").json()["alerts"]]

    assert subjects() == ["s2", "s1"]
    assert subjects("?state=firing") == ["s2"]
    assert subjects("?state=resolved") == ["s1"]
    assert subjects("?limit=1") == ["s2"]
    (resolved,) = fresh.get("/v1/alerts?state=resolved").json()["alerts"]
    assert (resolved["id"], resolved["started_ms"], resolved["ended_ms"]) == ("1", NOW, NOW + 5)


@pytest.mark.parametrize(("query", "field"), [("state=open", "state"), ("limit=0", "limit"), ("limit=1001", "limit")])
def test_alerts_check_their_parameters(gateway: Gateway, query: str, field: str) -> None:
    fault(gateway.get(f"/v1/alerts?{query}"), field)


def test_removing_a_rule_ends_its_alerts(fresh: Gateway) -> None:
    rule = fresh.call("POST", "/v1/rules", json=RULES[0]).json()["id"]
    move = AlertTransition(1, 11, fresh.ours.account, rule, "down", "s", "firing", NOW, "t")
    record(fresh.store, [(move, [])])
    problem(fresh.call("DELETE", f"/v1/rules/{rule}", tenant=fresh.theirs), 404, "not-found")
    assert len(fresh.get("/v1/alerts?state=firing").json()["alerts"]) == 1
    fresh.call("DELETE", f"/v1/rules/{rule}")
    assert [alert["state"] for alert in fresh.get("/v1/alerts").json()["alerts"]] == ["resolved"]


def test_a_rule_is_changed_in_place_and_stays_of_its_kind(fresh: Gateway) -> None:
    first, second = (fresh.call("POST", "/v1/rules", json=rule).json() for rule in RULES[:2])
    path = f"/v1/rules/{first['id']}"
    changed = fresh.call("PUT", path, json={**RULES[0], "after_failures": 5, "name": "down for long"})
    assert changed.json() == {**first, "after_failures": 5, "name": "down for long"}
    listed = fresh.get("/v1/rules?matches=true").json()["rules"]
    assert changed.json() in listed
    problem(fresh.call("PUT", path, json={**RULES[0], "name": second["name"]}), 409, "conflict")
    problem(fresh.call("PUT", path, json=RULES[1]), 409, "conflict")
    problem(fresh.call("PUT", path, json=RULES[0], tenant=fresh.theirs), 404, "not-found")
    fault(fresh.call("PUT", path, json={**RULES[0], "channels": [99]}), "channels")


def test_a_channel_is_changed_and_keeps_its_secret_unless_another_is_given(fresh: Gateway) -> None:
    made = add_channel(fresh, "ops", secret="a secret of the channel")
    path = f"/v1/channels/{made['id']}"
    body = {"name": "night", "kind": "webhook", "config": {"url": "https://ops.example/other"}}
    changed = fresh.call("PUT", path, json=body)
    assert changed.json() == {"id": made["id"], "name": "night", "kind": "webhook", "url": "https://ops.example/other"}

    def secret() -> str:
        row = fresh.store.row("SELECT config->>'secret' AS secret FROM channels WHERE id = %s", made["id"])
        return str(row and row["secret"])

    assert secret() == "a secret of the channel"
    config = {"url": "https://ops.example/other", "secret": "another secret of it"}
    assert fresh.call("PUT", path, json={**body, "config": config}).status_code == 200
    assert secret() == "another secret of it"
    fault(fresh.call("PUT", path, json={**body, "kind": "pigeon"}), "kind")
    problem(fresh.call("PUT", path, json=body, tenant=fresh.theirs), 404, "not-found")


def test_a_rule_that_is_narrowed_ends_the_alerts_that_it_does_not_mind_any_more(fresh: Gateway) -> None:
    hot = {"name": "hot", "kind": "threshold", "series": "cpu", "above": 0.9}
    rule = fresh.call("POST", "/v1/rules", json=hot).json()["id"]
    account = fresh.ours.account
    for number, source in ((1, "web-1"), (2, "db-1")):
        subject = f"series:{source}/cpu"
        start = AlertTransition(number * 10, number, account, rule, "hot", subject, "firing", NOW, f"{source} is hot")
        record(fresh.store, [(start, ())])
    fresh.call("PUT", f"/v1/rules/{rule}", json={**hot, "above": 0.8})
    assert len(fresh.get("/v1/alerts?state=firing").json()["alerts"]) == 2
    fresh.call("PUT", f"/v1/rules/{rule}", json={**hot, "series": 'cpu{source="db-1"}'})
    assert [one["id"] for one in fresh.get("/v1/alerts?state=firing").json()["alerts"]] == ["2"]
    assert fresh.get("/v1/alerts/1").json()["timeline"][-1]["detail"] == {"changed": "rule"}


def test_kinds_of_rules_say_their_fields_as_a_form_needs_them(fresh: Gateway) -> None:
    kinds = {one["kind"]: one for one in fresh.get("/v1/rules/kinds").json()["kinds"]}
    assert {rule.kind for rule in default_rules()} <= kinds.keys()
    assert "absence" in kinds
    threshold = kinds["threshold"]["settings"]
    assert threshold["required"] == ["name", "series"]
    wanted = {"series", "above", "for_s", "clear_below", "severity", "title", "channels"}
    assert wanted <= threshold["properties"].keys()
    assert "kind" not in threshold["properties"]
    for one in kinds.values():
        assert one["means"].endswith(".")
        for field in one["settings"]["properties"].values():
            assert "$ref" not in str(field), "nothing has to be looked up elsewhere"
