"""Where the reader of recorded messages stands: nothing is lost by a crash, an outage or another gateway, or told twice
without need."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import structlog

from ingest_api.recorded.reader import LEASE_S
from tests.integration.gateway.recorded_house import House
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from tests.patience import PATIENCE_S
from vedette.errors import LogUnavailable, Overloaded, StoreUnavailable
from vedette.events.topics import FEATURES, RECORDED
from vedette.log import Log, Message
from vedette.store import recorded


class Faulty:
    """A log that fails its next calls when told to."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.refuse: list[Exception] = []
        self.fail: list[Exception] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        if topic == FEATURES.name and self.refuse:
            raise self.refuse.pop()
        done = self._log.produce(topic, messages)
        if topic == FEATURES.name and self.fail:
            done = Future()
            done.set_exception(self.fail.pop())
        return done


@pytest.fixture
def fresh(dsn: str, tmp_path: Path) -> Any:
    """A gateway whose log fails when told to."""
    with Gateway(dsn, tmp_path, wrap=Faulty) as running:  # type: ignore[arg-type]
        yield running


@pytest.fixture
def house(fresh: Gateway) -> House:
    """A house of this test's own."""
    register(fresh, "churn")
    return House(fresh)


@pytest.fixture
def log(fresh: Gateway) -> Faulty:
    """Its log."""
    found = fresh.context.log
    assert isinstance(found, Faulty)
    return found


def test_a_reader_goes_on_where_the_one_before_it_stood(house: House) -> None:
    house.say(seq=1)
    house.carry()
    house.forget_leases()
    house.reader = house.another()
    house.say(seq=2)
    house.carry()
    assert house.seqs() == [1, 2]


def test_killed_before_its_place_is_stored_it_carries_the_batch_on_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> bool:
        raise Killed

    house.say(seq=1)
    with monkeypatch.context() as patched:
        patched.setattr(recorded, "advance", die)
        with pytest.raises(Killed):
            house.carry()
    assert (house.seqs(), house.taken()) == ([1], 0)
    house.forget_leases()
    house.reader = house.another()
    house.carry()
    first, second = house.features()
    assert first == second, "model, epoch and seq are the same, so the flow drops the second"


def test_while_the_database_cannot_be_told_nothing_is_carried_on_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise StoreUnavailable("away")

    house.say(seq=1)
    with monkeypatch.context() as patched:
        patched.setattr(recorded, "advance", away)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                house.reader.step()
    house.carry()
    assert (house.seqs(), house.taken()) == ([1], 1)


def test_while_the_database_is_away_messages_wait_and_none_is_rejected(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    house.say(seq=1)
    with monkeypatch.context() as patched:
        patched.setattr("vedette.store.models.ids", away)
        with pytest.raises(StoreUnavailable):
            house.reader.step()
    assert (house.features(), house.rejects(), house.taken()) == ([], [], 0)
    house.carry()
    assert (house.seqs(), house.taken()) == ([1], 1)


@pytest.mark.parametrize("how", ["refuse", "fail"])
def test_while_the_log_takes_nothing_messages_wait(house: House, log: Faulty, how: str) -> None:
    house.say(seq=1)
    faults = {"refuse": Overloaded("full"), "fail": LogUnavailable("away")}
    getattr(log, how).append(faults[how])
    with pytest.raises(type(faults[how])):
        house.reader.step()
    assert house.taken() == 0
    house.carry()
    assert set(house.seqs()) == {1}
    assert house.taken() == 1


def test_a_partition_is_read_by_one_gateway_until_that_is_gone(house: House) -> None:
    house.say(seq=1)
    house.carry()
    house.keep_leases()
    other = house.another()
    house.say(seq=2)
    assert not other.step(), "it is another's"
    house.forget_leases()
    house.gateway.clock.advance(LEASE_S)
    while other.step():
        pass
    assert house.seqs() == [1, 2]
    house.keep_leases()
    house.say(seq=3)
    assert not house.reader.step(), "who comes back has lost it"


def test_who_was_asleep_while_another_went_on_takes_nothing_back(house: House) -> None:
    house.say(seq=1)
    house.carry()
    house.forget_leases()
    house.say(seq=2)
    other = house.another()
    while other.step():
        pass
    house.carry()  # it does not know yet that its lease is over: the same message again, and then no more
    house.say(seq=3)
    assert not house.reader.step()
    while other.step():
        pass
    assert house.seqs() in ([1, 2, 2, 3], [1, 2, 3])
    assert house.taken() == 3


def test_a_log_that_was_made_anew_is_read_from_its_beginning(house: House) -> None:
    house.say(seq=1)
    house.carry()
    house.gateway.store.execute("UPDATE recorded_positions SET next_offset = next_offset + 5 WHERE next_offset > 0")
    house.forget_leases()
    house.reader = house.another()
    house.carry()
    assert house.seqs() == [1, 1]


def test_messages_that_expired_unread_are_told_and_the_next_ones_are_taken(house: House) -> None:
    house.say(seq=1)
    house.carry()
    house.say(seq=2)
    house.gateway.log.enforce_retention(house.now_ms + 30 * 86_400_000)
    house.say(seq=3)
    with structlog.testing.capture_logs() as logs:
        house.carry()
    told = [(one["event"], one["messages"]) for one in logs if one["event"] == "recorded_expired"]
    assert told == [("recorded_expired", 1)]
    assert house.taken() == 3


def test_the_thread_reads_on_after_faults_and_gives_its_partitions_back(house: House, log: Faulty) -> None:
    came = threading.Event()
    log.refuse += [Overloaded("full"), ZeroDivisionError("a fault of ours")]
    produce = log.produce

    def watched(topic: str, messages: Sequence[Message]) -> Future[None]:
        done = produce(topic, messages)
        if topic == FEATURES.name:
            done.add_done_callback(lambda _: came.set())
        return done

    log.produce = watched  # type: ignore[method-assign]
    house.say(seq=1)
    house.reader.start()
    assert came.wait(PATIENCE_S)
    house.reader.stop()
    held = house.gateway.store.rows("SELECT partition FROM recorded_positions WHERE until > now()")
    assert (house.seqs(), held) == ([1], [])
    assert house.taken() == 1
    assert house.gateway.log.partitions(RECORDED.name) == 4


def test_an_embedded_log_is_not_read_by_the_gateway_itself(house: House) -> None:
    house.say(seq=1)
    assert not any(thread.name == "recorded" for thread in threading.enumerate())
