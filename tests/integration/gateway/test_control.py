"""The control stream: orders for one location, news of changed monitors, and who may listen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.integration.gateway.server import Gateway, Tenant
from tests.integration.gateway.sse import Viewer
from vedette.events.checks import CheckRecord
from vedette.events.control import Recheck, encode_recheck, recheck
from vedette.events.topics import CONTROL
from vedette.log import Message
from vedette.monitors import MonitorSpec
from vedette.store import accounts, monitors

SHOP = MonitorSpec(name="shop", url="https://shop.example")


@contextmanager
def follow(gateway: Gateway, location: str, token: str | None = None) -> Iterator[Viewer]:
    headers = {"Authorization": f"Bearer {token or gateway.ours.tokens['probe']}"}
    with (
        httpx.Client(base_url=gateway.url, timeout=10) as client,
        client.stream("GET", "/v1/probe/control", params={"location": location}, headers=headers) as response,
    ):
        assert response.status_code == 200
        viewer = Viewer(response)
        yield viewer


def order(gateway: Gateway, location: str, slot: int, tenant: Tenant | None = None) -> Recheck:
    account = (tenant or gateway.ours).account
    result = CheckRecord(1, "x", slot, slot, "down", account=account)
    given = recheck(result, location, account, gateway.clock.now_ms())
    gateway.log.produce(CONTROL.name, [Message(location.encode(), encode_recheck(given))]).result(10)
    return given


def test_orders_come_to_the_location_that_they_are_for_and_to_no_other_account(fresh: Gateway) -> None:
    order(fresh, "eu", 1)  # before anybody listens: nobody needs it any more
    with follow(fresh, "eu") as eu, follow(fresh, "us") as us:
        order(fresh, "eu", 2, fresh.theirs)
        first, second = order(fresh, "us", 3), order(fresh, "eu", 4)
        assert (eu.next().kind, us.next().kind) == ("recheck", "recheck")
        third = order(fresh, "eu", 5)
        event = eu.next()
    assert event.data["id"] == third.id
    assert (event.data["monitor"], event.data["scheduled_ms"], event.data["attempt"]) == (1, 5, 2)
    assert first.id != second.id


def test_a_message_that_is_no_order_is_passed_over(fresh: Gateway) -> None:
    with follow(fresh, "eu") as eu:
        fresh.log.produce(CONTROL.name, [Message(b"eu", b"nonsense")]).result(10)
        given = order(fresh, "eu", 1)
        assert eu.next().data["id"] == given.id


def test_every_change_of_the_accounts_monitors_is_told_however_it_was_made(fresh: Gateway) -> None:
    with follow(fresh, "eu") as eu:
        made = monitors.add(fresh.store, fresh.ours.account, SHOP)
        assert eu.next().kind == "monitors"
        monitors.change(fresh.store, fresh.ours.account, made, SHOP.model_copy(update={"paused": True}))
        assert eu.next().kind == "monitors"
        monitors.add(fresh.store, fresh.theirs.account, SHOP)  # says nothing to us
        given = order(fresh, "eu", 1)
        assert eu.next().data.get("id") == given.id
        monitors.remove(fresh.store, fresh.ours.account, made)
        assert eu.next().kind == "monitors"


def test_a_stream_can_be_followed_again_after_everybody_has_left(fresh: Gateway) -> None:
    for slot in (1, 2):
        with follow(fresh, "eu") as eu:
            given = order(fresh, "eu", slot)
            assert eu.next().data["id"] == given.id


def test_only_probes_may_listen_and_a_bound_one_only_for_its_location(fresh: Gateway) -> None:
    bound = accounts.add_api_token(fresh.store, fresh.ours.account, "bound", ["probe"], "eu")
    with follow(fresh, "eu", bound):
        pass
    headers = {"Authorization": f"Bearer {bound}"}
    answer = fresh.client.get("/v1/probe/control?location=us", headers=headers)
    assert answer.status_code == 403
    assert fresh.get("/v1/probe/control?location=eu", "read").status_code == 403
    assert fresh.get("/v1/probe/control?location=eu", None).status_code == 401
    assert fresh.get("/v1/probe/control?location=EU!", "probe").status_code == 422
    assert fresh.get("/v1/probe/control", "probe").status_code == 422
