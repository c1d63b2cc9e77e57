"""Whether frames are kept is decided by the account's configuration when their order is given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.hosts import check_in, host
from tests.integration.gateway.realtime_site import begin, publish, token_of
from tests.integration.gateway.server import Gateway, Tail
from vedette.events.realtime import FrameRecord, decode_record
from vedette.events.topics import REALTIME


def archived(tail: Tail) -> list[bool]:
    """Of each frame in the log, whether it is to be kept."""
    found = (decode_record(record.value) for record in tail.read())
    return [record.archive for record in found if isinstance(record, FrameRecord)]


def ordered(site: Gateway, source: str) -> str:
    """The token of the order that comes with a check-in."""
    [order] = check_in(site, source).json()["directives"]
    return str(order["token"])


@pytest.mark.parametrize(
    ("path", "kept"), [("/v1/fleet/defaults", [True, True]), ("/v1/sources/web-1/config", [True, False])]
)
def test_frames_are_kept_of_the_hosts_whose_account_role_or_own_configuration_says_so(
    site: Gateway, path: str, kept: list[bool]
) -> None:
    body: dict[str, Any] = {"realtime_archive": True}
    assert site.call("PUT", path, "admin", json=body).is_success
    tail = Tail(site.log, REALTIME.name)
    begin(site, "web-1", "web-2")
    for source in ("web-1", "web-2"):
        assert publish(site, ordered(site, source)).status_code == 204
    assert archived(tail) == kept
    check_in(site, "web-1")
    assert host(site, "web-1")["agent"].get("refused", []) == [], "it is the gateway's business, not the agent's"


def test_without_a_word_about_it_no_frame_is_kept(site: Gateway) -> None:
    tail = Tail(site.log, REALTIME.name)
    session = begin(site)
    for token in (token_of(site, session), ordered(site, "web-1")):
        assert publish(site, token).status_code == 204
    assert archived(tail) == [False, False]
