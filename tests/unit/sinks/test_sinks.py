"""The sinks: everything is written, in order, before the flow goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
import structlog

from sinks.log import LogSink, Publication
from sinks.patience import persist
from sinks.store import StoreSink
from vedette.errors import LogUnavailable, Overloaded, StoreUnavailable
from vedette.log import Message


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    assert persist.__kwdefaults__ is not None
    monkeypatch.setitem(persist.__kwdefaults__, "sleep", lambda seconds: None)
    with structlog.testing.capture_logs():
        yield


class Appendix:
    """A log that refuses first (at once, then in the future), and then takes what comes."""

    def __init__(self, refuse: int = 0, fail: int = 0) -> None:
        self.taken: list[tuple[str, list[Message]]] = []
        self._refuse, self._fail = refuse, fail

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        if self._refuse:
            self._refuse -= 1
            raise Overloaded("full")
        done: Future[None] = Future()
        if self._fail:
            self._fail -= 1
            done.set_exception(LogUnavailable("the disk is full"))
        else:
            self.taken.append((topic, list(messages)))
            done.set_result(None)
        return done


def publication(topic: str, value: bytes) -> Publication:
    return Publication(topic, Message(b"k", value))


@pytest.mark.parametrize(("refuse", "fail"), [(0, 0), (2, 0), (0, 2), (2, 2)])
def test_publications_reach_their_topics_in_order_and_once(refuse: int, fail: int) -> None:
    log = Appendix(refuse, fail)
    items = [publication("a", b"1"), publication("b", b"2"), publication("a", b"3")]
    LogSink(log).build("publish", 0, 1).write_batch(items)  # type: ignore[arg-type]
    assert log.taken == [("a", [Message(b"k", b"1"), Message(b"k", b"3")]), ("b", [Message(b"k", b"2")])]


def test_nothing_to_publish_touches_no_log() -> None:
    log = Appendix(refuse=1)
    LogSink(log).build("publish", 0, 1).write_batch([])  # type: ignore[arg-type]
    assert log.taken == []


def test_a_store_that_is_away_gets_the_whole_batch_when_it_is_back() -> None:
    written: list[Sequence[int]] = []
    left = [StoreUnavailable("away")] * 3

    def write(items: Sequence[int]) -> None:
        if left:
            raise left.pop()
        written.append(list(items))

    StoreSink("rows", write).build("rows", 0, 1).write_batch([1, 2, 3])
    assert written == [[1, 2, 3]]


def test_a_bug_in_the_writing_stops_the_flow() -> None:
    def write(items: Sequence[int]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        StoreSink("rows", write).build("rows", 0, 1).write_batch([1])
