"""What realtime sessions refuse: floods, strangers, bad sessions and bad frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ingest_api.realtime import sessions as module
from tests.integration.gateway.realtime_site import begin, publish, token_of
from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from vedette.auth.tokens import PublishGrant, publish_token
from vedette.store import realtime


def test_one_host_cannot_flood_a_session(site: Gateway) -> None:
    session = begin(site)
    token = token_of(site, session)
    statuses = [publish(site, token, seq).status_code for seq in range(1, 15)]
    assert statuses == [204] * int(module.AT_ONCE) + [429] * (14 - int(module.AT_ONCE))
    site.clock.advance(1)
    assert publish(site, token, 20).status_code == 204
    assert publish(site, token_of(site, session, "web-2")).status_code == 204, "others are not concerned"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sources": []}, "sources"),
        ({"sources": ["nobody"]}, "sources"),
        ({"sources": ["web-1"], "duration_s": 5}, "duration_s"),
        ({"sources": ["web-1"], "duration_s": 1801}, "duration_s"),
        ({"sources": ["web-1"], "groups": ["\n"]}, "groups"),
        ({"sources": ["web-1"], "more": 1}, "more"),
    ],
)
def test_what_is_wrong_with_a_session_is_said(site: Gateway, body: dict[str, Any], field: str) -> None:
    assert fault(site.call("POST", "/v1/realtime/sessions", "read", json=body), field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seq": 0}, "seq"),
        ({"ts": -1}, "ts"),
        ({"groups": {"a\nb": {"x": 1}}}, "groups"),
        ({"groups": {"a": {"x" * 501: 1}}}, "groups"),
        ({"groups": {"a": {f"x{n}": 1 for n in range(5001)}}}, "groups"),
        ({"groups": {f"g{n}": {"x": 1} for n in range(257)}}, "groups"),
        ({"counters": [f"x{n}" for n in range(5001)]}, "counters"),
        ({"processes": [[1, "root", "a\x1b[2J", 0, 0]]}, "processes"),
        ({"processes": [[1 << 63, "root", "a", 0, 0]]}, "processes[0].pid"),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(site: Gateway, body: dict[str, Any], field: str) -> None:
    token = token_of(site, begin(site))
    answer = publish(site, token, **body)
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"].startswith(field)
    assert publish(site, token).status_code == 204, "nothing else is lost with it"


def test_nobody_publishes_without_the_sessions_token(site: Gateway) -> None:
    session = begin(site)
    for token in (site.ours.tokens["agent"], site.ours.tokens["admin"], "garbage"):
        assert publish(site, token).status_code == 401
    grant = PublishGrant(site.ours.account, session["session"], "web-1")
    forged = publish_token(grant, session["until_ms"], b"x" * 32)
    assert publish(site, forged).status_code == 401
    nobody = publish_token(replace(grant, session="f" * 64), session["until_ms"], site.context.key)
    assert publish(site, nobody).status_code == 410


def test_an_account_has_only_so_many_sessions(site: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "MOST_LIVE", 2)
    begin(site)
    mine = begin(site)
    body = {"sources": ["web-1"]}
    problem(site.call("POST", "/v1/realtime/sessions", "read", json=body), 409, "conflict")
    site.call("DELETE", f"/v1/realtime/sessions/{mine['id']}", "read")
    begin(site)
