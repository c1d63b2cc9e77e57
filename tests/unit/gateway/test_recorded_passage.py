"""Records on their way into the log: with room for each, in order, and known as far as all are durable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, cast

import pytest

from ingest_api.recorded.passage import Passage
from ingest_api.recorded.refusals import Refusals
from ingest_api.recorded.taking import Taker, Verdict
from vedette.clock import FakeClock
from vedette.errors import LogUnavailable, Overloaded, StoreUnavailable, TooLarge
from vedette.events.codec import decode_reject
from vedette.events.recorded import Recorded, encode_recorded
from vedette.events.signals import Reject
from vedette.events.topics import FEATURES, REJECTS
from vedette.log import Log, Message, Record

BODY = b"the body"


class Waited(Future[None]):
    """One that is done when somebody waits for it."""

    def result(self, timeout: float | None = None) -> None:
        if not self.done():
            self.set_result(None)
        super().result(timeout)


class FakeLog:
    """Answers each call as `answer` says; None: acknowledged at once."""

    def __init__(self) -> None:
        self.answer: Callable[[str, bytes], Future[None] | Exception | None] = lambda *_: None
        self.sent: list[tuple[str, bytes, Future[None]]] = []

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        (message,) = messages
        answer = self.answer(topic, message.value)
        if isinstance(answer, Exception):
            raise answer
        done: Future[None] = Future() if answer is None else answer
        if answer is None:
            done.set_result(None)
        self.sent.append((topic, message.value, done))
        return done

    def features(self) -> list[bytes]:
        """What went on."""
        return [value for topic, value, _ in self.sent if topic == FEATURES.name]

    def rejects(self) -> list[Reject]:
        """What was refused."""
        return [decode_reject(value) for topic, value, _ in self.sent if topic == REJECTS.name]


class FakeTaker:
    """Takes record 3 as `b"3"`, unless it was told another verdict."""

    def __init__(self) -> None:
        self.verdicts: dict[int, Verdict | Exception] = {}

    def take(self, record: Record) -> Verdict:
        found = self.verdicts.get(record.offset, Verdict(Message(b"1", b"%d" % record.offset), 1))
        if isinstance(found, Exception):
            raise found
        return found


class Way:
    """A passage, and what is around it."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.log, self.taker = FakeLog(), FakeTaker()
        self.passage = Passage(cast(Log, self.log), cast(Taker, self.taker), clock, Refusals(clock), 0)

    def carry(self, *offsets: int) -> None:
        """Records of these offsets."""
        for offset in offsets:
            self.passage.carry(Record(offset, 0, b"", encode_recorded(Recorded("vdt_secret", "features", BODY))))

    def whole(self, *offsets: int) -> None:
        """The same, until they are durable."""
        self.carry(*offsets)
        self.passage.finish()

    def arrived(self) -> int | None:
        """Up to where all is durable."""
        return None if self.passage.arrived is None else self.passage.arrived.offset


@pytest.fixture
def way() -> Way:
    """One of this test's own."""
    return Way()


def failed(error: Exception) -> Future[None]:
    done: Future[None] = Future()
    done.set_exception(error)
    return done


def test_what_fills_the_log_is_waited_for_and_each_record_goes_once(way: Way) -> None:
    def one_at_a_time(topic: str, value: bytes) -> Future[None] | Exception:
        pending = [done for _, _, done in way.log.sent if not done.done()]
        if pending:
            threading.Thread(target=pending[0].set_result, args=(None,)).start()
            return Overloaded("full")
        return Waited() if value == b"4" else Future()

    way.log.answer = one_at_a_time
    way.whole(1, 2, 3, 4)
    assert (way.log.features(), way.arrived()) == ([b"1", b"2", b"3", b"4"], 4)


def test_a_log_that_is_full_of_others_messages_is_told_and_what_arrived_before_counts(way: Way) -> None:
    way.log.answer = lambda _, value: Overloaded("full") if value == b"3" else None
    with pytest.raises(Overloaded):
        way.carry(1, 2, 3)
    way.passage.give_up()
    assert (way.log.features(), way.arrived()) == ([b"1", b"2"], 2)


