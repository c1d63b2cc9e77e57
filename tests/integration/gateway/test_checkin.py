"""Check-ins: what the gateway keeps, answers and signals."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest_api.fleet import orders
from tests.integration.gateway.hosts import check_in, enrolled, host
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway, Tail
from vedette.events.fleet import CheckIn, Order, RealtimeOrder
from vedette.events.signals import Signal
from vedette.events.topics import SIGNALS
from vedette.log import Log
from vedette.store.pool import Store

HOUR_MS = 3_600_000


def signals(tail: Tail) -> list[tuple[str, str]]:
    """Subjects and states that were signalled."""
    found = [msgspec.json.decode(record.value, type=Signal) for record in tail.read()]
    return [(signal.subject, signal.state) for signal in sorted(found, key=lambda signal: signal.at)]


def test_what_an_agent_says_is_shown_and_only_to_its_account(gateway: Gateway) -> None:
    plugins = [{"name": "nginx", "state": "failing", "error": "refused", "series": 0}]
    answer = check_in(gateway, "shown", facts={"os": "Debian 12"}, plugins=plugins, boot_ms=5)
    assert answer.status_code == 200
    assert answer.json()["server_ms"] == gateway.clock.now_ms()
    found = host(gateway, "shown")
    assert found["agent"]["facts"] == {"os": "Debian 12"}
    assert found["agent"]["plugins"][0]["error"] == "refused"
    assert found["flags"] == []
    assert gateway.get("/v1/sources/shown", tenant=gateway.theirs).status_code == 404
    check_in(gateway, "shown")
    assert host(gateway, "shown")["agent"]["facts"] == {"os": "Debian 12"}, "facts that are not said stay"


def test_a_fingerprint_is_never_shown_whole(gateway: Gateway) -> None:
    check_in(gateway, "hidden", fingerprint="0123456789abcdef0123456789abcdef")
    assert host(gateway, "hidden")["agent"]["fingerprint"] == "0123456789ab"


def test_a_configuration_is_sent_only_to_who_has_another(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/fleet/defaults", json={"interval_s": 30, "mask_arguments": True})
    first = check_in(fresh, "a").json()
    assert first["config"] == {"interval_s": 30.0, "mask_arguments": True}
    second = check_in(fresh, "a", config_version=first["config_version"]).json()
    assert "config" not in second
    assert host(fresh, "a")["agent"]["config_version"] == host(fresh, "a")["config_version"]
    fresh.call("PUT", "/v1/fleet/defaults", json={"interval_s": 10})
    assert check_in(fresh, "a", config_version=first["config_version"]).json()["config"] == {"interval_s": 10.0}


def test_what_an_agent_refused_is_on_the_hosts_page(gateway: Gateway) -> None:
    check_in(gateway, "refuser", refused=[{"part": "statsd", "reason": "no such thing"}])
    found = host(gateway, "refuser")
    assert found["flags"] == ["refused"]
    assert found["agent"]["refused"] == [{"part": "statsd", "reason": "no such thing"}]


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_is_hours_off_is_flagged_and_signalled_once_and_when_it_is_right(
    fresh: Gateway, hours: int
) -> None:
    tail = Tail(fresh.log, SIGNALS.name)
    for _ in range(2):
        check_in(fresh, "late", clock_ms=fresh.clock.now_ms() + hours * HOUR_MS)
    found = host(fresh, "late")
    assert found["flags"] == ["clock"]
    assert found["agent"]["clock_offset_ms"] == hours * HOUR_MS
    fresh.clock.advance(60)
    check_in(fresh, "late", clock_ms=fresh.clock.now_ms() + 900)
    assert host(fresh, "late")["flags"] == []
    assert signals(tail) == [("clock:late", "off"), ("clock:late", "ok")]


def test_a_host_that_slept_shows_for_how_long_and_since_when_it_is_awake(gateway: Gateway) -> None:
    check_in(gateway, "sleeper", slept_ms=7_200_000)
    woke = gateway.clock.now_ms()
    gateway.clock.advance(60)
    check_in(gateway, "sleeper")
    found = host(gateway, "sleeper")["agent"]
    assert (found["slept_ms"], found["woke_ms"]) == (7_200_000, woke)


def test_an_agent_that_no_longer_checks_in_is_away(fresh: Gateway) -> None:
    check_in(fresh, "a")
    fresh.clock.advance(179)
    assert host(fresh, "a")["flags"] == []
    fresh.clock.advance(2)
    assert host(fresh, "a")["flags"] == ["away"]


def both(gateway: Gateway, token: str) -> list[dict[str, Any]]:
    """Two machines with one identity check in in turn, four times each."""
    answers = []
    for _ in range(4):
        for boot, epoch in (("one", 1), ("two", 2)):
            gateway.clock.advance(30)
            answers.append(check_in(gateway, "twin", token, boot=boot, epoch=epoch, facts={"boot": boot}).json())
    return answers


def test_clones_are_told_both_the_first_goes_on_and_it_is_signalled(fresh: Gateway) -> None:
    tail = Tail(fresh.log, SIGNALS.name)
    *_, first, second = both(fresh, enrolled(fresh, "twin"))
    assert first["clone"]
    assert second["clone"]
    assert "directives" not in first
    [order] = second["directives"]
    assert order["order"] == "stand_down"
    assert "--source NAME" in order["reason"]
    found = host(fresh, "twin")
    assert found["flags"] == ["clone"]
    assert found["agent"]["facts"] == {"boot": "one"}
    assert signals(tail) == [("clone:twin", "clone")]


def test_when_the_clone_is_gone_the_signal_ends(fresh: Gateway) -> None:
    tail = Tail(fresh.log, SIGNALS.name)
    token = enrolled(fresh, "twin")
    both(fresh, token)
    for _ in range(32):
        fresh.clock.advance(60)
        check_in(fresh, "twin", token, boot="one")
    assert host(fresh, "twin")["flags"] == []
    assert signals(tail) == [("clone:twin", "clone"), ("clone:twin", "ok")]


def test_orders_that_last_come_with_the_check_in_of_their_host(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def realtime(store: Store, account: int, source: str, now_ms: int, key: bytes) -> list[Order]:
        return [RealtimeOrder(account, source, "s", "t", now_ms + 1)] if source == "watched" else []

    monkeypatch.setattr(orders, "LASTING", (realtime,))
    [order] = check_in(gateway, "watched").json()["directives"]
    assert (order["order"], order["session"]) == ("realtime", "s")
    assert "directives" not in check_in(gateway, "unwatched").json()


def test_what_its_plugins_want_people_to_read_is_signalled(fresh: Gateway) -> None:
    tail = Tail(fresh.log, SIGNALS.name)
    said = {"subject": "array", "body": "sda failed", "at_ms": fresh.clock.now_ms()}
    plugins = [{"name": "raid", "state": "ok", "alerts": [said]}]
    assert check_in(fresh, "web-1", plugins=plugins).status_code == 200
    [found] = [msgspec.json.decode(record.value, type=Signal) for record in tail.read()]
    assert (found.kind, found.subject) == ("notice", "plugin:web-1/raid")
    assert found.detail == {"title": "array", "body": "sda failed", "said_ms": said["at_ms"]}
    fault(
        check_in(fresh, "web-1", plugins=[{**plugins[0], "alerts": [{**said, "at_ms": -1}]}]),
        "plugins[0].alerts[0].at_ms",
    )


def test_what_else_becomes_of_a_check_in_is_called_with_it(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[int, str]] = []

    def hear(store: Store, log: Log, account: int, found: CheckIn, now_ms: int) -> None:
        heard.append((account, found.source))

    monkeypatch.setattr(orders, "HEARD", (hear,))
    check_in(gateway, "heard")
    assert heard == [(gateway.ours.account, "heard")]


def test_a_check_in_that_makes_no_sense_is_refused_by_name(gateway: Gateway) -> None:
    fault(check_in(gateway, ""), "source")
    fault(check_in(gateway, "odd", epoch="soon"), "epoch")
    fault(check_in(gateway, "odd", plugins=[{"name": "a", "state": "dancing"}]), "plugins[0].state")
    assert check_in(gateway, "odd", facts={"x" * 60: "y" * 500}, plugins=[{"name": "a", "state": "ok"}] * 100_000
                    ).status_code == 413  # fmt: skip
    assert gateway.get("/v1/sources/odd").status_code == 404


def test_only_agents_check_in(gateway: Gateway) -> None:
    for scope in ("ingest", "probe", "read"):
        assert check_in(gateway, "a", gateway.ours.tokens[scope]).status_code == 403
    assert gateway.client.post("/v1/agents/checkin", json={}).status_code == 401
