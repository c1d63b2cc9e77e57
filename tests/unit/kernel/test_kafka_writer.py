"""The Kafka writer settles every call, whatever its producer does, and gets another where one has failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError

from vedette.errors import LogUnavailable, TooLarge
from vedette.log.kafka import writer as module
from vedette.log.kafka.writer import Writer
from vedette.log.port import Message

ROWS = [(0, Message(b"k", b"v")), (1, Message(b"k", b"w"))]


class Sent:
    """A message's future, which the test settles."""

    def __init__(self) -> None:
        self.good: list[Callable[[object], object]] = []
        self.bad: list[Callable[[BaseException], object]] = []

    def add_callback(self, call: Callable[[object], object]) -> None:
        self.good.append(call)

    def add_errback(self, call: Callable[[BaseException], object]) -> None:
        self.bad.append(call)

    def settle(self, error: BaseException | None = None) -> None:
        for call in self.good if error is None else ():
            call(None)
        for fail in self.bad if error is not None else ():
            fail(error)


class Producer:
    made: list[Producer]
    away = False

    def __init__(self, **options: Any) -> None:
        if Producer.away:
            raise KafkaConnectionError
        self.sent: list[Sent] = []
        self.closed = threading.Event()
        Producer.made.append(self)

    def send(self, *_: Any, partition: int) -> Sent:
        self.sent.append(Sent())
        return self.sent[-1]

    def flush(self, timeout: float) -> None:
        """Nothing is on its way."""

    def close(self, timeout: float) -> None:
        self.closed.set()


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    Producer.made, Producer.away = [], False
    monkeypatch.setattr(module, "KafkaProducer", Producer)
    monkeypatch.setattr(module, "_GRACE_S", 0.0)
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    opened = Writer({"delivery_timeout_ms": 100}, 1000, "somewhere")
    yield opened
    opened.close()


def write_soon(writer: Writer) -> Any:
    """A call that the new producer has taken."""
    deadline = time.monotonic() + 5
    while True:
        done = writer.write("t", ROWS)
        if not done.done():
            return done
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_call_is_done_when_all_of_its_messages_are(writer: Writer) -> None:
    done = writer.write("t", ROWS)
    first, second = Producer.made[0].sent
    first.settle()
    assert not done.done()
    second.settle()
    assert done.result(0) is None


def test_a_producer_that_never_tells_is_given_up_and_replaced(writer: Writer) -> None:
    done = writer.write("t", ROWS)
    with pytest.raises(LogUnavailable, match="no acknowledgement within"):
        done.result(5)
    assert Producer.made[0].closed.wait(5)
    again = write_soon(writer)
    for sent in Producer.made[1].sent:
        sent.settle()
    assert again.result(0) is None


def test_a_failed_message_fails_all_that_its_producer_holds(writer: Writer) -> None:
    done, other = writer.write("t", ROWS), writer.write("t", ROWS)
    Producer.made[0].sent[0].settle(KafkaTimeoutError("expired"))
    Producer.made[0].sent[1].settle()
    for failed in (done, other):
        with pytest.raises(LogUnavailable, match="expired"):
            failed.result(0)
    Producer.made[0].sent[2].settle()  # too late: nobody minds
    assert not write_soon(writer).done()


def test_a_message_that_is_too_large_costs_only_itself(writer: Writer) -> None:
    done, other = writer.write("t", ROWS[:1]), writer.write("t", ROWS[:1])
    Producer.made[0].sent[0].settle(MessageSizeTooLargeError("16 MB"))
    with pytest.raises(TooLarge):
        done.result(0)
    Producer.made[0].sent[1].settle()
    assert other.result(0) is None
    assert len(Producer.made) == 1


def test_while_the_brokers_are_away_calls_fail_at_once_and_hold_no_room(writer: Writer) -> None:
    done = writer.write("t", ROWS)
    Producer.away = True
    Producer.made[0].sent[0].settle(KafkaTimeoutError("expired"))
    Producer.made[0].sent[1].settle()
    assert isinstance(done.exception(0), LogUnavailable)
    for _ in range(1000):
        with pytest.raises(LogUnavailable, match="does not answer"):
            writer.write("t", ROWS).result(0)
    Producer.away = False
    assert not write_soon(writer).done()
