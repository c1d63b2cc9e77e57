"""Who may open a stream, and when it ends."""

from __future__ import annotations

import httpx
import pytest

from ingest_api.limits import WINDOW_S
from ingest_api.stream import route
from tests.integration.gateway.reports import fault, problem, report
from tests.integration.gateway.server import PASSWORD, Gateway
from tests.integration.gateway.sse import Viewer, watch
from tests.integration.gateway.waiting import until
from vedette.auth.tokens import ACCESS_S


@pytest.fixture
def signed_in(gateway: Gateway) -> dict[str, str]:
    """The cookies that a sign-in leaves, by name."""
    gateway.clock.advance(WINDOW_S)
    with httpx.Client(base_url=gateway.url) as browser:
        browser.post("/v1/auth/login", json={"email": gateway.ours.email, "password": PASSWORD})
        return dict(browser.cookies)


def test_without_a_credential_there_is_no_stream(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/v1/stream", None)
    assert "cookie of a sign-in" in problem(answer, 401, "not-authenticated")["detail"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scope", ["ingest", "agent", "probe"])
def test_those_who_only_report_may_not_watch(gateway: Gateway, scope: str) -> None:
    problem(gateway.call("GET", "/v1/stream", scope), 403, "not-allowed")


def test_the_cookie_of_a_sign_in_opens_a_stream(gateway: Gateway, signed_in: dict[str, str]) -> None:
    cookies = {"vedette_stream": signed_in["vedette_stream"]}
    with (
        httpx.Client(base_url=gateway.url, cookies=cookies, timeout=10) as browser,
        browser.stream("GET", "/v1/stream") as response,
    ):
        assert response.status_code == 200
        viewer = Viewer(response)
        gateway.ingest("samples", report("seen by cookie"))
        assert viewer.next().data["source"] == "seen by cookie"


@pytest.mark.parametrize("cookies", [{"vedette_stream": "garbage"}, {"vedette_refresh": "x"}, {"other": "x"}])
def test_other_cookies_do_not(gateway: Gateway, cookies: dict[str, str]) -> None:
    with httpx.Client(base_url=gateway.url, cookies=cookies) as browser:
        problem(browser.get("/v1/stream"), 401, "not-authenticated")


def test_the_streams_cookie_opens_nothing_else(gateway: Gateway, signed_in: dict[str, str]) -> None:
    with httpx.Client(base_url=gateway.url, cookies=signed_in) as browser:
        problem(browser.get("/v1/me"), 401, "not-authenticated")
        problem(browser.get("/v1/monitors"), 401, "not-authenticated")


def test_a_stream_ends_with_its_access_token(
    gateway: Gateway, signed_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "TICK_S", 0.02)
    token = signed_in["vedette_stream"]
    with watch(gateway, token=token) as viewer:
        gateway.clock.advance(ACCESS_S - 1)
        gateway.ingest("samples", report("in time", ts=gateway.clock.now_ms()))
        assert viewer.next().data["source"] == "in time"
        gateway.clock.advance(1)
        assert {event.kind for event in viewer.rest()} <= {"tick"}
    header = {"Authorization": f"Bearer {token}"}
    problem(gateway.client.get("/v1/stream", headers=header), 401, "not-authenticated")
    until(lambda: not gateway.context.hub._viewers)


def test_the_stream_of_an_api_token_goes_on(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "TICK_S", 0.02)
    with watch(gateway) as viewer:
        gateway.clock.advance(10 * ACCESS_S)
        gateway.ingest("samples", report("much later", ts=gateway.clock.now_ms()))
        assert viewer.next().data["source"] == "much later"


def test_the_stream_of_an_api_token_that_is_revoked_ends(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "TICK_S", 0.02)
    token = gateway.token("read").tokens["it"]
    (entry,) = [one for one in gateway.call("GET", "/v1/tokens").json()["tokens"] if one["name"] == "one more"]
    with watch(gateway, token=token) as viewer:
        gateway.ingest("samples", report("before", ts=gateway.clock.now_ms()))
        assert viewer.next().data["source"] == "before"
        assert gateway.call("DELETE", f"/v1/tokens/{entry['id']}").status_code == 204
        gateway.clock.advance(route.TICK_S)
        assert {event.kind for event in viewer.rest()} <= {"tick"}


@pytest.mark.parametrize("topics", ["sample", "samples,rejects", "vedette.samples", "samples;checks", "SAMPLES"])
def test_an_unknown_topic_is_named_with_those_there_are(gateway: Gateway, topics: str) -> None:
    assert fault(gateway.get(f"/v1/stream?topics={topics}"), "topics")["allowed"] == "samples, checks, signals, alerts"


@pytest.mark.parametrize(
    "identity",
    ["x", "samples", "samples:", "samples:a", "samples:-1,0,0,0", f"samples:{10**30},0,0,0", "rejects:0", ";"],
)
def test_an_id_that_is_none_of_ours_is_refused(gateway: Gateway, identity: str) -> None:
    answer = gateway.get("/v1/stream", headers={"Last-Event-ID": identity})
    assert fault(answer, "Last-Event-ID")["allowed"] == "the id of an event of this stream"
    fault(gateway.get("/v1/stream", params={"last_event_id": identity}), "Last-Event-ID")


def test_streams_end_when_the_gateway_does(fresh: Gateway) -> None:
    with watch(fresh) as viewer:
        fresh.context.hub.end_all()
        assert viewer.rest() == []
