"""Channels over the API: addresses that nobody could post to, and the way back of one that was disabled."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.alerting.receiver import OK, Receiver, answer
from tests.integration.alerting.working import rows, step, tell, with_receiver, worker
from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from vedette.store import outbox

URL = "https://ops.example/hook"


def add(gateway: Gateway, name: str, url: str = URL) -> int:
    body = {"name": name, "kind": "webhook", "config": {"url": url}}
    made = gateway.call("POST", "/v1/channels", json=body)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def reasons(gateway: Gateway) -> dict[str, str | None]:
    return {channel["name"]: channel["disabled_reason"] for channel in gateway.get("/v1/channels").json()["channels"]}


@pytest.mark.parametrize("url", ["http://a:99999/", "http://a:65536/", "http://a:0/", "http://a:-1/", "http://xn--a/"])
def test_an_address_that_nobody_could_post_to_is_refused(gateway: Gateway, url: str) -> None:
    body = {"name": "bad", "kind": "webhook", "config": {"url": url}}
    fault(gateway.call("POST", "/v1/channels", json=body), "url")
    assert "bad" not in reasons(gateway)


def test_the_last_port_is_a_port(gateway: Gateway) -> None:
    add(gateway, "last", "http://ops.example:65535/")


def test_a_disabled_channel_is_enabled_by_an_admin_of_its_account_only(gateway: Gateway) -> None:
    channel = add(gateway, "mine")
    path = f"/v1/channels/{channel}/enable"
    outbox.disable_channel(gateway.store, channel, "410 Gone")
    problem(gateway.call("POST", path, "read"), 403, "not-allowed")
    problem(gateway.call("POST", path, tenant=gateway.theirs), 404, "not-found")
    assert reasons(gateway)["mine"] == "410 Gone"
    for _ in range(2):  # one that is enabled stays so
        assert gateway.call("POST", path).status_code == 204
        assert reasons(gateway)["mine"] is None
    problem(gateway.call("POST", f"/v1/channels/{channel + 1000}/enable"), 404, "not-found")


def test_what_waited_for_a_disabled_channel_is_delivered_once_it_is_enabled(fresh: Gateway) -> None:
    answers = [answer(410), OK, OK, OK]

    async def body(receiver: Receiver) -> None:
        assert fresh.ours.account == 1  # the account that `tell` tells about
        channel = await asyncio.to_thread(add, fresh, "hook", receiver.url)
        tell(fresh.store)
        assert await step(worker(fresh.store)) == 1
        tell(fresh.store, episodes=2, ends=True)
        assert await step(worker(fresh.store)) == 0
        enabled = await asyncio.to_thread(fresh.call, "POST", f"/v1/channels/{channel}/enable")
        assert enabled.status_code == 204
        while await step(worker(fresh.store)):
            pass

    with_receiver(lambda request: answers.pop(0), body)
    assert [state for state, *_ in rows(fresh.store)] == ["failed", "delivered", "delivered", "delivered"]
