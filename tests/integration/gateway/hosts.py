"""Hosts that are let in and check in, as an agent's requests."""

from __future__ import annotations

from typing import Any

import httpx

from tests.integration.gateway.server import Gateway, Tenant

_BASE = {"fingerprint": "print", "version": "0.1.0"}


def enrolment_token(gateway: Gateway, **body: Any) -> str:
    """A token that lets hosts in, of our account."""
    answer = gateway.call("POST", "/v1/agents/enrolment-tokens", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def enrol(gateway: Gateway, token: str, source: str, **body: Any) -> httpx.Response:
    """A host asks to be let in."""
    return gateway.client.post("/v1/agents/enrol", json={**_BASE, "token": token, "source": source, **body})


def enrolled(gateway: Gateway, source: str, **body: Any) -> str:
    """The API token of a host that was let in."""
    answer = enrol(gateway, enrolment_token(gateway), source, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def check_in(gateway: Gateway, source: str, token: str | None = None, **body: Any) -> httpx.Response:
    """A host checks in, with its own token or with one of the account's agents."""
    headers = {"Authorization": f"Bearer {token or gateway.ours.tokens['agent']}"}
    clock = {"clock_ms": gateway.clock.now_ms(), "epoch": 1, "boot": "boot"}
    return gateway.client.post("/v1/agents/checkin", json={**_BASE, **clock, "source": source, **body}, headers=headers)


def host(gateway: Gateway, source: str, scope: str = "read", tenant: Tenant | None = None) -> dict[str, Any]:
    """What the gateway says of a host."""
    answer = gateway.call("GET", f"/v1/sources/{source}", scope, tenant=tenant)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
