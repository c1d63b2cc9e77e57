"""Models over a real gateway and flow: registered, given a reference, fed, and found drifting."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from dataflows import drift
from dataflows.running import run
from tests.integration.flows.draining import drain_alerts
from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from vedette.clock import SystemClock

COLUMNS = {"age": [float(n % 40) + n / 1000 for n in range(400)], "plan": ["a", "b", "a", "c"] * 100}


def register(gateway: Gateway, name: str, **fields: Any) -> int:
    answer = gateway.call("POST", "/v1/models", "admin", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def refer(gateway: Gateway, model: int, body: bytes | None = None, kind: str = "", **fields: Any) -> dict[str, Any]:
    path = f"/v1/models/{model}/references"
    if body is None:
        answer = gateway.call("POST", path, "admin", json=fields or {"columns": COLUMNS})
    else:
        answer = gateway.call("POST", path, "admin", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def as_parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def as_csv(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pyarrow.csv.write_csv(table, target)
    return target.getvalue()


def as_arrow(table: pa.Table) -> bytes:
    target = io.BytesIO()
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table)
    return target.getvalue()


@pytest.mark.parametrize(
    ("encode", "kind"),
    [
        (as_parquet, "application/vnd.apache.parquet"),
        (as_csv, "text/csv; charset=utf-8"),
        (as_arrow, "application/vnd.apache.arrow.stream"),
    ],
)
def test_a_reference_is_the_same_in_every_format(
    gateway: Gateway, encode: Callable[[pa.Table], bytes], kind: str
) -> None:
    model = register(gateway, f"formats-{kind[-4:].strip('.-8')}")
    plain = refer(gateway, model)
    other = refer(gateway, model, encode(pa.table(COLUMNS)), kind)
    assert (other["rows"], other["features"]) == (400, plain["features"])
    profiles = [gateway.get(f"/v1/models/references/{one['id']}").json()["profiles"] for one in (plain, other)]
    assert profiles[0] == profiles[1]
    listed = gateway.get(f"/v1/models/{model}/references").json()["references"]
    assert [one["id"] for one in listed] == [other["id"], plain["id"]]


def test_what_is_wrong_with_a_reference_is_said(gateway: Gateway) -> None:
    model = register(gateway, "wrong-references")
    path = f"/v1/models/{model}/references"
    for body, field in (
        ({"columns": {}}, "columns"),
        ({"columns": {"a": [1], "b": [1, 2]}}, "columns.a"),
        ({"columns": {"a": [1]}, "kinds": {"a": "colour"}}, "kinds.a"),
        ({"columns": {"a": [1]}, "kinds": {"b": "numeric"}}, "kinds"),
    ):
        fault(gateway.call("POST", path, "admin", json=body), field)
    for kind, field in (("application/vnd.apache.parquet", "body"), ("image/png", "Content-Type")):
        answer = gateway.call("POST", path, "admin", content=b"PAR1 garbage", headers={"Content-Type": kind})
        fault(answer, field)
    wide = b",".join(b"c%d" % n for n in range(3000)) + b"\n"
    for content, kind in ((wide, "text/csv"), (b"a,a\n1,2\n", "text/csv")):
        fault(gateway.call("POST", path, "admin", content=content, headers={"Content-Type": kind}), "body")
    fault(gateway.call("POST", path, "admin", json={"rows": [{f"n{n}": 1 for n in range(900)}] + [{}] * 9000}), "rows")
    fault(gateway.call("POST", path, "admin", json={}), "columns")
    fault(gateway.call("POST", f"{path}?version=a/b", "admin", json={"columns": COLUMNS}), "version")
    assert gateway.call("POST", path, "read", json={"columns": COLUMNS}).status_code == 403
    assert gateway.get(path).json() == {"references": []}


def test_models_versions_and_stages_are_kept_and_only_for_their_account(gateway: Gateway) -> None:
    model = register(gateway, "churn", window_s=600, wanted=2, of=3)
    assert gateway.call("POST", f"/v1/models/{model}/versions", "admin", json={"version": "3"}).status_code == 201
    stage = gateway.call("PUT", f"/v1/models/{model}/versions/3/stage", "admin", json={"stage": "retired"})
    assert stage.status_code == 200
    found = gateway.get(f"/v1/models/{model}").json()
    assert (found["name"], found["window_s"], found["wanted"]) == ("churn", 600, 2)
    assert [(one["version"], one["stage"]) for one in found["versions"]] == [("3", "retired")]
    assert model in [one["id"] for one in gateway.get("/v1/models").json()["models"]]
    problem(gateway.call("POST", "/v1/models", "admin", json={"name": "churn"}), 409, "conflict")
    fault(gateway.call("POST", "/v1/models", "admin", json={"name": "a b"}), "name")
    assert gateway.call("POST", "/v1/models", "admin", json={"name": "x", "wanted": 3, "of": 2}).status_code == 422
    theirs = gateway.call("GET", f"/v1/models/{model}", "read", tenant=gateway.theirs)
    assert theirs.status_code == 404
    for path in (f"/v1/models/{model}/drift", f"/v1/models/{model}/references"):
        assert gateway.call("GET", path, "read", tenant=gateway.theirs).status_code == 404
    assert gateway.call("DELETE", f"/v1/models/{model}", "admin").status_code == 204
    assert gateway.get(f"/v1/models/{model}").status_code == 404


def test_windows_slide_or_are_made_of_rows_and_not_both(gateway: Gateway) -> None:
    model = register(gateway, "sliding", window_s=3600, slide_s=600)
    assert gateway.get(f"/v1/models/{model}").json()["slide_s"] == 600
    path = f"/v1/models/{model}"
    assert gateway.call("PUT", path, "admin", json={"window_rows": 1000}).json()["window_rows"] == 1000
    for wrong in (
        {"slide_s": 700},
        {"slide_s": 7200},
        {"slide_s": 30},
        {"slide_s": 5},
        {"window_rows": 199},
        {"slide_s": 600, "window_rows": 1000},
    ):
        answer = gateway.call("PUT", path, "admin", json=wrong)
        assert answer.status_code == 422, wrong
        assert next(iter(wrong)) in answer.text
    assert gateway.get(path).json()["window_rows"] == 1000


def report(gateway: Gateway, model: str, seq: int, at_ms: int, age: Any, plan: list[Any]) -> dict[str, Any]:
    body = {
        "model": model,
        "epoch": "e",
        "seq": seq,
        "ts": [at_ms + n for n in range(len(plan))],
        "columns": {"age": list(age), "plan": plan},
    }
    answer = gateway.call("POST", "/v1/features", "agent", json=body)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_rows_become_windows_and_a_shift_becomes_an_alert_that_ends(fresh: Gateway, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    model = register(fresh, "churn", window_s=60)
    age, plans = random.normal(40, 9, 4000), ["a", "b", "a", "c"]
    refer(fresh, model, columns={"age": age.tolist(), "plan": plans * 1000})
    rule = {"name": "Drift", "kind": "drift", "model": model}
    assert fresh.call("POST", "/v1/rules", "admin", json=rule).status_code == 201
    fresh.store.execute("UPDATE rules SET created_at = 'epoch'")
    begin = fresh.clock.now_ms() // 60_000 * 60_000 - 600_000
    quiet, odd = plans * 250, plans * 200 + ["new"] * 200
    for minute, (shift, plan) in enumerate([(0, quiet), (20, quiet), (0, odd), (0, quiet), (0, quiet), (0, quiet)]):
        found = report(
            fresh,
            "churn",
            minute,
            begin + minute * 60_000,
            random.normal(40 + shift, 9, 1000),
            plan,
        )
        assert found == {"rows": 1000, "columns": 2, "late": 0, "refused": {}}
        report(fresh, "churn", minute, begin + minute * 60_000, [1.0], ["a"])  # the same number again: dropped
    flow = drift.build(fresh.log, fresh.store, SystemClock(), shards=4, stop=lambda: True)
    run(flow, tmp_path / "drift", 0.1)
    answer = fresh.get(f"/v1/models/{model}/drift?from={begin}&to={begin + 600_000}").json()
    by_feature = {
        feature: [row for row in answer["windows"] if row["feature"] == feature] for feature in ("age", "plan")
    }
    ages = [(row["state"], row["rows"]) for row in by_feature["age"]]
    assert ages[:4] == [("ok", 1000), ("drift", 1000), ("ok", 1000), ("ok", 1000)]
    unseen = by_feature["plan"][2]
    assert unseen["state"] == "drift"
    assert unseen["counts"]["other"] == 200
    found = {one["statistic"]: one for one in unseen["verdict"]["findings"]}
    assert found["other_rate"]["drifted"]
    assert found["other_rate"]["adjusted"] <= 0.05
    assert by_feature["plan"][0]["state"] == "ok"
    within = f"from={begin}&to={begin + 600_000}"
    table = fresh.get(f"/v1/models/{model}/drift?{within}&format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(table.text)))
    of_tests = [line for line in lines if line["drifted"] or not line["statistic"]]
    assert len(of_tests) == sum(len(row["verdict"]["findings"]) or 1 for row in answer["windows"])
    others = {line["statistic"] for line in lines if line not in of_tests}
    assert others == {"js", "chi_square", "ks", "wasserstein", "mean_shift", "deviation_ratio"}
    other = next(line for line in lines if line["statistic"] == "other_rate" and line["drifted"] == "True")
    assert (other["feature"], float(other["adjusted"])) == ("plan", found["other_rate"]["adjusted"])
    page = fresh.get(f"/v1/models/{model}/drift?{within}&format=html")
    assert page.headers["content-type"].startswith("text/html")
    assert "attachment" in page.headers["content-disposition"]
    assert all(word in page.text for word in ("2 of ", "age", "plan", "both distributions", "unseen"))
    movers = fresh.get(f"/v1/models/{model}/movers?{within}").json()["movers"]
    assert {(one["feature"], one["drifted"]) for one in movers} == {("age", 1), ("plan", 1)}
    assert fresh.get(f"/v1/models/{model}/movers?{within}&limit=1").json()["movers"] == movers[:1]
    fault(fresh.get(f"/v1/models/{model}/movers?from=soon"), "from")
    drain_alerts(fresh.log, fresh.store, tmp_path)
    alerts = fresh.get("/v1/alerts").json()["alerts"]
    states = {alert["subject"]: (alert["state"], alert["title"]) for alert in alerts}
    assert set(states) == {f"model:{model}/age", f"model:{model}/plan"}
    assert all(state == "resolved" for state, _ in states.values())


def test_arrow_whose_offsets_lead_astray_is_refused(gateway: Gateway) -> None:
    model = register(gateway, "astray")
    good, bad = (np.array(offsets, "<i4").tobytes() for offsets in ([0, 1, 3, 4], [0, 1, 0x7FFFFF00, 0x7FFFFFFF]))
    body = as_arrow(pa.table({"a": ["a", "bb", "c"]}))
    assert body.count(good) == 1
    body = body.replace(good, bad)
    kind = {"Content-Type": "application/vnd.apache.arrow.stream"}
    fault(gateway.call("POST", f"/v1/models/{model}/references", "admin", content=body, headers=kind), "body")


def test_a_token_of_one_source_reports_for_no_model(gateway: Gateway) -> None:
    register(gateway, "guarded")
    bound = gateway.token("agent", subject="web-1")
    body = {"model": "guarded", "epoch": 1, "seq": 1, "ts": [gateway.clock.now_ms()], "columns": {"a": [1]}}
    headers = {"Authorization": f"Bearer {bound.tokens['it']}"}
    assert gateway.client.post("/v1/features", json=body, headers=headers).status_code == 403


def test_what_is_wrong_with_rows_is_said_and_nothing_else_is_lost(gateway: Gateway) -> None:
    register(gateway, "bad-rows")
    now = gateway.clock.now_ms()
    body = {"model": "bad-rows", "epoch": 1, "seq": 1, "ts": [now, 5], "columns": {"a": [1, 2], "b": [1]}}
    answer = gateway.call("POST", "/v1/features", "agent", json=body)
    assert answer.status_code == 202
    assert (answer.json()["rows"], answer.json()["columns"], answer.json()["late"]) == (1, 1, 1)
    assert set(answer.json()["refused"]) == {"b"}
    fault(gateway.call("POST", "/v1/features", "agent", json={**body, "model": "nobody"}), "model")
    fault(gateway.call("POST", "/v1/features", "agent", json={**body, "seq": "x"}), "seq")
    arrow = {"Content-Type": "application/vnd.apache.arrow.stream"}
    fault(gateway.call("POST", "/v1/features", "agent", content=b"ARROW", headers=arrow), "X-Vedette-Seq")
    arrow |= {"X-Vedette-Epoch": "e", "X-Vedette-Seq": "1"}
    fault(gateway.call("POST", "/v1/features", "agent", content=b"ARROW", headers=arrow), "body")
    text = {"Content-Type": "text/csv"}
    fault(gateway.call("POST", "/v1/features", "agent", content=b"ARROW", headers=text), "Content-Type")
    assert gateway.call("POST", "/v1/features", "read", json=body).status_code == 403


def test_a_reference_tells_what_its_data_look_like(fresh: Gateway) -> None:
    model = fresh.call("POST", "/v1/models", json={"name": "look"}).json()["id"]
    columns = {"age": [*range(20, 60), None] * 5, "plan": ["<b>", "pro"] * 102 + ["pro"]}
    made = fresh.call("POST", f"/v1/models/{model}/references", json={"columns": columns}).json()
    path = f"/v1/models/references/{made['id']}/profile"
    found = fresh.get(path).json()
    age, plan = found["columns"]
    assert (age["missing"], age["quantiles"]["0.5"], plan["top"][0]) == (5, 39.5, {"value": "pro", "count": 103})
    assert (found["rows"], found["name"], found["reference"]) == (205, "look", made["id"])
    page = fresh.get(f"{path}?format=html")
    assert "attachment" in page.headers["content-disposition"]
    assert "&lt;b&gt;" in page.text
    assert "<b>" not in page.text
    problem(fresh.get(path, tenant=fresh.theirs), 404, "not-found")
    fresh.store.execute("UPDATE model_references SET about = NULL")
    problem(fresh.get(path), 404, "not-found")
