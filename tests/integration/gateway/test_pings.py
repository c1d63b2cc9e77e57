"""Pings: taken without a sign-in under a key, and refused with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.server import Gateway, Tail
from tests.integration.gateway.waiting import until
from vedette.events.pings import KEPT_BYTES, Listening, Ping, decode_ping
from vedette.events.topics import PINGS
from vedette.monitors import MonitorSpec
from vedette.store import bulk_monitors, monitors


@pytest.fixture
def pings(gateway: Gateway) -> Tail:
    """What this test brings into the log."""
    return Tail(gateway.log, PINGS.name)


def heard(tail: Tail) -> list[Ping]:
    events = [decode_ping(record.value) for record in tail.read()]
    return [event for event in events if isinstance(event, Ping)]


def add_heartbeat(gateway: Gateway, name: str, **fields: Any) -> tuple[int, str]:
    """A heartbeat of our account, and the path that its job pings."""
    body = {"name": name, "kind": "heartbeat", **({} if "cron" in fields else {"every_s": 60}), **fields}
    answer = gateway.call("POST", "/v1/monitors", json=body)
    assert answer.status_code == 201, answer.text
    monitor = int(answer.json()["id"])
    return monitor, gateway.call("GET", f"/v1/monitors/{monitor}/ping-url").json()["ping"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("", "success", None),
        ("/start", "start", None),
        ("/fail", "fail", None),
        ("/0", "success", 0),
        ("/255", "fail", 255),
    ],
)
def test_a_ping_is_in_the_log_when_it_is_answered(
    gateway: Gateway, pings: Tail, method: str, path: str, said: str, status: int | None
) -> None:
    monitor, url = add_heartbeat(gateway, f"{method} {path}")
    answer = gateway.call(method, url + path + "?rid=run-1", None)
    assert (answer.status_code, answer.text) == (200, "" if method == "HEAD" else "OK")
    assert answer.headers["Cache-Control"] == "no-store"
    assert heard(pings) == [Ping(monitor, gateway.ours.account, NOW, said, status, "run-1")]


def test_the_beginning_of_a_body_is_kept_as_text(gateway: Gateway, pings: Tail) -> None:
    _, url = add_heartbeat(gateway, "talkative")
    for body in (b"disk full", b"\xff\x00ok", b"x" * (KEPT_BYTES + 1), "€".encode() * KEPT_BYTES):
        assert gateway.call("POST", f"{url}/fail", None, content=body).status_code == 200
    found = [(ping.body, ping.body_bytes) for ping in heard(pings)]
    assert found[:3] == [("disk full", 9), ("\ufffd\ufffdok", 4), ("x" * KEPT_BYTES, KEPT_BYTES + 1)]
    assert found[3] == ("€" * (KEPT_BYTES // 3) + "\ufffd", 3 * KEPT_BYTES)


def test_a_job_that_pings_too_often_is_told_to_wait_and_others_are_not(gateway: Gateway, pings: Tail) -> None:
    _, url = add_heartbeat(gateway, "hasty")
    monitor, other = add_heartbeat(gateway, "calm")
    assert {gateway.call(method, url, None).status_code for method in ("GET", "POST") * 30} == {200}
    refused = gateway.call("GET", url, None)
    assert "60 at once" in problem(refused, 429, "overloaded")["detail"]
    assert refused.headers["Retry-After"] == "1"
    assert gateway.call("GET", other, None).status_code == 200
    gateway.clock.advance(1)
    assert gateway.call("GET", url, None).status_code == 200
    told = [ping.monitor for ping in heard(pings)]
    assert (told.count(monitor), len(told)) == (1, 62)


def test_a_body_of_more_than_a_mebibyte_is_refused_and_one_of_just_that_is_not(gateway: Gateway, pings: Tail) -> None:
    _, url = add_heartbeat(gateway, "endless")
    assert gateway.call("POST", url, None, content=b"x" * (1 << 20)).status_code == 200
    found = problem(gateway.call("POST", url, None, content=b"x" * ((1 << 20) + 1)), 413, "too-large")
    assert "1048576 bytes" in found["detail"]
    assert len(heard(pings)) == 1


@pytest.mark.parametrize("signal", ["256", "-1", "1000", "stop", "0x1", "٣"])
def test_a_signal_that_is_none_is_refused(gateway: Gateway, pings: Tail, signal: str) -> None:
    _, url = add_heartbeat(gateway, f"says {signal}")
    found = fault(gateway.call("GET", f"{url}/{signal}", None), "signal")
    assert (found["value"], found["allowed"]) == (repr(signal), "start, fail, or an exit status from 0 to 255")
    assert heard(pings) == []


@pytest.mark.parametrize("rid", ["a b", "x" * 65, "%00", "%C3%A4"])
def test_a_run_with_a_name_that_is_none_is_refused(gateway: Gateway, rid: str) -> None:
    _, url = add_heartbeat(gateway, f"run {rid}")
    fault(gateway.call("GET", f"{url}?rid={rid}", None), "rid")


@pytest.mark.parametrize("key", ["0" * 32, "nonsense", "A" * 32, "%00"])
def test_an_unknown_key_is_not_found(gateway: Gateway, pings: Tail, key: str) -> None:
    problem(gateway.call("GET", f"/v1/ping/{key}", None), 404, "not-found")
    problem(gateway.call("POST", f"/v1/ping/{key}/fail", None, content=b"x"), 404, "not-found")
    assert heard(pings) == []


def test_a_renewed_url_is_good_at_once_and_the_one_before_leads_nowhere_soon(gateway: Gateway) -> None:
    monitor, before = add_heartbeat(gateway, "rotated")
    after = gateway.call("POST", f"/v1/monitors/{monitor}/ping-url").json()["ping"]
    assert before != after == gateway.call("GET", f"/v1/monitors/{monitor}/ping-url").json()["ping"]
    assert gateway.call("GET", after, None).status_code == 200
    until(lambda: gateway.call("GET", before, None).status_code == 404)


def test_a_removed_heartbeat_takes_no_pings_soon(gateway: Gateway) -> None:
    monitor, url = add_heartbeat(gateway, "removed")
    assert gateway.call("GET", url, None).status_code == 200
    assert gateway.call("DELETE", f"/v1/monitors/{monitor}").status_code == 204
    until(lambda: gateway.call("GET", url, None).status_code == 404)


def test_a_paused_heartbeat_takes_pings(gateway: Gateway, pings: Tail) -> None:
    monitor, url = add_heartbeat(gateway, "paused", paused=True)
    assert gateway.call("GET", url, None).status_code == 200
    assert [ping.monitor for ping in heard(pings)] == [monitor]


def test_the_url_is_for_administrators_of_the_account_only(gateway: Gateway) -> None:
    monitor, _ = add_heartbeat(gateway, "private")
    path = f"/v1/monitors/{monitor}/ping-url"
    for method in ("GET", "POST"):
        problem(gateway.call(method, path, None), 401)
        problem(gateway.call(method, path, "read"), 403)
        problem(gateway.call(method, path, tenant=gateway.theirs), 404)
        probed = add_monitor(gateway, f"probed {method}")
        assert "no heartbeat" in problem(gateway.call(method, f"/v1/monitors/{probed}/ping-url"), 404)["detail"]
    key = gateway.call("GET", path).json()["key"]
    assert len(key) == 32
    assert key not in gateway.get("/v1/monitors").text


def test_every_way_to_make_a_heartbeat_gives_it_a_key_of_its_own(gateway: Gateway) -> None:
    account = gateway.ours.account
    spec = MonitorSpec(name="imported", kind="heartbeat", every_s=60)
    bulk_monitors.write(gateway.store, account, [(spec, None)])
    changed = add_monitor(gateway, "changed")
    gateway.call("PUT", f"/v1/monitors/{changed}", json={"name": "changed", "kind": "heartbeat", "every_s": 60})
    names = {row["name"]: row["id"] for row in monitors.of_account(gateway.store, account)}
    urls = [
        gateway.call("GET", f"/v1/monitors/{names[name]}/ping-url").json()["ping"] for name in ("imported", "changed")
    ]
    assert len(set(urls)) == 2
    assert [gateway.call("GET", url, None).status_code for url in urls] == [200, 200]
    # A change of what it is called leaves the key as it is.
    gateway.call("PUT", f"/v1/monitors/{changed}", json={"name": "again", "kind": "heartbeat", "every_s": 60})
    assert gateway.call("GET", f"/v1/monitors/{changed}/ping-url").json()["ping"] == urls[1]


def test_the_gateway_tells_the_log_that_it_listens(gateway: Gateway) -> None:
    tail = Tail(gateway.log, PINGS.name)
    until(lambda: any(isinstance(decode_ping(record.value), Listening) for record in tail.read()))
