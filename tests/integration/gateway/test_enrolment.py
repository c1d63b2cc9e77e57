"""Hosts are let in by one-time tokens, keep their name, and give it up only to who may take it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.gateway.hosts import check_in, enrol, enrolled, enrolment_token, host
from tests.integration.gateway.reports import fault, problem, report
from tests.integration.gateway.server import Gateway


def test_a_host_is_let_in_and_may_report_under_its_name_and_no_other(gateway: Gateway) -> None:
    answer = enrol(gateway, enrolment_token(gateway), "first", facts={"os": "Debian"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["source"], body["account"], body.get("plugin_key")) == ("first", gateway.ours.account, None)
    assert body["token"].startswith("vdt_")
    assert answer.headers["Cache-Control"] == "no-store"
    it = gateway.token("read")
    mine = {**it.tokens, "it": body["token"]}
    tenant = type(it)(it.account, it.email, mine)
    assert gateway.ingest("samples", [report("first"), report("other")], "it", tenant=tenant).json()["accepted"] == 1
    assert check_in(gateway, "first", body["token"]).status_code == 200
    problem(check_in(gateway, "other", body["token"]), 403, "not-allowed")
    assert gateway.call("GET", "/v1/sources", "it", tenant=tenant).status_code == 403
    assert host(gateway, "first")["agent"]["facts"] == {"os": "Debian"}


def test_the_token_is_stored_as_a_hash_only(gateway: Gateway) -> None:
    token = enrolment_token(gateway)
    rows = gateway.store.rows("SELECT * FROM enrolment_tokens")
    assert token not in str(rows)
    listed = gateway.call("GET", "/v1/agents/enrolment-tokens").text
    assert token not in listed
    assert '"uses":1' in listed


def unknown(gateway: Gateway) -> str:
    return "vde_" + "x" * 27


def used(gateway: Gateway) -> str:
    token = enrolment_token(gateway)
    enrol(gateway, token, "who-was-first")
    return token


def revoked(gateway: Gateway) -> str:
    token = enrolment_token(gateway)
    newest = gateway.call("GET", "/v1/agents/enrolment-tokens").json()["tokens"][-1]["id"]
    assert gateway.call("DELETE", f"/v1/agents/enrolment-tokens/{newest}").status_code == 204
    return token


def api_token(gateway: Gateway) -> str:
    return gateway.ours.tokens["admin"]


@pytest.mark.parametrize(
    ("make", "words"),
    [(unknown, "is not known"), (used, "is used up (1 of 1 hosts"), (revoked, "was revoked"), (api_token, "not known")],
)
def test_a_bad_token_lets_nobody_in_and_says_why(gateway: Gateway, make: Callable[[Gateway], str], words: str) -> None:
    answer = enrol(gateway, make(gateway), f"nobody-{make.__name__}")
    assert words in problem(answer, 401, "not-authenticated")["detail"]
    assert gateway.get(f"/v1/sources/nobody-{make.__name__}").status_code == 404


def test_a_token_is_over_at_its_time_and_not_before(fresh: Gateway) -> None:
    token = enrolment_token(fresh, ttl_s=60, uses=2)
    fresh.clock.advance(59)
    assert enrol(fresh, token, "a").status_code == 201
    fresh.clock.advance(2)
    assert "has expired" in problem(enrol(fresh, token, "b"), 401, "not-authenticated")["detail"]


def test_a_token_of_several_uses_lets_in_so_many_hosts_even_at_once(fresh: Gateway) -> None:
    token = enrolment_token(fresh, uses=5)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: enrol(fresh, token, f"host-{n}").status_code, range(8)))
    assert sorted(codes) == [201] * 5 + [401] * 3


def test_of_two_machines_that_want_one_name_at_once_one_gets_it(fresh: Gateway) -> None:
    token = enrolment_token(fresh, uses=5)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda n: enrol(fresh, token, "one", fingerprint=f"print-{n}").status_code, range(4)))
    assert sorted(codes) == [201, 409, 409, 409]


def test_who_lost_the_answer_may_ask_again_with_the_same_token(gateway: Gateway) -> None:
    token = enrolment_token(gateway)
    first = enrol(gateway, token, "again").json()["token"]
    second = enrol(gateway, token, "again")
    assert second.status_code == 201
    assert check_in(gateway, "again", second.json()["token"]).status_code == 200
    assert check_in(gateway, "again", first).status_code == 401, "nobody has it"
    assert enrol(gateway, token, "again", fingerprint="another").status_code == 401
    assert enrol(gateway, token, "another").status_code == 401
    assert enrol(gateway, token, "again").status_code == 401, "the answer has arrived: the token is used up"


def test_a_name_of_another_machine_is_refused_and_the_answer_says_how_to_take_it(gateway: Gateway) -> None:
    mine = enrolled(gateway, "taken")
    answer = enrol(gateway, enrolment_token(gateway), "taken", fingerprint="another")
    detail = problem(answer, 409, "conflict")["detail"]
    assert "--reclaim" in detail
    assert "vedette agent token --source taken" in detail
    assert check_in(gateway, "taken", mine).status_code == 200


@pytest.mark.parametrize("allowed", [{"source": "moved"}, {"allow_reclaim": True}])
def test_a_new_machine_takes_a_name_over_with_its_roles_and_ends_the_old_token(
    fresh: Gateway, allowed: dict[str, Any]
) -> None:
    mine = enrolled(fresh, "moved")
    fresh.call("PUT", "/v1/roles/web", json={})
    fresh.call("PUT", "/v1/sources/moved/roles", json={"roles": ["web"]})
    token = enrolment_token(fresh, **allowed)
    assert enrol(fresh, token, "moved", fingerprint="another").status_code == 409, "only if it is asked for"
    answer = enrol(fresh, token, "moved", fingerprint="another", reclaim=True)
    assert answer.status_code == 201
    assert check_in(fresh, "moved", answer.json()["token"], fingerprint="another").json().get("clone", False) is False
    assert check_in(fresh, "moved", mine).status_code == 401
    assert host(fresh, "moved")["roles"] == ["web"]


def test_reclaiming_needs_a_token_that_allows_it(gateway: Gateway) -> None:
    enrolled(gateway, "kept")
    answer = enrol(gateway, enrolment_token(gateway), "kept", fingerprint="another", reclaim=True)
    assert "--allow-reclaim" in problem(answer, 409, "conflict")["detail"]


def test_the_same_machine_may_be_installed_anew_under_its_name(gateway: Gateway) -> None:
    enrolled(gateway, "reinstalled")
    assert enrol(gateway, enrolment_token(gateway), "reinstalled").status_code == 201


def test_a_token_for_one_name_is_good_for_no_other(gateway: Gateway) -> None:
    token = enrolment_token(gateway, source="mine")
    error = fault(enrol(gateway, token, "yours"), "source")
    assert error["allowed"] == "'mine', the name that this token was made for"
    assert enrol(gateway, token, "mine").status_code == 201


def test_roles_of_the_token_are_the_hosts(fresh: Gateway) -> None:
    for role in ("db", "web"):
        fresh.call("PUT", f"/v1/roles/{role}", json={})
    token = enrolment_token(fresh, roles=["web", "db"])
    fresh.call("DELETE", "/v1/roles/db")
    enrol(fresh, token, "a")
    assert host(fresh, "a")["roles"] == ["web"], "one that is gone by now is left out"
    answer = fresh.call("POST", "/v1/agents/enrolment-tokens", json={"roles": ["web", "absent"]})
    assert fault(answer, "roles[1]")["value"] == "'absent'"


@pytest.mark.parametrize(
    ("body", "field"),
    [({"uses": 0}, "uses"), ({"ttl_s": 1}, "ttl_s"), ({"source": ""}, "source"), ({"sauce": "x"}, "sauce")],
)
def test_a_wrong_token_is_not_made(gateway: Gateway, body: dict[str, Any], field: str) -> None:
    fault(gateway.call("POST", "/v1/agents/enrolment-tokens", json=body), field)


def test_an_enrolment_that_makes_no_sense_is_refused_by_name(gateway: Gateway) -> None:
    fault(enrol(gateway, "vde_x", ""), "source")
    fault(gateway.client.post("/v1/agents/enrol", content=b"{"), "body")


def test_another_account_sees_and_ends_nothing(gateway: Gateway) -> None:
    enrolment_token(gateway)
    newest = gateway.call("GET", "/v1/agents/enrolment-tokens").json()["tokens"][-1]["id"]
    theirs = gateway.theirs
    assert gateway.call("GET", "/v1/agents/enrolment-tokens", tenant=theirs).json() == {"tokens": []}
    assert gateway.call("DELETE", f"/v1/agents/enrolment-tokens/{newest}", tenant=theirs).status_code == 404


def test_an_agent_that_is_let_out_has_no_token_and_its_name_is_free(gateway: Gateway) -> None:
    mine = enrolled(gateway, "gone")
    assert gateway.call("DELETE", "/v1/sources/gone/agent").status_code == 204
    assert check_in(gateway, "gone", mine).status_code == 401
    assert gateway.call("DELETE", "/v1/sources/gone/agent").status_code == 404
    assert enrol(gateway, enrolment_token(gateway), "gone", fingerprint="another").status_code == 201
