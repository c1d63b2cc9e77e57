"""`vedette group`: the command line against a real gateway."""

from __future__ import annotations

import pytest

from launch.commands import group
from tests.integration.gateway.commands import Typed
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel


@pytest.fixture
def typed(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Typed:
    add_channel(fresh, "[ops]")
    add_channel(fresh, "ann")
    return Typed(fresh, group, monkeypatch)


def test_a_group_is_made_listed_changed_and_removed(typed: Typed) -> None:
    assert typed("group", "set", "shop team", "-c", "[ops]", "-c", "2").strip() == "group 1"
    assert "shop team │ [ops], ann" in typed("group", "list")
    typed("group", "set", "shop team", "--name", "shop")
    typed("group", "set", "1", "-c", "ann")
    assert typed.gateway.get("/v1/groups").json() == {"groups": [{"id": 1, "name": "shop", "channels": [2]}]}
    typed("group", "remove", "shop")
    assert typed.gateway.get("/v1/groups").json() == {"groups": []}


def test_what_cannot_be_is_refused_with_what_is_allowed(typed: Typed) -> None:
    assert "--channel" in typed.refused("group", "set", "nobody")
    assert "[ops] (1), ann (2)" in typed.refused("group", "set", "shop", "-c", "cat")
    typed("group", "set", "shop", "-c", "ann")
    assert "shop (1)" in typed.refused("group", "set", "7", "-c", "ann")
    rule = {"name": "Silent", "kind": "host_silent", "groups": [1]}
    assert typed.gateway.call("POST", "/v1/rules", json=rule).status_code == 201
    assert "named by the rule 'Silent'" in typed.refused("group", "remove", "shop")
