"""`vedette schedule`: the command line against a real gateway, whose clock stands at 2023-11-14 22:13:20 UTC."""

from __future__ import annotations

import pytest

from launch.commands import schedule
from tests.integration.gateway.commands import Typed
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel

SET = ("schedule", "set", "team", "-c", "ann", "-c", "[bob]", "--first", "2023-11-13", "--zone", "Europe/Berlin")


@pytest.fixture
def typed(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Typed:
    add_channel(fresh, "ann")
    add_channel(fresh, "[bob]")
    return Typed(fresh, schedule, monkeypatch)


def test_a_schedule_is_made_shown_changed_and_removed(typed: Typed) -> None:
    assert typed(*SET).strip() == "schedule 1; on call: ann until Mon 2023-11-20 09:00, then [bob]"
    listed = typed("schedule", "list")
    assert all(word in listed for word in ("team", "ann", "Mon 2023-11-20 09:00", "[bob]", "Europe/Berlin"))
    shown = typed("schedule", "show", "team", "--days", "8")
    assert "team (1): ann, [bob]; 7 days each, from 2023-11-13 on, at 09:00 Europe/Berlin" in shown
    assert "Mon 2023-11-27 09:00" in shown
    typed("schedule", "set", "1", "--days", "1", "--name", "days")
    [kept] = typed.gateway.get("/v1/schedules").json()["schedules"]
    assert (kept["name"], kept["days"], kept["zone"], len(kept["rotation"])) == ("days", 1, "Europe/Berlin", 2)
    typed("schedule", "remove", "days")
    assert typed.gateway.get("/v1/schedules").json() == {"schedules": []}


def test_who_is_on_call_is_said_now_and_for_any_time(typed: Typed) -> None:
    typed(*SET)
    typed("schedule", "set", "alone", "-c", "[bob]", "--first", "2023-11-13")
    assert typed("schedule", "now").splitlines() == [
        "team: ann until Mon 2023-11-20 09:00 (Europe/Berlin), then [bob]",
        "alone: [bob]",
    ]
    assert typed("schedule", "now", "team", "--at", "2023-11-20 09:00").startswith("team: [bob] until Mon 2023-11-27")


def test_one_takes_over_and_gives_back(typed: Typed) -> None:
    typed(*SET)
    told = typed("schedule", "override", "team", "[bob]", "--for", "8h").strip()
    assert told == "[bob] is on call of team from Tue 2023-11-14 23:13 until Wed 2023-11-15 07:13 (Europe/Berlin)"
    assert typed("schedule", "now").strip() == "team: [bob] until Wed 2023-11-15 07:13 (Europe/Berlin), then ann"
    shown = typed("schedule", "show", "team")
    assert "takes over" in shown
    assert "overrides" in shown
    later = ("--from", "2023-11-16 08:00", "--until", "18:00")
    told = typed("schedule", "override", "team", "2", *later)
    assert "from Thu 2023-11-16 08:00 until Thu 2023-11-16 18:00" in told
    assert typed("schedule", "end-override", "team").strip() == "team: ann"
    assert typed("schedule", "end-override", "team", "--at", "2023-11-16T12:00+01:00").strip() == "team: ann"
    assert typed.gateway.get("/v1/schedules").json()["schedules"][0]["overrides"] == []
    assert "nobody takes over in team" in typed.refused("schedule", "end-override", "team")


def test_a_responder_may_take_over_and_change_nothing_else(
    typed: Typed, fresh: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(*SET)
    answering = Typed(fresh, schedule, monkeypatch, "respond")
    answering("schedule", "override", "team", "[bob]", "--for", "30m")
    assert "403" in answering.refused("schedule", "set", "team", "--days", "2")


REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("show", "nobody"), "team (1)"),
    (("set", "12", "-c", "ann"), "team (1)"),
    (("set", "new"), "--channel"),
    (("set", "new", "-c", "cat"), "ann (1), [bob] (2)"),
    (("set", "new", "-c", "ann", "--zone", "Mars"), "Europe/Berlin"),
    (("override", "team", "ann"), "either --for or --until"),
    (("override", "team", "ann", "--for", "soon"), "as 90s, 15m"),
    (("override", "team", "ann", "--until", "25:00"), "the next one"),
    (("override", "team", "ann", "--until", "2020-01-01"), "an end after now"),
)


def test_what_cannot_be_is_refused_with_what_is_allowed(typed: Typed) -> None:
    typed(*SET)
    for words, why in REFUSED:
        assert why in typed.refused("schedule", *words), words
