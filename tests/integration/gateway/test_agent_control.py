"""The agents' control stream: orders reach the host they are for, whichever gateway it follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ingest_api.fleet.orders import send_orders
from tests.integration.gateway.hosts import enrolled
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.sse import Viewer
from tests.patience import PATIENCE_S
from vedette.events.checks import CheckRecord
from vedette.events.control import encode_recheck, recheck
from vedette.events.fleet import RealtimeEnd, RealtimeOrder
from vedette.events.topics import CONTROL
from vedette.log import Message


@contextmanager
def follow(gateway: Gateway, source: str, token: str | None = None) -> Iterator[Viewer]:
    headers = {"Authorization": f"Bearer {token or gateway.ours.tokens['agent']}"}
    with (
        httpx.Client(base_url=gateway.url, timeout=PATIENCE_S) as client,
        client.stream("GET", "/v1/agents/control", params={"source": source}, headers=headers) as response,
    ):
        assert response.status_code == 200
        viewer = Viewer(response)
        yield viewer


def realtime(gateway: Gateway, source: str, session: str, account: int | None = None) -> None:
    whose = gateway.ours.account if account is None else account
    send_orders(gateway.log, [RealtimeOrder(whose, source, session, "token", 9, ["cpu"])])


def test_orders_come_to_the_host_that_they_are_for_and_to_no_other_account(fresh: Gateway) -> None:
    realtime(fresh, "a", "before")  # it comes with the check-in that follows
    with follow(fresh, "a") as a, follow(fresh, "b") as b:
        realtime(fresh, "a", "theirs", fresh.theirs.account)
        realtime(fresh, "a", "one")
        realtime(fresh, "b", "two")
        send_orders(fresh.log, [RealtimeEnd(fresh.ours.account, "a", "one")])
        events = a.take(2)
        assert [(event.kind, event.data["session"]) for event in events] == [
            ("realtime", "one"),
            ("realtime_end", "one"),
        ]
        assert events[0].data["groups"] == ["cpu"]
        assert b.next().data["session"] == "two"


def test_a_change_of_role_defaults_or_host_is_told_to_the_hosts_concerned(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/roles/web", json={})
    with follow(fresh, "a") as a, follow(fresh, "b") as b:
        fresh.call("PUT", "/v1/sources/a/roles", json={"roles": ["web"]})
        assert a.next().kind == "config"
        fresh.call("PUT", "/v1/roles/web", json={"interval_s": 5})
        assert a.next().kind == "config"
        fresh.call("PUT", "/v1/sources/b/config", json={"interval_s": 5})
        assert b.next().kind == "config"
        fresh.call("DELETE", "/v1/roles/web")
        assert a.next().kind == "config"
        realtime(fresh, "b", "end")
        assert b.next().kind == "realtime", "nothing else was told to b"


def test_orders_for_probes_and_nonsense_are_passed_over(fresh: Gateway) -> None:
    with follow(fresh, "a") as a:
        order = recheck(CheckRecord(1, "x", 5, 5, "down"), "a", fresh.ours.account, 5)
        messages = [Message(b"a", encode_recheck(order)), Message(b"a", b"nonsense"), Message(b"a", b'{"order":"x"}')]
        fresh.log.produce(CONTROL.name, messages).result(10)
        realtime(fresh, "a", "one")
        assert a.next().data["session"] == "one"


def test_an_order_given_at_one_gateway_reaches_an_agent_at_another(fresh: Gateway, dsn: str, tmp_path: Path) -> None:
    fresh.call("PUT", "/v1/roles/web", json={})
    with Gateway(dsn, tmp_path, beside=fresh) as other, follow(other, "a", fresh.ours.tokens["agent"]) as a:
        fresh.call("PUT", "/v1/sources/a/roles", json={"roles": ["web"]})
        assert a.next().kind == "config"


def test_a_stream_can_be_followed_again_after_everybody_has_left(fresh: Gateway) -> None:
    for session in ("one", "two"):
        with follow(fresh, "a") as a:
            realtime(fresh, "a", session)
            assert a.next().data["session"] == session


def test_the_stream_ends_when_its_token_is_revoked(fresh: Gateway) -> None:
    token = enrolled(fresh, "a")
    with follow(fresh, "a", token) as a:
        fresh.call("DELETE", "/v1/sources/a/agent")
        fresh.clock.advance(11)
        realtime(fresh, "a", "secret")  # at its next look it sees that the token is gone
        assert a.rest() == []


def test_only_agents_may_listen_and_an_enrolled_one_only_for_its_host(fresh: Gateway) -> None:
    headers = {"Authorization": f"Bearer {enrolled(fresh, 'a')}"}
    assert fresh.client.get("/v1/agents/control?source=b", headers=headers).status_code == 403
    assert fresh.get("/v1/agents/control?source=a", "probe").status_code == 403
    assert fresh.get("/v1/agents/control?source=a", None).status_code == 401
    assert fresh.get("/v1/agents/control", "agent").status_code == 422
