"""Streams that were cut: with the last id they go on without a loss and without a double, or say `reset`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from ingest_api.stream import hub
from ingest_api.stream.events import STREAMED
from tests.integration.gateway.reports import add_monitor, check, report
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.sse import Event, watch
from tests.integration.gateway.waiting import until
from vedette.events.topics import SAMPLES

EVERYTHING = "samples,checks"


@pytest.fixture(scope="module")
def monitors(gateway: Gateway) -> list[int]:
    """Several monitors, so that their checks lie in several partitions."""
    return [add_monitor(gateway, f"m{n}") for n in range(6)]


@pytest.fixture
def numbers() -> Iterator[int]:
    """Numbers to tell events by."""
    return iter(range(1, 1_000_000))


def fill(gateway: Gateway, monitors: list[int], numbers: Iterator[int], count: int, random: Random) -> list[int]:
    """Samples of some sources and checks of some monitors, in any order; their numbers."""
    used = []
    for _ in range(count):
        number = next(numbers)
        if random.random() < 0.5:
            answer = gateway.ingest("samples", report(f"s{random.randrange(8)}", values={"n": number}))
        else:
            answer = gateway.ingest("checks", check(random.choice(monitors), bytes=number))
        assert answer.json()["accepted"] == 1
        used.append(number)
    return used


def number(event: Event) -> int:
    assert event.kind in {"samples", "checks"}
    return int(event.data["values"]["n"] if event.kind == "samples" else event.data["bytes"])


def caught_up(gateway: Gateway) -> None:
    """The hub knows the log's end, or, since nobody looks, will ask for it."""

    def ends() -> dict[str, list[int]]:
        return {stream: [bounds.end for bounds in gateway.log.bounds(topic)] for stream, topic in STREAMED.items()}

    until(lambda: gateway.context.hub.positions in ({}, ends()))


def test_from_every_id_the_rest_follows_once(gateway: Gateway, monitors: list[int], numbers: Iterator[int]) -> None:
    with watch(gateway, topics=EVERYTHING) as viewer:
        sent = fill(gateway, monitors, numbers, 24, Random(1))
        events = viewer.take(24)
        assert sorted(map(number, events)) == sent
        ids = [viewer.hello.identity, *(event.identity for event in events)]
    for seen, identity in enumerate(ids):
        assert identity is not None
        missing = Counter(map(number, events[seen:]))
        with watch(gateway, topics=EVERYTHING, since=identity) as again:
            last = fill(gateway, monitors, numbers, 1, Random(seen))
            found = again.take(len(missing) + 1)
        assert Counter(map(number, found)) - Counter(last) == missing
        events.append(found[-1])


def test_a_viewer_that_is_cut_again_and_again_sees_each_event_once(
    gateway: Gateway, monitors: list[int], numbers: Iterator[int]
) -> None:
    """Cut while it catches up as well as while it follows, with events coming in all the time."""
    random = Random(7)
    sent: list[int] = []
    seen: list[int] = []
    with watch(gateway, topics=EVERYTHING) as viewer:
        since = viewer.hello.identity
    for _ in range(25):
        sent += fill(gateway, monitors, numbers, random.randrange(8), random)
        with watch(gateway, topics=EVERYTHING, since=since) as viewer:
            sent += fill(gateway, monitors, numbers, random.randrange(4), random)
            seen += map(number, viewer.take(random.randint(0, len(sent) - len(seen))))
            since = viewer.last_id or since
    with watch(gateway, topics=EVERYTHING, since=since) as viewer:
        seen += map(number, viewer.take(len(sent) - len(seen)))
    assert sorted(seen) == sent


def test_what_was_missed_comes_before_what_is_new(
    gateway: Gateway, monitors: list[int], numbers: Iterator[int]
) -> None:
    with watch(gateway, topics="samples") as viewer:
        since = viewer.hello.identity
    for n in range(5):
        gateway.ingest("samples", report("ordered", values={"n": n}))
    with watch(gateway, topics="samples", since=since) as viewer:
        gateway.ingest("samples", report("ordered", values={"n": 5}))
        assert [number(event) for event in viewer.take(6)] == list(range(6))


def test_a_page_may_bring_the_id_in_its_address(gateway: Gateway) -> None:
    with watch(gateway, topics="samples") as viewer:
        since = viewer.hello.identity
    assert since is not None
    gateway.ingest("samples", report("missed"))
    with watch(gateway, topics="samples", last_event_id=since) as viewer:
        assert viewer.hello.identity is None
        assert viewer.next().data["source"] == "missed"


def test_a_resumed_viewer_sees_no_more_than_it_asks_for(gateway: Gateway, monitors: list[int]) -> None:
    with watch(gateway) as viewer:
        since = viewer.hello.identity
    gateway.ingest("samples", report("other"))
    gateway.ingest("samples", report("wanted"), tenant=gateway.theirs)
    gateway.ingest("checks", check(monitors[0]))
    gateway.ingest("samples", report("wanted", values={"mine": 1}))
    with watch(gateway, topics="samples", sources="wanted", since=since) as viewer:
        assert viewer.next().data["values"] == {"mine": 1.0}


def test_a_gap_that_is_too_long_is_a_reset(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_REPLAYED", 3)
    with watch(gateway, topics="samples") as viewer:
        since = viewer.hello.identity
    for n in range(3):
        gateway.ingest("samples", report("gap", values={"n": n}))
    caught_up(gateway)
    with watch(gateway, topics="samples", since=since) as viewer:
        assert [number(event) for event in viewer.take(3)] == [0, 1, 2]
    gateway.ingest("samples", report("gap", values={"n": 3}))
    caught_up(gateway)
    with watch(gateway, topics="samples", since=since) as viewer:
        event = viewer.next()
        assert (event.kind, event.data) == ("reset", {"reason": "gap"})
        gateway.ingest("samples", report("gap", values={"n": 4}))
        assert number(viewer.next()) == 4


def test_a_gap_that_retention_has_taken_is_a_reset(fresh: Gateway) -> None:
    with watch(fresh, topics="samples") as viewer:
        since = viewer.hello.identity
        fresh.ingest("samples", report("old", values={"n": 1}))
        kept = viewer.next().identity
    fresh.log.enforce_retention(time.time_ns() // 1_000_000 + SAMPLES.retention_ms + 1000)
    with watch(fresh, topics="samples", since=since) as viewer:
        event = viewer.next()
        assert (event.kind, event.data) == ("reset", {"reason": "gap"})
        after = event.identity
    fresh.ingest("samples", report("new", values={"n": 2}))
    for identity in (kept, after):
        with watch(fresh, topics="samples", since=identity) as viewer:
            assert number(viewer.next()) == 2


def test_an_id_from_beyond_the_end_of_the_log_sees_what_is_new(gateway: Gateway) -> None:
    """The log was made anew, and is shorter than it was."""
    with watch(gateway, topics="samples", since=f"samples:{','.join(['4000000000000000000'] * 4)}") as viewer:
        gateway.ingest("samples", report("new"))
        assert viewer.next().data["source"] == "new"


@pytest.mark.parametrize("since", ["samples:0", "samples:0,0,0,0,0", "checks:0,0,0,0"])
def test_an_id_of_another_log_or_other_topics_is_a_reset(gateway: Gateway, since: str) -> None:
    with watch(gateway, topics="samples", since=since) as viewer:
        assert viewer.next().kind == "reset"
