"""Server-sent events as they come over the wire, in lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from vedette.delivery.sse import Event, read_events


def events(*lines: str) -> list[Event]:
    async def stream() -> AsyncIterator[str]:
        for line in lines:
            yield line

    async def read() -> list[Event]:
        return [event async for event in read_events(stream())]

    return asyncio.run(read())


def test_events_are_read_with_their_kind_and_data() -> None:
    lines = [
        "retry: 1000",
        "",
        "event: tick",
        'data: {"now":1}',
        "",
        ": ping",
        "",
        "id: 5",
        "event:recheck",
        "data:x",
        "",
    ]
    assert events(*lines) == [Event("tick", b'{"now":1}'), Event("recheck", b"x")]


def test_data_of_several_lines_is_one_text_and_an_unfinished_event_none() -> None:
    assert events("data: a", "data: b", "", "data: never ended") == [Event("message", b"a\nb")]


def test_data_without_end_takes_no_memory_without_end() -> None:
    (event,) = events(*["data: " + "x" * 100_000] * 30, "")
    assert len(event.data) <= 1 << 20


@given(st.lists(st.text(max_size=20), max_size=20))
def test_any_lines_are_read_without_a_fault(lines: list[str]) -> None:
    assert all(isinstance(event.kind, str) for event in events(*lines))
