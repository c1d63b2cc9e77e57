"""References of a model compared with one another."""

from __future__ import annotations

import numpy as np
import pytest

from dataflows.drift_book import DriftBook
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import COLUMNS, refer, register
from vedette.statistics.drift.bins import Strategy, inner_edges
from vedette_client import VedetteClient


def test_two_references_are_compared(gateway: Gateway) -> None:
    model = register(gateway, "compared")
    first = refer(gateway, model)["id"]
    second = refer(gateway, model, columns={"plan": ["a", "d"] * 200, "age": ["x"] * 400, "new": [1] * 400})["id"]
    answer = gateway.get(f"/v1/models/{model}/references/{first}/compare/{second}").json()
    assert (answer["first"]["id"], answer["second"]["id"], answer["second"]["rows"]) == (first, second, 400)
    [plan] = answer["features"]
    assert (plan["feature"], plan["state"], plan["not_compared"]) == ("plan", "drift", {})
    assert {one["statistic"] for one in plan["findings"] if one["drifted"]} == {"psi", "other_rate"}
    assert answer["only_in_second"] == ["new"]
    assert answer["kinds_changed"] == [{"feature": "age", "first": "numeric", "second": "categorical"}]
    with VedetteClient(gateway.url, gateway.ours.tokens["admin"]) as client:
        assert client.references.compare(model, first, second) == answer


def test_references_of_others_are_not_found(gateway: Gateway) -> None:
    model, other = register(gateway, "ours"), register(gateway, "another")
    first, second = refer(gateway, model)["id"], refer(gateway, other, columns=COLUMNS)["id"]
    path = f"/v1/models/{model}/references/{first}/compare"
    assert gateway.get(f"{path}/{first}").json()["features"][0]["state"] == "ok"
    for number in (second, 99_999):
        assert gateway.call("GET", f"{path}/{number}", "read").status_code == 404
    assert gateway.call("GET", f"{path}/{first}", "read", tenant=gateway.theirs).status_code == 404


def test_a_reference_is_taken_from_the_past(fresh: Gateway) -> None:
    model = register(fresh, "churn")
    now = fresh.clock.now_ms()
    report = {"model": "churn", "epoch": "e", "seq": 1, "ts": [now - 60_000 + n for n in range(400)]}
    for _ in range(2):  # the log holds it twice
        answer = fresh.call("POST", "/v1/features", "agent", json={**report, "columns": COLUMNS})
        assert answer.status_code == 202, answer.text
    with VedetteClient(fresh.url, fresh.ours.tokens["admin"]) as client:
        made = client.references.from_range(model, now - 60_000, now - 60_000 + 300, version="2")
    assert (made["version"], made["rows"], made["rows_seen"], made["sampled"]) == ("2", 300, 300, False)
    assert {one["name"]: one["kind"] for one in made["features"]} == {"age": "numeric", "plan": "categorical"}
    path = f"/v1/models/{model}/references"
    named = {"from": now - 60_000, "to": now, "version": "3", "rows_of": "none"}
    fault(fresh.call("POST", path, "admin", json=named), "from")
    fault(fresh.call("POST", path, "admin", json={"from": now, "to": now - 1}), "from")
    fault(fresh.call("POST", path, "admin", json={"from": "soon"}), "from")
    whole = refer(fresh, model, **{"from": "-1h", "to": "now", "version": "3"})
    uploaded = refer(fresh, model)
    compared = fresh.get(f"{path}/{uploaded['id']}/compare/{whole['id']}").json()
    assert whole["version"] == "3"
    assert [one["findings"][0]["value"] for one in compared["features"]] == [0, 0]


@pytest.mark.parametrize("strategy", ["sturges", "freedman_diaconis", "square_root"])
def test_bins_are_made_by_the_strategy_that_is_asked_for(gateway: Gateway, strategy: Strategy) -> None:
    model = register(gateway, f"by-{strategy.replace('_', '-')}")
    values = np.random.default_rng(2).normal(size=500).tolist()
    with VedetteClient(gateway.url, gateway.ours.tokens["admin"]) as client:
        made = client.references.upload(model, [{"x": value} for value in values], strategy=strategy)
    [profile] = gateway.get(f"/v1/models/references/{made['id']}").json()["profiles"]
    assert profile["edges"] == pytest.approx(inner_edges(values, strategy).tolist())
    assert np.diff(profile["edges"]) == pytest.approx(np.diff(profile["edges"]).mean())


def test_edges_of_ones_own_are_taken_and_those_that_cannot_be_are_named(gateway: Gateway) -> None:
    model = register(gateway, "own-edges")
    columns = {"age": [20, 35, 64, 70, None], "plan": ["a", "b", "a", "b", "a"], "few": [1, 2, 1, 2, 1]}
    made = refer(gateway, model, columns=columns, edges={"age": [65, 18, 30], "few": [1.5]})
    profiles = {one["name"]: one for one in gateway.get(f"/v1/models/references/{made['id']}").json()["profiles"]}
    assert (profiles["age"]["edges"], profiles["age"]["counts"]) == ([18, 30, 65], [0, 1, 2, 1])
    assert (profiles["few"]["edges"], profiles["few"]["counts"]) == ([1.5], [3, 2])
    path = f"/v1/models/{model}/references"
    for edges, named in (
        ({"nobody": [1.0]}, "edges"),
        ({"age": []}, "edges.age"),
        ({"age": [float(n) for n in range(50)]}, "edges.age"),
    ):
        fault(gateway.call("POST", path, "admin", json={"columns": columns, "edges": edges}), named)
    body = {"columns": columns, "edges": {"plan": [1.0]}, "kinds": {"plan": "categorical"}}
    fault(gateway.call("POST", path, "admin", json=body), "edges.plan")
    answer = gateway.call("POST", path, "admin", json={"columns": columns, "edges": {"age": ["x"]}})
    assert answer.status_code == 422
    assert "edges" in answer.text
    fault(gateway.call("POST", f"{path}?strategy=best", "admin", json={"columns": columns}), "strategy")


@pytest.mark.parametrize("statistics", [[], ["psi", "psi"], ["wasserstein"], "psi"])
def test_tests_that_there_are_not_are_named(gateway: Gateway, statistics: object) -> None:
    answer = gateway.call("POST", "/v1/models", "admin", json={"name": "odd", "statistics": statistics})
    assert answer.status_code == 422
    assert "statistics" in answer.text


def test_a_model_is_judged_by_the_tests_that_it_names(fresh: Gateway) -> None:
    model = register(fresh, "churn", window_s=60, statistics=["chi_square", "mean_shift"])
    refer(fresh, model)
    subject = DriftBook(fresh.store, fresh.clock).find(model, "")
    assert subject is not None
    assert subject.config.plan().statistics == ("chi_square", "mean_shift")
    assert fresh.get(f"/v1/models/{model}").json()["statistics"] == ["chi_square", "mean_shift"]
