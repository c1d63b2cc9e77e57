"""The hub and its viewers, without a server."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.stream import hub as hubs
from ingest_api.stream.events import STREAMED, Event, Positions, format_positions, frame, parse_positions
from ingest_api.stream.hub import MAX_QUEUED, Hub, Viewer
from tests.unit.gateway.fakes import FakeLog
from vedette.events.codec import encode_packed
from vedette.events.samples import Packer, SampleBatch
from vedette.events.topics import SAMPLES
from vedette.log import Log

ALL = frozenset(STREAMED)
SLOW = frame("reset", b'{"reason":"slow"}')


def sample(source: str = "s", account: int = 1, number: int = 0) -> bytes:
    return encode_packed(Packer().pack(SampleBatch(source, 1, number, 1, {"n": float(number)}), account))


def viewer(account: int = 1, streams: frozenset[str] = ALL, sources: frozenset[str] | None = None) -> Viewer:
    return Viewer(account, streams, sources)


@pytest.fixture
def log() -> FakeLog:
    """An empty log."""
    return FakeLog()


@pytest.fixture
def hub(log: FakeLog) -> Hub:
    """A hub at its end."""
    hub = Hub(cast(Log, log))
    hub.positions = hub._ends()
    return hub


def step(hub: Hub) -> bool:
    return asyncio.run(hub._step())


def test_a_slow_viewers_queue_is_bounded_and_it_is_told() -> None:
    slow = viewer()
    longest = 0
    for number in range(3 * MAX_QUEUED):
        slow.put(b"%d" % number)
        longest = max(longest, len(slow.queue))
    assert longest == MAX_QUEUED
    assert slow.queue[0] == SLOW
    assert list(slow.queue).count(SLOW) == 1
    assert slow.queue[-1] == b"%d" % (3 * MAX_QUEUED - 1)


def test_a_viewer_that_keeps_up_is_never_reset() -> None:
    quick = viewer()
    for number in range(3 * MAX_QUEUED):
        quick.put(b"%d" % number)
        assert quick.arrived.is_set()
        assert quick.queue.popleft() == b"%d" % number


def test_a_full_queue_is_full_at_its_limit_and_not_before() -> None:
    full = viewer()
    for number in range(MAX_QUEUED):
        full.put(b"%d" % number)
    assert SLOW not in full.queue
    full.put(b"one more")
    assert list(full.queue) == [SLOW, b"one more"]


@pytest.mark.parametrize(
    ("who", "event", "wanted"),
    [
        (viewer(), Event(1, "samples", "s", b""), True),
        (viewer(2), Event(1, "samples", "s", b""), False),
        (viewer(streams=frozenset({"checks"})), Event(1, "samples", "s", b""), False),
        (viewer(sources=frozenset({"t"})), Event(1, "samples", "s", b""), False),
        (viewer(sources=frozenset({"s", "t"})), Event(1, "samples", "s", b""), True),
        (viewer(sources=frozenset({"t"})), Event(1, "checks", "", b""), True),
    ],
)
def test_a_viewer_wants_what_is_its_accounts_and_what_it_asked_for(who: Viewer, event: Event, wanted: bool) -> None:
    assert who.wants(event) is wanted


def test_an_event_is_encoded_once_for_all_who_want_it(hub: Hub, log: FakeLog) -> None:
    first, second, other = viewer(), viewer(), viewer(2)
    for one in (first, second, other):
        hub.join(one)
    log.put(SAMPLES.name, 0, sample())
    assert step(hub)
    assert first.queue[0] is second.queue[0]
    assert not other.queue
    assert not step(hub)


def test_a_viewer_that_left_gets_nothing_more(hub: Hub, log: FakeLog) -> None:
    gone = viewer()
    hub.join(gone)
    hub.leave(gone)
    log.put(SAMPLES.name, 0, sample())
    assert step(hub)
    assert not gone.queue


def test_join_tells_from_where_on_a_viewer_gets_everything(hub: Hub, log: FakeLog) -> None:
    log.put(SAMPLES.name, 0, sample(number=1))
    late = viewer()
    start = hub.join(late)
    step(hub)
    assert start["samples"] == [0, 0]
    assert len(late.queue) == 1
    assert hub.replay(late, start, start) == []


def replayed(hub: Hub, since: list[int], until: list[int] | None = None) -> list[bytes] | None:
    return hub.replay(viewer(), {**hub._ends(), "samples": since}, {**hub._ends(), "samples": until or [9, 0]})


def test_a_replay_holds_what_stands_between_the_positions(hub: Hub, log: FakeLog) -> None:
    log.put(SAMPLES.name, 0, *(sample(number=n) for n in range(9)))
    found = replayed(hub, [2, 0], [5, 0])
    assert found is not None
    assert [b'"n":%d.0' % n in data for n, data in zip((2, 3, 4), found, strict=True)] == [True] * 3
    assert found[-1].startswith(b"id: samples:5,0;")


def test_a_replay_that_is_too_long_or_trimmed_is_none(hub: Hub, log: FakeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log.put(SAMPLES.name, 0, *(sample(number=n) for n in range(9)))
    monkeypatch.setattr(hubs, "MAX_REPLAYED", 7)
    assert replayed(hub, [1, 0]) is None
    assert len(replayed(hub, [2, 0]) or []) == 7
    log.trim(SAMPLES.name, 0, 3)
    assert replayed(hub, [2, 0]) is None
    assert len(replayed(hub, [3, 0]) or []) == 6
    assert replayed(hub, [9, 0]) == []


@pytest.mark.parametrize("since", [[2], [2, 0, 0], []])
def test_positions_of_another_number_of_partitions_cannot_be_replayed(hub: Hub, log: FakeLog, since: list[int]) -> None:
    assert replayed(hub, since) is None


def test_positions_beyond_the_end_have_missed_nothing(hub: Hub) -> None:
    assert replayed(hub, [1 << 62, 1 << 62]) == []


def test_all_streams_end_with_the_gateway(hub: Hub) -> None:
    one = viewer()
    hub.join(one)
    hub.end_all()
    assert one.over
    assert one.arrived.is_set()


OFFSETS = st.lists(st.integers(0, (1 << 63) - 1), min_size=1, max_size=8)


@given(st.dictionaries(st.sampled_from(sorted(STREAMED)), OFFSETS, min_size=1))
def test_positions_come_back_from_an_id(positions: Positions) -> None:
    assert parse_positions(format_positions(positions)) == positions
