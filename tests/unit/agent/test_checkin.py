"""The check-in: what it says, what becomes of the answer, and what the agent does without one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import structlog

from agent.fleet.checkin import MOST_STATES, CheckIns, Self, within
from agent.fleet.configuration import Configuration, Part
from agent.fleet.hooks import Hooks
from agent.fleet.jumps import Jumps
from agent.fleet.status import Standing, Status, read_status
from vedette.clock import FakeClock
from vedette.events.fleet import CheckIn, PluginAlert, PluginState, RealtimeEnd, RealtimeOrder

STATE = PluginState("nginx", "ok", series=3, alerts=[PluginAlert("down", "it is", 5)])


class Desk:
    """An agent that checks in with a gateway that answers as it is told; `asked` is what it was sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.asleep = 0.0
        self.answer: dict[str, Any] = {}
        self.status_code = 200
        self.asked: list[CheckIn] = []
        self.held: list[bool] = []
        self.told: list[list[PluginState]] = []
        self.ordered: list[RealtimeOrder | RealtimeEnd] = []
        self.intervals: list[Any] = []
        self.renewals = 0
        self.configuration = Configuration(folder, {"interval_s": Part(float, self.intervals.append)})
        self.checkins = CheckIns(
            httpx.AsyncClient(transport=httpx.MockTransport(self.respond), base_url="http://gateway"),
            Self("web-1", 7, "print", "boot", 5),
            self.clock,
            random.Random(1),
            configuration=self.configuration,
            hooks=Hooks(states=lambda: [STATE], told=self.told.append, ordered=self.ordered.append),
            status=Status(folder, "web-1", self.clock),
            jumps=Jumps(self.clock, lambda: self.clock.monotonic() + self.asleep),
            facts=lambda: {"os": "Debian"},
            hold=self.held.append,
            renewed=self._renewed,
        )

    def _renewed(self) -> bool:
        self.renewals -= 1
        return self.renewals >= 0

    def respond(self, request: httpx.Request) -> httpx.Response:
        if self.status_code == 0:
            raise httpx.ConnectError("refused")
        self.asked.append(msgspec.json.decode(request.content, type=CheckIn))
        if self.status_code != 200:
            return httpx.Response(self.status_code, text="no")
        base = {"server_ms": self.clock.now_ms(), "config_version": self.configuration.version}
        return httpx.Response(200, json=base | self.answer)

    def step(self, **answer: Any) -> Standing:
        """One check-in; how the agent stands afterwards."""
        self.answer = answer
        asyncio.run(self.checkins.step())
        found = read_status(self.folder)
        assert found is not None
        return found

    @property
    def wants_more(self) -> bool:
        return self.checkins._asked.is_set()


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def events(logged: list[Any]) -> list[str]:
    return [entry["event"] for entry in logged]


def test_a_check_in_says_who_how_and_with_what_and_facts_only_when_they_are_due(desk: Desk) -> None:
    assert desk.step().state == "ok"
    desk.step()
    desk.clock.advance(3600)
    desk.step()
    first, second, third = desk.asked
    assert (first.source, first.epoch, first.fingerprint, first.boot) == ("web-1", 7, "print", "boot")
    assert first.plugins == [STATE]
    assert desk.told == [[STATE]] * 3
    assert [asked.facts for asked in (first, second, third)] == [{"os": "Debian"}, None, {"os": "Debian"}]


def test_facts_that_did_not_arrive_are_sent_again_and_alerts_are_not_told(desk: Desk) -> None:
    desk.status_code = 503
    desk.step()
    assert desk.told == []
    desk.status_code = 200
    desk.step()
    assert [asked.facts for asked in desk.asked] == [{"os": "Debian"}] * 2


def test_more_than_a_check_in_may_hold_is_said_later_and_never_blocks_it() -> None:
    alerts = [PluginAlert("down", "x" * 2_000, n) for n in range(20)]
    states = [PluginState(f"plugin {n}", "failing", error="y" * 2_000, alerts=alerts) for n in range(200)]
    found = within(states)
    assert [state.name for state in found] == [state.name for state in states]
    assert len(msgspec.json.encode(found)) < MOST_STATES + 200 * 100
    assert found[0] == states[0]
    assert found[-1].alerts == []
    assert within([STATE]) == [STATE]


@pytest.mark.parametrize("code", [413, 422])
def test_of_a_check_in_that_is_not_taken_the_next_leaves_out_what_plugins_said(desk: Desk, code: int) -> None:
    desk.status_code = code
    desk.step()
    desk.status_code = 200
    desk.step()
    desk.step()
    assert [bool(asked.plugins) for asked in desk.asked] == [True, False, True]
    assert desk.told == [[], [STATE]]


def test_a_configuration_is_taken_and_its_version_told_at_once(desk: Desk) -> None:
    assert desk.step(config_version="v1", config={"interval_s": 5}).config_version == "v1"
    assert desk.wants_more
    desk.checkins._asked.clear()
    desk.step()
    assert desk.intervals == [5.0]
    assert desk.asked[1].config_version == "v1"
    assert not desk.wants_more


