"""`vedette_client` against the real gateway, for what that has already."""

from __future__ import annotations

import pytest

from tests.integration.gateway.server import PASSWORD, Gateway
from vedette_client import Recorder, VedetteClient
from vedette_client.errors import InvalidInput, NotAllowed, NotAuthenticated


def test_a_user_signs_in_and_sees_alerts_and_the_session_is_renewed(gateway: Gateway) -> None:
    with VedetteClient(gateway.url, email=gateway.ours.email, password=PASSWORD) as client:
        client.login()
        assert client.alerts() == []
        gateway.clock.advance(3600)  # the access token has ended, the session has not
        assert client.alerts("firing", limit=5) == []


def test_a_token_sees_alerts(gateway: Gateway) -> None:
    with VedetteClient(gateway.url, gateway.ours.tokens["read"]) as client:
        assert client.alerts() == []


def test_the_gateway_s_problems_are_errors_of_the_tree(gateway: Gateway) -> None:
    stranger = VedetteClient(gateway.url, email=gateway.ours.email, password="wrong")
    with stranger, pytest.raises(NotAuthenticated, match="password is wrong"):
        stranger.alerts()
    sender = VedetteClient(gateway.url, gateway.ours.tokens["ingest"])
    with sender, pytest.raises(NotAllowed):
        sender.alerts()
    reader = VedetteClient(gateway.url, gateway.ours.tokens["read"])
    with reader, pytest.raises(InvalidInput, match="limit") as raised:
        reader.alerts(limit=0)
    assert raised.value.errors[0]["field"]


def test_a_recorder_whose_token_is_unknown_says_so(gateway: Gateway) -> None:
    with Recorder(gateway.url, "vdt_unknown", model="m") as recorder:
        recorder.record({"a": 1})
    assert recorder.counters.rejected == 1
    assert recorder.last_error is not None
