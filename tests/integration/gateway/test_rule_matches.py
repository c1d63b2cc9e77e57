"""What rules are about now is said when they are made, changed or tried, with a warning of nothing and of all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.hosts import check_in, enrolled
from tests.integration.gateway.reports import fault
from tests.integration.gateway.rows import HOUR, Sender
from tests.integration.gateway.server import Gateway
from vedette.store import models
from vedette.store.model_metrics import MetricRow, write_metrics

NOTHING = "matches nothing now"


@pytest.fixture(scope="module")
def full(gateway: Gateway) -> Gateway:
    """Two hosts with series, one of them with an agent and a plugin; three monitors; two models."""
    names = ("cpu", 'disk{mount="/"}', 'disk{mount="/var"}')
    Sender(gateway, "web-1", names).write("1m", {HOUR: [1.0]})
    Sender(gateway, "db-1", (*names, "queue")).write("1m", {HOUR: [1.0]})
    Sender(gateway, "script", ("cpu",), interval_ms=0).write("1m", {HOUR: [1.0]})
    Sender(gateway, "web-9", ("cpu",), account=gateway.theirs.account).write("1m", {HOUR: [1.0]})
    plugins = [{"name": "raid", "state": "ok"}, {"name": "apt", "state": "ok"}]
    assert check_in(gateway, "web-1", enrolled(gateway, "web-1"), plugins=plugins).status_code == 200
    gateway.call("PUT", "/v1/roles/db", json={})
    assert gateway.call("PUT", "/v1/sources/db-1/roles", json={"roles": ["db"]}).status_code == 200
    for name in ("a", "b", "c"):
        spec = {"name": name, "url": "https://example.org/", "labels": {"team": "shop"} if name == "a" else {}}
        assert gateway.call("POST", "/v1/monitors", json=spec).status_code == 201
    store, account = gateway.store, gateway.ours.account
    churn = models.add(store, account, "churn", {"task": "classification"})
    models.add(store, account, "price", {})
    models.add_reference(store, churn, "", 10, [{"name": "age"}, {"name": "old"}])
    models.add_reference(store, churn, "", 10, [{"name": "age"}, {"name": "plan"}])
    write_metrics(store, [MetricRow(churn, "", "revenue", HOUR, 60, 1, 1.0, 1.0, 1.0)])
    return gateway


def match(gateway: Gateway, **rule: Any) -> dict[str, Any]:
    answer = gateway.call("POST", "/v1/rules/match", "read", json={"rule": {"name": "n", **rule}})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["matches"]
    return found


SERIES: list[tuple[dict[str, Any], int, str | None]] = [
    ({"kind": "threshold", "series": "cpu", "above": 1}, 3, None),
    ({"kind": "threshold", "series": 'cpu{source=~"web-.*"}', "above": 1}, 1, None),
    ({"kind": "threshold", "series": 'cpu{role="db"}', "above": 1}, 1, None),
    ({"kind": "absence", "series": "cpux"}, 0, NOTHING),
    ({"kind": "change", "series": '{source!="x"}', "by": 1}, 8, "matches everything: all 8 series"),
    ({"kind": "anomaly", "series": 'disk{mount="/var"}'}, 2, None),
    ({"kind": "expression", "expression": "cpu > 1 and queue > 1"}, 3, None),
    ({"kind": "expression", "expression": "cpu > 1 and quue > 1"}, 3, "quue: no series now"),
    ({"kind": "expression", "expression": "cpux > 1"}, 0, NOTHING),
    ({"kind": "expression", "expression": "disk > 1", "per": ["mount"]}, 4, None),
    ({"kind": "expression", "expression": "cpu > 1", "hosts": '{role="db"}'}, 1, None),
    ({"kind": "threshold", "series": "endpoint.apdex", "below": 0.9}, 3, None),
    ({"kind": "threshold", "series": 'endpoint.apdex{team="shop"}', "below": 0.9}, 1, None),
    ({"kind": "threshold", "series": 'endpoint.apdex{team="shoe"}', "below": 0.9}, 0, NOTHING),
    ({"kind": "threshold", "series": "check.duration_ms", "above": 9}, 0, NOTHING),
]
OTHERS: list[tuple[dict[str, Any], int, bool, str | None]] = [
    ({"kind": "outage"}, 3, True, None),
    ({"kind": "degraded", "monitor": 2}, 1, False, None),
    ({"kind": "outage", "monitors": '{team="shop"}'}, 1, False, None),
    ({"kind": "outage", "monitors": '{team="shoe"}'}, 0, False, NOTHING),
    ({"kind": "burn_rate", "monitor": 99}, 0, False, "monitor 99 does not exist"),
    ({"kind": "endpoint_down"}, 3, True, None),
    ({"kind": "trend", "monitor": 99}, 0, False, "monitor 99 does not exist"),
    ({"kind": "host_silent"}, 2, True, None),
    ({"kind": "host_silent", "source": "web-.*"}, 1, False, None),
    ({"kind": "host_silent", "source": "web"}, 0, False, NOTHING),
    ({"kind": "host_silent", "hosts": '{role="db"}'}, 1, False, None),
    ({"kind": "host_flag", "flag": "clone", "hosts": '{role="db"}'}, 0, False, NOTHING),
    ({"kind": "host_flag", "flag": "clock"}, 1, True, None),
    ({"kind": "plugin_notice", "plugin": "r.*"}, 1, False, None),
    ({"kind": "plugin_notice", "source": "db-1"}, 0, False, NOTHING),
    ({"kind": "drift"}, 2, True, None),
    ({"kind": "drift", "feature": "pl.*"}, 1, False, None),
    ({"kind": "control_chart", "feature": "old"}, 0, False, NOTHING),
    ({"kind": "drift", "model": 99}, 0, False, "model 99 does not exist"),
    ({"kind": "drift", "models": "ch.*"}, 2, True, None),
    ({"kind": "drift", "models": "ch"}, 0, False, NOTHING),
    ({"kind": "model_silent"}, 2, True, None),
    ({"kind": "model_silent", "models": "price|gone"}, 1, False, None),
    ({"kind": "quality", "metric": "accuracy", "below": 0.9, "models": "price"}, 0, False, NOTHING),
    ({"kind": "model_metric", "metric": "revenue", "above": 1, "models": "ch.*"}, 1, False, None),
    ({"kind": "quality", "metric": "accuracy", "below": 0.9}, 1, True, None),
    ({"kind": "quality", "metric": "accuracy", "below": 0.9, "model": 2}, 0, False, "model 2 has no task"),
    ({"kind": "model_metric", "metric": "revenue", "above": 1}, 1, False, None),
    ({"kind": "model_metric", "metric": "cost", "above": 1}, 0, False, f"{NOTHING}: no values of cost have come"),
    ({"kind": "model_metric", "metric": "cost", "above": 1, "model": 99}, 0, False, "model 99 does not exist"),
]


@pytest.mark.parametrize(("rule", "subjects", "warning"), SERIES)
def test_rules_about_series_say_how_many_there_are(
    full: Gateway, rule: dict[str, Any], subjects: int, warning: str | None
) -> None:
    found = match(full, **rule)
    assert (found["subjects"], found["warning"]) == (subjects, warning)
    assert len(found["examples"]) == min(subjects, 5)


@pytest.mark.parametrize(("rule", "subjects", "everything", "warning"), OTHERS)
def test_other_rules_say_how_many_monitors_hosts_or_parts_of_models(
    full: Gateway, rule: dict[str, Any], subjects: int, everything: bool, warning: str | None
) -> None:
    found = match(full, **rule)
    assert (found["subjects"], found["everything"], found["warning"]) == (subjects, everything, warning)


def test_it_is_said_when_a_rule_is_made_changed_tried_and_listed(full: Gateway) -> None:
    rule = {"name": "hot", "kind": "threshold", "series": "cpu", "above": 1}
    made = full.call("POST", "/v1/rules", json=rule).json()
    assert (made["matches"]["subjects"], made["matches"]["what"]) == (3, "series")
    assert made["matches"]["examples"] == ["db-1/cpu", "script/cpu", "web-1/cpu"]
    changed = full.call("PUT", f"/v1/rules/{made['id']}", json={**rule, "series": "cpux"}).json()
    assert changed["matches"]["warning"] == NOTHING
    tried = full.call("POST", "/v1/rules/backtest", "read", json={"id": made["id"]}).json()
    assert tried["matches"]["warning"] == NOTHING
    listed = full.call("GET", "/v1/rules?matches=true", "read").json()["rules"]
    assert [one["matches"]["subjects"] for one in listed if one["id"] == made["id"]] == [0]
    assert "matches" not in full.call("GET", "/v1/rules", "read").json()["rules"][0]


def test_another_account_sees_only_its_own(full: Gateway) -> None:
    body = {"rule": {"name": "n", "kind": "threshold", "series": "cpu", "above": 1}}
    found = full.call("POST", "/v1/rules/match", json=body, tenant=full.theirs).json()["matches"]
    assert found["examples"] == ["web-9/cpu"]


def test_what_is_no_rule_is_refused_with_its_field(full: Gateway) -> None:
    assert fault(full.call("POST", "/v1/rules/match", json={"rules": []}), "rules")
    wrong = full.call("POST", "/v1/rules/match", json={"rule": {"name": "n", "kind": "outage", "monitor": "x"}})
    assert wrong.status_code == 422
    assert "monitor" in wrong.text
