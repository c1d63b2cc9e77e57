"""`vedette channel`: the command line against a real gateway."""

from __future__ import annotations

import pytest

from launch.commands import channel
from tests.integration.gateway.commands import Typed
from tests.integration.gateway.server import Gateway
from vedette.store import alerts


@pytest.fixture
def typed(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(fresh, channel, monkeypatch)


def kept(typed: Typed) -> dict[str, object]:
    return alerts.channel_config(typed.gateway.store, typed.gateway.ours.account, 1)[1]


def test_a_channel_is_changed_and_keeps_what_is_not_said(typed: Typed) -> None:
    made = ("host=mail.shop.example", "sender=a@shop.example", "to=b@shop.example", "user=a", "password=a_password")
    typed("channel", "add", "email", "--name", "night", *(word for one in made for word in ("--set", one)))
    typed("channel", "change", "1", "--name", "[nights]", "--set", "to=c@shop.example,d@shop.example")
    assert kept(typed)["to"] == ["c@shop.example", "d@shop.example"]
    assert kept(typed)["password"] == "a_password"
    shown = typed("channel", "show", "1")
    assert "[nights] (email): in use" in shown
    assert "to: c@shop.example, d@shop.example" in shown
    assert "a_password" not in shown
    assert "password" in typed.refused("channel", "change", "1", "--set", "host=other.example")
    typed("channel", "change", "1", "--unset", "user", "--unset", "password")
    assert not {"user", "password"} & kept(typed).keys()
    assert "sender" in typed.refused("channel", "change", "1", "--unset", "colour")
    assert "does not exist" in typed.refused("channel", "change", "2", "--name", "x")


def test_a_webhook_s_secret_is_rotated_with_an_overlap_that_is_shown(typed: Typed) -> None:
    typed("channel", "add", "webhook", "https://ops.example/hook", "--secret", "0123456789abcdef")
    secret = typed("channel", "rotate", "1", "--overlap-s", "3600").strip()
    assert kept(typed)["secret"] == secret
    assert kept(typed)["previous_secret"] == "0123456789abcdef"
    assert "signs too until 2023-11-14 23:13 UTC" in typed("channel", "show", "1")
    typed("channel", "change", "1", "--set", "url=https://ops.example/other")
    assert (kept(typed)["secret"], kept(typed)["previous_secret"]) == (secret, "0123456789abcdef")
    assert "rotate" in typed.refused("channel", "change", "1", "--unset", "secret")


def test_a_webhook_is_never_left_with_a_secret_that_nobody_knows(fresh: Gateway) -> None:
    config = {"url": "https://ops.example/hook", "secret": "0123456789abcdef"}
    made = fresh.call("POST", "/v1/channels", json={"name": "w", "kind": "webhook", "config": config}).json()
    for said in (None, ""):
        body = {"name": "w", "kind": "webhook", "config": {**config, "secret": said}}
        assert fresh.call("PUT", f"/v1/channels/{made['id']}", json=body).status_code == 200
        kept = alerts.channel_config(fresh.store, fresh.ours.account, made["id"])[1]
        assert kept["secret"] == "0123456789abcdef"
