"""`vedette group`: the command line against a real gateway."""

from __future__ import annotations

import pytest

from launch.commands import group
from tests.integration.gateway.commands import Typed
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel


@pytest.fixture
def typed(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Typed:
    add_channel(fresh, "ops")
    add_channel(fresh, "[ann]")
    return Typed(fresh, group, monkeypatch)


def test_a_group_is_made_shown_changed_and_removed(typed: Typed) -> None:
    assert typed("group", "set", "shop team", "--channel", "ops", "--channel", "2").strip() == "group 1"
    assert typed.gateway.get("/v1/groups").json() == {"groups": [{"id": 1, "name": "shop team", "channels": [1, 2]}]}
    assert all(word in typed("group", "list") for word in ("shop team", "ops, [ann]"))
    typed("group", "set", "1", "--name", "shop")
    typed("group", "set", "shop", "--channel", "[ann]")
    assert typed.gateway.get("/v1/groups").json() == {"groups": [{"id": 1, "name": "shop", "channels": [2]}]}
    typed("group", "remove", "shop")
    assert typed.gateway.get("/v1/groups").json() == {"groups": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "new"), "at least one channel"),
        (("set", "7", "--channel", "ops"), "there is none"),
        (("set", "new", "--channel", "cat"), "ops (1)"),
        (("remove", "new"), "there is none"),
    ],
)
def test_what_is_not_there_is_said(typed: Typed, words: tuple[str, ...], said: str) -> None:
    assert said in typed.refused("group", *words)