def test_gateways_that_do_not_agree_on_a_configuration_are_not_asked_without_a_pause(desk: Desk) -> None:
    wanted = []
    for version in ("v1", "v2", "v1", "v2"):
        desk.checkins._asked.clear()
        desk.step(config_version=version, config={"interval_s": 5})
        wanted.append(desk.wants_more)
    assert wanted == [True, False, True, False]


def test_what_was_refused_of_a_configuration_is_told_at_once(desk: Desk) -> None:
    standing = desk.step(config_version="v1", config={"interval_s": "soon", "colour": 1})
    assert [refusal.part for refusal in standing.refused] == ["colour", "interval_s"]
    assert desk.wants_more
    desk.step()
    assert [refusal.part for refusal in desk.asked[1].refused] == ["colour", "interval_s"]


def test_orders_that_a_stream_has_missed_are_followed(desk: Desk, logged: list[Any]) -> None:
    realtime = {"order": "realtime", "account": 1, "source": "web-1", "session": "s", "token": "t", "until_ms": 9}
    desk.step(directives=[realtime, {"order": "dance"}, {"order": "realtime_end", "account": 1, "source": "web-1",
                                                         "session": "s"}])  # fmt: skip
    assert [type(order).__name__ for order in desk.ordered] == ["RealtimeOrder", "RealtimeEnd"]
    assert "order_unreadable" in events(logged), "of a newer gateway; it costs only itself"


def test_who_is_told_to_stand_down_does_until_a_check_in_says_nothing_of_it(desk: Desk, logged: list[Any]) -> None:
    down = {"order": "stand_down", "account": 1, "source": "web-1", "reason": "another was first"}
    standing = desk.step(clone=True, directives=[down])
    assert (standing.state, standing.reason) == ("down", "another was first")
    assert desk.step(clone=True).state == "ok"
    assert desk.held == [True, False]
    assert events(logged).count("cloned") == 1


def test_a_refused_token_is_said_in_log_and_status_once_and_tried_again(desk: Desk, logged: list[Any]) -> None:
    desk.status_code = 401
    standing = desk.step()
    assert standing.state == "refused"
    assert "vedette agent enrol" in standing.reason
    desk.step()
    assert [entry["state"] for entry in logged if entry["event"] == "standing"] == ["refused"]
    assert not desk.wants_more


def test_a_host_that_was_enrolled_again_goes_on_at_once(desk: Desk) -> None:
    desk.status_code, desk.renewals = 401, 1
    assert desk.step().state == "starting"
    assert desk.wants_more
    desk.status_code = 200
    assert desk.step().state == "ok"


@pytest.mark.parametrize(("code", "state"), [(0, "away"), (503, "away"), (429, "away"), (404, "old")])
def test_without_an_answer_the_agent_goes_on_and_says_so(desk: Desk, code: int, state: str) -> None:
    desk.status_code = code
    assert desk.step().state == state
    assert desk.held == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]"])
def test_what_is_not_the_gateways_answer_changes_nothing(desk: Desk, body: bytes) -> None:
    desk.checkins._client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda request: httpx.Response(200, content=body)), base_url="http://gateway"
    )
    assert desk.step().state == "away"
    assert desk.held == desk.intervals == desk.told == []


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_is_hours_off_is_said_once_and_when_it_is_right_again(
    desk: Desk, logged: list[Any], hours: int
) -> None:
    right = desk.clock.now_ms()
    standing = desk.step(server_ms=right - hours * 3_600_000)
    assert standing.clock_offset_ms == hours * 3_600_000
    desk.step(server_ms=right - hours * 3_600_000)
    desk.step(server_ms=right)
    assert [event for event in events(logged) if event.startswith("clock")] == ["clock_off", "clock_right"]


def test_a_host_that_slept_says_for_how_long_until_it_was_heard(desk: Desk, logged: list[Any]) -> None:
    desk.step()
    desk.asleep += 7200
    desk.clock._now_ms += 7_200_000
    desk.checkins.look()
    assert desk.wants_more, "the gateway has missed us"
    desk.status_code = 503
    desk.step()
    desk.status_code = 200
    desk.step()
    desk.step()
    assert [asked.slept_ms for asked in desk.asked] == [0, 7_200_000, 7_200_000, 0]
    assert events(logged).count("host_slept") == 1


def test_check_ins_come_once_a_minute_and_sooner_only_after_a_failure(desk: Desk) -> None:
    times: list[float] = []
    failing = {3}

    def respond(request: httpx.Request) -> httpx.Response:
        times.append(desk.clock.monotonic())
        if len(times) == 8:
            raise KeyboardInterrupt
        if len(times) in failing:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={"server_ms": desk.clock.now_ms(), "config_version": ""})

    desk.checkins._client = httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="http://gateway")
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(desk.checkins.run())
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert gaps[0] == pytest.approx(60)
    assert 2.5 <= gaps[1] <= 5.0, "tried again soon"
    assert gaps[1] + gaps[2] == pytest.approx(60), "and the schedule is as it was"
    assert gaps[3:] == pytest.approx([60] * len(gaps[3:]))
