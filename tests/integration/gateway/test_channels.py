"""Channels over the API: addresses that nobody could post to, and the way back of one that was disabled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerting.channels import CHANNELS
from tests.integration.alerting.receiver import OK, Receiver, answer
from tests.integration.alerting.working import rows, step, tell, with_receiver, worker
from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from vedette.store import outbox


@pytest.fixture
def fresh_open(dsn: str, tmp_path: Path) -> Iterator[Gateway]:
    """One of the test's own that may reach private addresses."""
    with Gateway(dsn, tmp_path, allow_private=True) as running:
        yield running


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


def test_a_channel_is_tried_at_once_and_the_answer_is_told(fresh_open: Gateway) -> None:
    answers = [answer(503, b"not now"), answer(410, b"gone"), OK]

    async def body(receiver: Receiver) -> None:
        channel = await asyncio.to_thread(add, fresh_open, "hook", receiver.url)
        path = f"/v1/channels/{channel}/test"
        found = [(await asyncio.to_thread(fresh_open.call, "POST", path)).json() for _ in range(3)]
        assert [(one["delivered"], one["permanent"], one["answer"]) for one in found] == [
            (False, False, "503 not now"),
            (False, True, "410 gone"),
            (True, False, "200 thanks"),
        ]
        assert receiver.got[0].body["detail"]["test"] is True
        assert await asyncio.to_thread(reasons, fresh_open) == {"hook": None}  # a test disables nothing
        for scope, tenant, status in (("read", None, 403), ("admin", fresh_open.theirs, 404)):
            refused = await asyncio.to_thread(fresh_open.call, "POST", path, scope, tenant=tenant)
            assert refused.status_code == status

    with_receiver(lambda request: answers.pop(0), body)


def test_a_test_does_not_reach_private_addresses_unless_allowed(gateway: Gateway) -> None:
    channel = add(gateway, "inside", "http://127.0.0.1:9/")
    found = gateway.call("POST", f"/v1/channels/{channel}/test").json()
    assert not found["delivered"]
    assert "VEDETTE_ALLOW_PRIVATE" in found["answer"]


def test_a_webhook_s_secret_is_replaced_and_shown_once(gateway: Gateway) -> None:
    channel = add(gateway, "turning")
    path = f"/v1/channels/{channel}/rotate"
    made = gateway.call("POST", path, json={"overlap_s": 60}).json()
    assert len(made["secret"]) >= 32
    assert made["previous_until_s"] == gateway.clock.now_ms() // 1000 + 60
    listed = gateway.get("/v1/channels").text
    assert made["secret"] not in listed
    assert "previous_secret" not in listed
    fault(gateway.call("POST", path, json={"secret": "short"}), "secret")
    problem(gateway.call("POST", path, json={}, tenant=gateway.theirs), 404, "not-found")


def test_a_secret_does_not_go_elsewhere_with_a_change_of_the_address(gateway: Gateway) -> None:
    config = {"topic": "ops", "url": "https://ntfy.example", "token": "tk_of_the_first"}
    made = gateway.call("POST", "/v1/channels", json={"name": "n", "kind": "ntfy", "config": config})
    assert "tk_of_the_first" not in made.text
    path = f"/v1/channels/{made.json()['id']}"

    def change(**config: str) -> Any:
        return gateway.call("PUT", path, json={"name": "n", "kind": "ntfy", "config": {"topic": "ops", **config}})

    assert change(url="https://ntfy.example").status_code == 200
    fault(change(url="https://thief.example"), "token")
    assert change(url="https://other.example", token="tk_of_the_other").status_code == 200


def test_kinds_tell_what_a_channel_of_each_needs(gateway: Gateway) -> None:
    kinds = {one["kind"]: one["settings"] for one in gateway.get("/v1/channels/kinds").json()["kinds"]}
    assert kinds.keys() == CHANNELS.keys()
    for name, settings in kinds.items():
        hidden = {field for field, one in settings["properties"].items() if one.get("writeOnly")}
        assert hidden == CHANNELS[name].secrets() - {"previous_secret"}
        assert all(one["description"] for one in settings["properties"].values())
    assert kinds["email"]["required"] == ["host", "sender", "to"]
    assert kinds["webhook"]["properties"].keys() == {"url", "secret", "give_up_after_s"}
    assert kinds["console"]["properties"].keys() == {"give_up_after_s"}
    assert gateway.call("GET", "/v1/channels/kinds", "ingest").status_code == 403


def test_a_channel_of_apprise_shows_its_address_to_nobody(gateway: Gateway) -> None:
    config = {"apprise_url": "gotify://push.example/a_secret_of_gotify"}
    made = gateway.call("POST", "/v1/channels", json={"name": "push", "kind": "apprise", "config": config})
    assert made.status_code == 201, made.text
    bad = {"apprise_url": "nobody://a_secret_of_gotify"}
    refused = gateway.call("POST", "/v1/channels", json={"name": "bad", "kind": "apprise", "config": bad})
    fault(refused, "apprise_url")
    for answered in (made, refused, gateway.get("/v1/channels")):
        assert "a_secret_of_gotify" not in answered.text


def test_what_webhooks_get_is_described_by_a_schema(gateway: Gateway) -> None:
    found = gateway.get("/v1/channels/webhook/schema").json()
    assert found == json.loads((Path(__file__).parents[3] / "docs/webhook.schema.json").read_text(encoding="utf-8"))
    assert set(found["discriminator"]["mapping"]) == {"start", "update", "end", "one-off", "report"}
    assert gateway.get("/v1/channels/webhook/schema", None).status_code == 401
