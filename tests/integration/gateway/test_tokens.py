"""API tokens: what each scope opens, whom a bound one may speak for, and how they end."""

from __future__ import annotations

import json

import jwt
import pytest

from tests.integration.gateway.reports import NOW, add_monitor, check, fault, problem, report, values_in
from tests.integration.gateway.server import Gateway, Tail

ROUTES: list[tuple[str, str, set[str]]] = [
    ("POST", "/v1/ingest/samples", {"ingest", "agent", "probe", "admin"}),
    ("POST", "/v1/ingest/checks", {"ingest", "agent", "probe", "admin"}),
    ("GET", "/v1/probe/monitors?location=fra-1", {"probe", "admin"}),
    ("POST", "/v1/agents/checkin", {"agent", "admin"}),
    *(
        ("GET", path, {"read", "admin"})
        for path in (
            "/v1/me", "/v1/sources", "/v1/series", "/v1/query?series=a", "/v1/monitors", "/v1/monitors/1",
            "/v1/monitors/1/history", "/v1/monitors/1/checks", "/v1/alerts", "/v1/rules", "/v1/channels",
            "/v1/roles", "/v1/roles/x", "/v1/sources/x", "/v1/fleet/defaults",
        )
    ),
    *(
        (method, path, {"admin"})
        for method, path in (
            ("GET", "/v1/tokens"), ("POST", "/v1/tokens"), ("DELETE", "/v1/tokens/999"), ("POST", "/v1/monitors"),
            ("PUT", "/v1/monitors/999"), ("DELETE", "/v1/monitors/999"), ("POST", "/v1/rules"),
            ("DELETE", "/v1/rules/999"), ("POST", "/v1/channels"), ("DELETE", "/v1/channels/999"),
            ("GET", "/v1/agents/enrolment-tokens"), ("POST", "/v1/agents/enrolment-tokens"),
            ("DELETE", "/v1/agents/enrolment-tokens/999"), ("PUT", "/v1/roles/x"), ("DELETE", "/v1/roles/y"),
            ("PUT", "/v1/sources/x/roles"), ("PUT", "/v1/sources/x/config"), ("DELETE", "/v1/sources/x/agent"),
            ("PUT", "/v1/fleet/defaults"),
        )
    ),
]  # fmt: skip
IDS = [f"{method} {path}" for method, path, _ in ROUTES]


def refused(status: int) -> bool:
    return status in {401, 403}


@pytest.mark.parametrize(("method", "path", "scopes"), ROUTES, ids=IDS)
def test_each_route_opens_to_its_scopes_and_to_no_other(
    gateway: Gateway, method: str, path: str, scopes: set[str]
) -> None:
    body = "[]" if "/ingest/" in path else "{}"
    for scope in ("ingest", "agent", "probe", "read", "admin"):
        answer = gateway.call(method, path, scope, content=None if method in {"GET", "DELETE"} else body)
        assert refused(answer.status_code) == (scope not in scopes), (scope, answer.text)
        if scope not in scopes:
            assert f"the credential has: {scope}" in problem(answer, 403, "not-allowed")["detail"]


