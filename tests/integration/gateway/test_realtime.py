"""Realtime sessions: begun, published into, watched, shared, resumed and ended, over a real gateway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from ingest_api.realtime import sessions as module
from tests.integration.gateway.hosts import check_in
from tests.integration.gateway.realtime_site import begin, publish, token_of, watching
from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_agent_control import follow
from tests.integration.gateway.waiting import until
from vedette.auth.tokens import ACCESS_S, session_hash

SECRET_CHARS = 22


def test_an_order_reaches_each_host_at_once_with_a_token_for_that_session_alone(site: Gateway) -> None:
    with follow(site, "web-1") as one, follow(site, "web-2") as two:
        session = begin(site, "web-1", "web-2", groups=["cpu"], plugins=["redis"], duration_s=60)
        orders = [one.next(), two.next()]
    assert [order.kind for order in orders] == ["realtime", "realtime"]
    for order, source in zip(orders, ("web-1", "web-2"), strict=True):
        assert order.data["session"] == session["session"]
        assert (order.data["groups"], order.data["plugins"]) == (["cpu"], ["redis"])
        assert order.data["until_ms"] == session["until_ms"] == site.clock.now_ms() + 60_000
        assert 0 <= order.data.get("phase_ms", 0) < 1000
        with watching(site, session["id"]) as watcher:
            assert publish(site, order.data["token"]).status_code == 204
            assert source in {watcher.next("frame").data["source"] for _ in range(1 + (source == "web-2"))}
    for path in ("/v1/me", "/v1/sources", "/v1/stream"):
        headers = {"Authorization": f"Bearer {orders[0].data['token']}"}
        assert site.client.get(path, headers=headers).status_code == 401, "it opens nothing else"


def test_a_host_that_does_not_follow_learns_of_it_with_its_check_in(site: Gateway) -> None:
    session = begin(site)
    [order] = check_in(site, "web-1").json()["directives"]
    assert (order["order"], order["session"]) == ("realtime", session["session"])
    assert publish(site, order["token"]).status_code == 204
    assert check_in(site, "web-2").json().get("directives", []) == []


def test_frames_come_as_schema_and_arrays_to_every_viewer_also_at_another_gateway(
    site: Gateway, dsn: str, tmp_path: Path
) -> None:
    session = begin(site, "web-1", "web-2")
    tokens = [token_of(site, session, source) for source in ("web-1", "web-2")]
    with (
        Gateway(dsn, tmp_path, beside=site) as other,
        watching(site, session["id"]) as here,
        watching(other, session["id"], token=site.ours.tokens["read"]) as there,
    ):
        for source, token in zip(("web-1", "web-2"), tokens, strict=True):
            values = {"disk": {"disk.a": 1.5, "disk.b": 2}}
            assert publish(site, token, groups=values, counters=["disk.b"]).status_code == 204
            for watcher in (here, there):
                schema, frame = watcher.next("schema", "frame"), watcher.next("schema", "frame")
                assert schema.data == {
                    "source": source,
                    "group": "disk",
                    "names": ["disk.a", "disk.b"],
                    "counters": ["disk.b"],
                }
                assert (frame.data["source"], frame.data["values"]) == (source, {"disk": [1.5, 2.0]})


def test_who_comes_later_sees_the_last_minutes_and_who_comes_again_what_it_missed(
    site: Gateway, dsn: str, tmp_path: Path
) -> None:
    session = begin(site)
    token = token_of(site, session)
    for seq in (1, 2):
        publish(site, token, seq)
    with watching(site, session["id"]) as first:
        assert [first.next("frame").data["seq"] for _ in range(2)] == [1, 2]
        last = first.last_id
    publish(site, token, 3)
    with watching(site, session["id"], since=last) as again:
        assert again.next("frame", "reset").data["seq"] == 3
    with (
        Gateway(dsn, tmp_path, beside=site) as other,
        watching(other, session["id"], last, site.ours.tokens["read"]) as moved,
    ):
        assert moved.next("frame", "reset").data["seq"] == 3, "at another gateway too"
    with watching(site, session["id"], since="999999") as lost:
        assert lost.next("frame", "reset").kind == "reset"
        assert [lost.next("frame").data["seq"] for _ in range(3)] == [1, 2, 3]
    answer = site.call("GET", f"/v1/realtime/sessions/{session['id']}/stream?last_event_id=x", "read")
    assert fault(answer, "Last-Event-ID")


def test_only_members_of_the_account_can_open_the_link(site: Gateway) -> None:
    session = begin(site)
    path = f"/v1/realtime/sessions/{session['id']}"
    for where in (path, f"{path}/stream"):
        problem(site.call("GET", where, "read", tenant=site.theirs), 404, "not-found")
        problem(site.call("GET", where, None), 401, "not-authenticated")
        problem(site.call("GET", where, "agent"), 403, "not-allowed")
    problem(site.call("DELETE", path, "admin", tenant=site.theirs), 404, "not-found")
    assert site.call("GET", "/v1/realtime/sessions", "read", tenant=site.theirs).json() == {"sessions": []}
    guess = "A" * SECRET_CHARS
    problem(site.get(f"/v1/realtime/sessions/{guess}/stream"), 404, "not-found")


def test_the_identity_is_kept_nowhere(site: Gateway) -> None:
    session = begin(site)
    assert len(session["id"]) == SECRET_CHARS
    assert session["session"] == session_hash(session["id"])
    listed = site.get("/v1/realtime/sessions")
    assert session["id"] not in listed.text
    assert [row["session"] for row in listed.json()["sessions"]] == [session["session"]]
    rows = site.store.rows("SELECT * FROM realtime_sessions")
    assert session["id"] not in str(rows)
    assert site.get(f"/v1/realtime/sessions/{session['session']}/stream").status_code == 422, "the hash opens nothing"


def test_ending_it_ends_open_streams_at_once_and_tells_the_hosts(site: Gateway) -> None:
    session = begin(site)
    token = token_of(site, session)
    with follow(site, "web-1") as agent, watching(site, session["id"]) as watcher:
        assert site.call("DELETE", f"/v1/realtime/sessions/{session['id']}", "read").status_code == 204
        assert [event.data for event in watcher.rest() if event.kind == "end"] == [{"reason": "ended"}]
        order = agent.next()
        assert (order.kind, order.data["session"]) == ("realtime_end", session["session"])
    problem(publish(site, token), 410, "gone")
    problem(site.get(f"/v1/realtime/sessions/{session['id']}/stream"), 410, "gone")
    assert check_in(site, "web-1").json().get("directives", []) == []
    assert site.get(f"/v1/realtime/sessions/{session['id']}").json()["reason"] == "ended"


def test_only_its_creator_or_an_administrator_may_end_it(site: Gateway) -> None:
    session = begin(site, scope="admin")
    problem(site.call("DELETE", f"/v1/realtime/sessions/{session['id']}", "read"), 403, "not-allowed")
    mine = begin(site)
    assert site.call("DELETE", f"/v1/realtime/sessions/{mine['session']}", "admin").status_code == 204


def test_it_ends_when_its_time_is_up(site: Gateway) -> None:
    session = begin(site, duration_s=10)
    token = token_of(site, session)
    with watching(site, session["id"]) as watcher:
        site.clock.advance(9)
        assert publish(site, token).status_code == 204
        site.clock.advance(2)
        assert watcher.rest()[-1].data == {"reason": "time"}
    assert publish(site, token).status_code in {401, 410}


def test_it_ends_when_nobody_looks_on_and_not_while_somebody_does(
    site: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCHED_S", 0.0)
    monkeypatch.setattr(module, "LOOK_S", 0.2)
    watched = begin(site)
    with watching(site, watched["id"]) as watcher:
        watcher.next("tick")
        left = begin(site, "web-2")
        monkeypatch.setattr(module, "UNWATCHED_MS", 8_000)
        until(lambda: site.get(f"/v1/realtime/sessions/{left['id']}").json()["reason"] == "unwatched")
        assert publish(site, token_of(site, watched)).status_code == 204
        assert watcher.next("frame").data["seq"] == 1


def test_frames_are_taken_at_a_gateway_that_has_not_heard_of_the_session_yet(
    site: Gateway, dsn: str, tmp_path: Path
) -> None:
    with Gateway(dsn, tmp_path, beside=site) as other, ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            session = begin(site, "web-1", "web-2")
            tokens = [token_of(site, session, source) for source in ("web-1", "web-2")] * 4
            answers = list(pool.map(partial(publish, other), tokens))
            assert [answer.status_code for answer in answers] == [204] * 8


def test_a_stream_ends_when_its_token_is_revoked_or_over(site: Gateway) -> None:
    session = begin(site, duration_s=1800)
    made = site.call("POST", "/v1/tokens", json={"name": "guest", "scopes": ["read"]}).json()
    with watching(site, session["id"], token=made["token"]) as watcher:
        watcher.next("tick")
        [row] = [row for row in site.call("GET", "/v1/tokens").json()["tokens"] if row["name"] == "guest"]
        assert site.call("DELETE", f"/v1/tokens/{row['id']}").status_code == 204
        site.clock.advance(11)
        assert watcher.rest() == [], "no end of the session is told: it goes on for the others"
    body = {"email": site.ours.email, "password": "a long enough password"}
    access = site.client.post("/v1/auth/login", json=body).json()["access_token"]
    with watching(site, session["id"], token=access) as watcher:
        watcher.next("tick")
        site.clock.advance(ACCESS_S + 1)
        assert watcher.rest() == []