def test_no_more_is_on_its_way_than_fits_but_for_one_that_is_larger(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest_api.recorded.passage._WIDTH", 2)
    way.log.answer = lambda *_: Waited()
    way.taker.verdicts[4] = Verdict(Message(b"1", b"large"), 1)
    seen = []
    for offset in range(1, 7):
        way.carry(offset)
        seen.append([value for _, value, done in way.log.sent if not done.done()])
    assert seen == [[b"1"], [b"1", b"2"], [b"2", b"3"], [b"large"], [b"5"], [b"5", b"6"]]


@pytest.mark.parametrize("done", [lambda: failed(LogUnavailable("away")), lambda: LogUnavailable("away")])
def test_nothing_behind_a_message_that_failed_counts_as_arrived(way: Way, done: Callable[[], Any]) -> None:
    answers = {b"1": Waited, b"2": done, b"3": lambda: None}
    way.log.answer = lambda _, value: answers[value]()
    with pytest.raises(LogUnavailable):
        way.whole(1, 2, 3)
    way.passage.give_up()
    assert way.arrived() == 1


def test_what_is_on_its_way_when_the_database_goes_away_counts(way: Way) -> None:
    way.log.answer = lambda *_: Waited()
    way.taker.verdicts[3] = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        way.carry(1, 2, 3)
    assert way.arrived() is None
    way.passage.give_up()
    assert way.arrived() == 2


@pytest.mark.parametrize("error", [TooLarge("a message", 10), failed(TooLarge("a message", 10))])
def test_a_message_that_the_log_never_takes_is_rejected_with_its_body(way: Way, error: Any) -> None:
    way.log.answer = lambda topic, value: error if value == b"2" else None
    way.whole(1, 2, 3)
    (reject,) = way.log.rejects()
    assert (reject.offset, reject.reason) == (2, "a message is larger than the limit of 10 bytes")
    assert reject.data == BODY
    assert way.arrived() == 3


@pytest.mark.parametrize("fail", [lambda error: error, failed])
def test_a_reject_that_the_log_never_takes_goes_without_its_body(way: Way, fail: Callable[[Exception], Any]) -> None:
    way.log.answer = lambda topic, value: fail(TooLarge("a message", 10)) if BODY in value else None
    way.taker.verdicts[1] = Verdict(reason="it is wrong", data=BODY)
    way.whole(1, 2)
    reject = way.log.rejects()[-1]
    assert (reject.offset, reject.reason, reject.data) == (1, "it is wrong", b"")
    assert way.arrived() == 2


def test_brokers_that_take_not_even_the_reason_are_told_of(way: Way) -> None:
    way.log.answer = lambda topic, _: failed(TooLarge("a message", 10)) if topic == REJECTS.name else None
    way.taker.verdicts[2] = Verdict(reason="it is wrong", data=BODY)
    with pytest.raises(TooLarge):
        way.whole(1, 2, 3)
    way.passage.give_up()
    assert way.arrived() == 1


def test_a_record_has_arrived_when_its_rows_and_its_reject_have(way: Way) -> None:
    way.taker.verdicts[2] = Verdict(Message(b"1", b"2"), 1, "taken, but for: age")
    way.log.answer = lambda topic, _: LogUnavailable("away") if topic == REJECTS.name else None
    with pytest.raises(LogUnavailable):
        way.carry(1, 2)
    way.passage.give_up()
    assert (way.log.features(), way.arrived()) == ([b"1", b"2"], 1)


def test_a_message_of_nothing_arrives_in_its_turn(way: Way) -> None:
    way.log.answer = lambda *_: Waited()
    way.taker.verdicts |= {1: Verdict(), 3: Verdict()}
    way.carry(1, 2, 3)
    assert way.arrived() == 1
    way.passage.finish()
    assert (way.log.features(), way.arrived()) == ([b"2"], 3)
