"""Whether frames are kept is decided by the account's configuration when their order is given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.hosts import check_in, host
from tests.integration.gateway.realtime_site import begin, publish, token_of
from tests.integration.gateway.server import Gateway, Tail
from tests.integration.gateway.waiting import until
from vedette.events.fleet import RealtimeOrder, decode_order, is_order
from vedette.events.realtime import FrameRecord, decode_record
from vedette.events.topics import CONTROL, REALTIME


def archived(tail: Tail) -> list[bool]:
    """Of each frame in the log, whether it is to be kept."""
    found = (decode_record(record.value) for record in tail.read())
    return [record.archive for record in found if isinstance(record, FrameRecord)]


def at_once(tail: Tail) -> dict[str, str]:
    """The tokens that a session's hosts are given when it begins."""
    orders = [decode_order(record.value) for record in tail.read() if is_order(record.value)]
    return {order.source: order.token for order in orders if isinstance(order, RealtimeOrder)}


def ordered(site: Gateway, source: str) -> str:
    """The token of the order that comes with a check-in."""
    [order] = check_in(site, source).json()["directives"]
    return str(order["token"])


def configure(site: Gateway, layer: str) -> None:
    body: dict[str, Any] = {"realtime_archive": True}
    path = {"account": "/v1/fleet/defaults", "role": "/v1/roles/kept", "host": "/v1/sources/web-1/config"}[layer]
    assert site.call("PUT", path, "admin", json=body).is_success
    if layer == "role":
        assert site.call("PUT", "/v1/sources/web-1/roles", "admin", json={"roles": ["kept"]}).is_success


@pytest.mark.parametrize(
    ("layer", "kept"), [("account", [True, True]), ("role", [True, False]), ("host", [True, False])]
)
def test_frames_are_kept_of_the_hosts_whose_account_role_or_own_configuration_says_so(
    site: Gateway, layer: str, kept: list[bool]
) -> None:
    configure(site, layer)
    frames, orders = Tail(site.log, REALTIME.name), Tail(site.log, CONTROL.name)
    begin(site, "web-1", "web-2")
    until(lambda: len(at_once(orders)) == 2)
    begun = at_once(orders)
    for source in ("web-1", "web-2"):
        assert publish(site, begun[source]).status_code == 204
    for source in ("web-1", "web-2"):
        assert publish(site, ordered(site, source), 2).status_code == 204
    assert archived(frames) == kept * 2
    check_in(site, "web-1")
    assert host(site, "web-1")["agent"].get("refused", []) == [], "it is the gateway's business, not the agent's"


def test_without_a_word_about_it_no_frame_is_kept(site: Gateway) -> None:
    tail = Tail(site.log, REALTIME.name)
    session = begin(site)
    for token in (token_of(site, session), ordered(site, "web-1")):
        assert publish(site, token).status_code == 204
    assert archived(tail) == [False, False]
