"""`vedette route`: the command line against a real gateway."""

from __future__ import annotations

from typing import Any

import pytest

from launch.commands import route
from tests.integration.gateway.commands import Typed
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel

SET = ("route", "set", "nights", "--match", '{severity="critical"}', "--hours", "mon-fri 18:00-08:00")
STEPS = (
    "--step",
    "0=[ops]",
    "--step",
    "15m=schedule:team,group:shop,2",
    "--remind",
    "1h",
    "--group",
    "30s",
    "--position",
    "5",
)


@pytest.fixture
def typed(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Typed:
    add_channel(fresh, "[ops]")
    ann = add_channel(fresh, "ann")
    plan = {"name": "team", "rotation": [ann], "first": "2026-11-30"}
    assert fresh.call("POST", "/v1/groups", json={"name": "shop", "channels": [ann]}).status_code == 201
    assert fresh.call("POST", "/v1/schedules", json=plan).status_code == 201
    return Typed(fresh, route, monkeypatch)


def stored(typed: Typed) -> dict[str, Any]:
    [found] = typed.gateway.get("/v1/routes").json()["routes"]
    return dict(found)


def test_a_route_is_made_shown_changed_and_removed(typed: Typed) -> None:
    assert typed(*SET, *STEPS, "--zone", "Europe/Berlin").strip() == "route 1"
    hours = {"days": [0, 1, 2, 3, 4], "since": "18:00", "until": "08:00", "zone": "Europe/Berlin"}
    steps = [
        {"after_s": 0, "channels": [1], "groups": [], "schedules": []},
        {"after_s": 900, "channels": [2], "groups": [1], "schedules": [1]},
    ]
    made = {"id": 1, "name": "nights", "position": 5, "match": '{severity="critical"}', "hours": hours}
    assert stored(typed) == {**made, "steps": steps, "remind_s": 3600, "group_s": 30}
    listed = typed("route", "list")
    words = (
        "nights",
        '{severity="critical"}',
        "mon-fri 18:00-08:00",
        "0=[ops] → 15m=ann,group:shop,schedule:team",
        "each 1h",
    )
    assert all(word in listed for word in words), listed
    shown = typed("route", "show", "nights")
    assert "step      15m=ann,group:shop,schedule:team" in shown

    typed("route", "set", "nights", "--zone", "UTC", "--remind", "never", "--name", "all nights")
    kept = stored(typed)
    assert (kept["name"], kept["remind_s"], kept["steps"]) == ("all nights", None, steps)
    assert kept["hours"] == {**hours, "zone": "UTC"}
    typed("route", "set", "1", "--match", "", "--hours", "any", "--nobody")
    kept = stored(typed)
    assert (kept["match"], kept["hours"], kept["steps"]) == (None, None, [])
    assert "nobody" in typed("route", "list")
    typed("route", "remove", "all nights")
    assert typed.gateway.get("/v1/routes").json() == {"routes": []}


REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("show", "days"), "nights (1)"),
    (("set", "days"), "--nobody"),
    (("set", "7", "--nobody"), "nights (1)"),
    (("set", "days", "--nobody", "--step", "0=ann"), "either --step or --nobody"),
    (("set", "days", "--step", "ann"), "15m=schedule:team"),
    (("set", "days", "--step", "soon=ann"), "as 90s, 15m"),
    (("set", "days", "--step", "0=cat"), "[ops] (1), ann (2)"),
    (("set", "days", "--step", "0=schedule:cat"), "team (1)"),
    (("set", "days", "--step", "0=group:cat"), "shop (1)"),
    (("set", "days", "--step", "9=ann", "--step", "0=ann"), "greater than the one before"),
    (("set", "days", "--step", "0=ann", "--hours", "at night"), "mon-fri 09:00-17:30"),
    (("set", "days", "--step", "0=ann", "--hours", "mo 09:00-10:00"), "mon, tue"),
    (("set", "days", "--step", "0=ann", "--zone", "UTC"), "with --hours"),
    (("set", "days", "--step", "0=ann", "--match", "{oops"), "match"),
)


def test_what_cannot_be_is_refused_with_what_is_allowed(typed: Typed) -> None:
    typed(*SET, *STEPS)
    for words, why in REFUSED:
        assert why in typed.refused("route", *words), words
