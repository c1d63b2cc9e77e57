"""Loader: the last good list wins, whatever the gateway does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from probes.loader import MonitorLoader, open_client
from probes.monitors import Monitor
from probes.places import Place
from vedette.clock import FakeClock
from vedette.errors import ConfigurationError
from vedette.settings import ProbeSettings

BODY = msgspec.json.encode({"monitors": [{"id": 1, "name": "one", "url": "http://x/"}, {"id": 2, "name": "bad"}]})


class Desk:
    """A loader, the gateway's next answers, and what came of them."""

    def __init__(self, folder: Path, *answers: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self.lists: list[list[Monitor]] = []
        self.places: list[Place | None] = []
        self._answers = list(answers)
        self.client = httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(self._answer))
        self.loader = MonitorLoader(self.client, folder, "eu", FakeClock(), changed=self._take)

    def _take(self, monitors: list[Monitor], place: Place | None) -> None:
        self.lists.append(monitors)
        self.places.append(place)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def play(
    folder: Path, answers: list[httpx.Response | Exception], script: Callable[[Desk], Coroutine[Any, Any, None]]
) -> None:
    async def run() -> None:
        desk = Desk(folder, *answers)
        await script(desk)
        await desk.client.aclose()

    asyncio.run(run())


def good() -> httpx.Response:
    return httpx.Response(200, content=BODY, headers={"ETag": '"v1"'})


def test_the_list_is_asked_for_by_location_and_taken(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert await desk.loader.load()
        assert str(desk.requests[0].url) == "http://gateway/v1/probe/monitors?location=eu"
        assert "If-None-Match" not in desk.requests[0].headers
        assert [[monitor.id for monitor in one] for one in desk.lists] == [[1]]

    play(tmp_path, [good()], script)


def test_an_unchanged_list_is_not_taken_again(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.loader.load()
        assert await desk.loader.load()
        assert desk.requests[1].headers["If-None-Match"] == '"v1"'
        assert len(desk.lists) == 1

    play(tmp_path, [good(), httpx.Response(304)], script)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(401),
        httpx.Response(500),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"{}"),
        httpx.Response(200, content=b'{"monitors": [], "place": {"index": 3, "count": 3}}'),
    ],
)
def test_a_failure_keeps_the_last_list(tmp_path: Path, answer: httpx.Response | Exception) -> None:
    async def script(desk: Desk) -> None:
        await desk.loader.load()
        assert not await desk.loader.load()
        assert await desk.loader.load()
        assert len(desk.lists) == 1
        assert desk.requests[2].headers["If-None-Match"] == '"v1"'

    play(tmp_path, [good(), answer, httpx.Response(304)], script)


def test_a_restarted_probe_works_from_disk_while_the_gateway_is_away(tmp_path: Path) -> None:
    async def first(desk: Desk) -> None:
        await desk.loader.load()

    async def second(desk: Desk) -> None:
        assert desk.loader.recall()
        assert [monitor.id for monitor in desk.lists[0]] == [1]
        assert not await desk.loader.load()
        assert desk.requests[0].headers["If-None-Match"] == '"v1"'

    play(tmp_path, [good()], first)
    play(tmp_path, [httpx.ConnectError("refused")], second)


PLACED = msgspec.json.encode(
    {"monitors": [{"id": 1, "name": "one", "url": "http://x/"}], "place": {"index": 1, "count": 3}}
)


def test_the_place_is_taken_with_the_list_and_kept_with_it(tmp_path: Path) -> None:
    async def first(desk: Desk) -> None:
        await desk.loader.load()
        await desk.loader.load()
        assert desk.places == [Place(1, 3), None]  # the second answer is an older gateway's
        await desk.loader.load()

    async def second(desk: Desk) -> None:
        assert desk.loader.recall()
        assert desk.places == [Place(1, 3)]
        assert await desk.loader.load()
        assert desk.requests[0].headers["If-None-Match"] == '"v2"'

    placed = httpx.Response(200, content=PLACED, headers={"ETag": '"v2"'})
    play(tmp_path, [placed, good(), placed], first)
    play(tmp_path, [httpx.Response(304)], second)


def test_a_list_that_an_older_probe_saved_is_used_and_asked_for_anew(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert desk.loader.recall()
        assert [[monitor.id for monitor in one] for one in desk.lists] == [[1]]
        assert await desk.loader.load()
        assert "If-None-Match" not in desk.requests[0].headers
        assert desk.places == [None, Place(1, 3)]

    saved = {"location": "eu", "etag": '"v2"', "monitors": [{"id": 1, "name": "one", "url": "http://x/"}]}
    (tmp_path / "monitors.json").write_bytes(msgspec.json.encode(saved))
    play(tmp_path, [httpx.Response(200, content=PLACED, headers={"ETag": '"v2"'})], script)


def test_a_first_start_has_nothing_on_disk(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert not desk.loader.recall()
        assert desk.lists == []

    play(tmp_path, [], script)


@pytest.mark.parametrize("content", [b"", b"{", b'{"location": "us", "etag": null, "monitors": []}'])
def test_a_file_that_is_broken_or_another_locations_is_not_taken(tmp_path: Path, content: bytes) -> None:
    async def script(desk: Desk) -> None:
        assert not desk.loader.recall()

    (tmp_path / "monitors.json").write_bytes(content)
    play(tmp_path, [], script)


def test_a_probe_without_a_token_is_told_so() -> None:
    with pytest.raises(ConfigurationError, match="VEDETTE_TOKEN"):
        open_client(ProbeSettings.load(url="http://gateway"))


def test_a_probe_with_a_token_sends_it() -> None:
    client = open_client(ProbeSettings.load(url="http://gateway", token="vdt_x"))
    assert client.headers["Authorization"] == "Bearer vdt_x"
    asyncio.run(client.aclose())