@pytest.mark.parametrize(("method", "path", "scopes"), ROUTES, ids=IDS)
def test_each_route_refuses_those_without_a_credential(
    gateway: Gateway, method: str, path: str, scopes: set[str]
) -> None:
    answer = gateway.call(method, path, None)
    problem(answer, 401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def forged(key: bytes | None, algorithm: str | None = "HS256") -> str:
    claims = {"sub": "1", "acc": 1, "email": "a@b", "scopes": ["admin"], "exp": NOW // 1000 + 10_000_000}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_a_token_signed_with_our_key_works(gateway: Gateway) -> None:
    header = {"Authorization": f"Bearer {forged(gateway.context.key)}"}
    assert gateway.client.get("/v1/me", headers=header).status_code == 200


def test_tokens_that_are_not_ours_are_refused(gateway: Gateway) -> None:
    good = forged(gateway.context.key)
    cut_off, unsigned = good[:-3], forged(None, None)
    other_key = forged(b"k" * 32)
    for token in ("garbage", "a.b.c", "vdt_", "vdt_unknown", "vdt_\xff", cut_off, unsigned, other_key):
        answer = gateway.client.get("/v1/me", headers=[(b"Authorization", f"Bearer {token}".encode("latin-1"))])
        problem(answer, 401, "not-authenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "vdt_x"])
def test_other_ways_to_authenticate_are_refused(gateway: Gateway, header: str) -> None:
    problem(gateway.client.get("/v1/me", headers={"Authorization": header}), 401, "not-authenticated")


def test_a_bound_token_reports_for_its_source_and_not_for_another(gateway: Gateway, samples: Tail) -> None:
    tenant = gateway.token("agent", subject="web-1")
    body = [report("web-1", values={"mine": 1}), report("web-2"), report("web-1", values={"mine": 2})]
    answer = gateway.ingest("samples", body, "it", tenant=tenant)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 2
    (reject,) = answer.json()["rejects"]
    assert (reject["index"], reject["field"], reject["value"]) == (1, "source", "'web-2'")
    assert "may only report for 'web-1'" in reject["allowed"]
    assert values_in(samples.read()) == [{"mine": 1.0}, {"mine": 2.0}]


def test_a_bound_token_reports_for_its_location_and_not_for_another(gateway: Gateway, checks: Tail) -> None:
    monitor = add_monitor(gateway, "bound")
    tenant = gateway.token("probe", subject="fra-1")
    body = [check(monitor, location="ams-1"), check(monitor)]
    answer = gateway.ingest("checks", body, "it", tenant=tenant).json()
    assert (answer["accepted"], answer["rejected"]) == (1, 1)
    assert (answer["rejects"][0]["index"], answer["rejects"][0]["field"]) == (0, "location")
    assert [json.loads(record.value)["location"] for record in checks.read()] == ["fra-1"]


def test_a_bound_token_gets_the_monitors_of_its_location_only(gateway: Gateway) -> None:
    tenant = gateway.token("probe", subject="fra-1")
    assert gateway.call("GET", "/v1/probe/monitors?location=fra-1", "it", tenant=tenant).status_code == 200
    problem(gateway.call("GET", "/v1/probe/monitors?location=ams-1", "it", tenant=tenant), 403, "not-allowed")


def test_a_token_is_made_listed_without_its_secret_and_revoked(gateway: Gateway) -> None:
    made = gateway.call("POST", "/v1/tokens", json={"name": "web-9", "scopes": ["agent"], "subject": "web-9"})
    assert made.status_code == 201
    secret = made.json()["token"]
    assert secret.startswith("vdt_")
    listed = gateway.call("GET", "/v1/tokens")
    assert secret not in listed.text
    (entry,) = [token for token in listed.json()["tokens"] if token["name"] == "web-9"]
    assert (entry["scopes"], entry["subject"]) == (["agent"], "web-9")

    def report_with_it() -> int:
        header = {"Authorization": f"Bearer {secret}"}
        return gateway.client.post("/v1/ingest/samples", headers=header, json=report("web-9")).status_code

    assert report_with_it() == 202
    assert gateway.call("DELETE", f"/v1/tokens/{entry['id']}").status_code == 204
    assert report_with_it() == 401
    problem(gateway.call("DELETE", f"/v1/tokens/{entry['id']}"), 404, "not-found")


def test_another_account_cannot_see_or_revoke_a_token(gateway: Gateway) -> None:
    mine = gateway.call("GET", "/v1/tokens").json()["tokens"]
    theirs = gateway.call("GET", "/v1/tokens", tenant=gateway.theirs).json()["tokens"]
    assert not {token["id"] for token in mine} & {token["id"] for token in theirs}
    problem(gateway.call("DELETE", f"/v1/tokens/{mine[0]['id']}", tenant=gateway.theirs), 404, "not-found")
    assert gateway.call("GET", "/v1/tokens").json()["tokens"] == mine


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["read"]}, "name"),
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "n", "scopes": []}, "scopes"),
        ({"name": "n", "scopes": ["root"]}, "scopes[0]"),
        ({"name": "n", "scopes": ["read"], "subject": ""}, "subject"),
        ({"name": "n", "scopes": ["read"], "days": 3}, "days"),
    ],
)
def test_a_token_with_wrong_fields_is_not_made(gateway: Gateway, body: dict[str, object], field: str) -> None:
    before = gateway.call("GET", "/v1/tokens").json()
    fault(gateway.call("POST", "/v1/tokens", json=body), field)
    assert gateway.call("GET", "/v1/tokens").json() == before
