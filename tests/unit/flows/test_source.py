"""The source over the log: what it puts out, when it says that it has read to the end, where it resumes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflows.source import LogSource, Poll
from vedette.clock import FakeClock
from vedette.events.topics import SAMPLES
from vedette.log import Log, Message, open_log
from vedette.settings import LogSettings


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(LogSettings.load(log_url=f"embedded://{tmp_path}/events.db", log_partitions=1))
    yield opened
    opened.close()


def put(log: Log, *values: bytes) -> None:
    log.produce(SAMPLES.name, [Message(b"k", value) for value in values]).result(10)


def shape(polls: list[Poll]) -> list[list[bytes]]:
    return [[record.value for record in poll.records] for poll in polls]


def test_records_come_in_order_and_the_snapshot_is_where_to_go_on(log: Log) -> None:
    put(log, b"1", b"2", b"3")
    source = LogSource(log, SAMPLES.name, FakeClock(), batch=2)
    part = source.build_part("s", "0", None)
    assert shape(part.next_batch()) == [[b"1", b"2"]]
    again = source.build_part("s", "0", part.snapshot())
    assert shape(again.next_batch()) == [[b"3"]]


def test_the_end_is_told_once_a_tick_even_while_something_new_comes_all_the_time(log: Log) -> None:
    clock = FakeClock()
    part = LogSource(log, SAMPLES.name, clock, batch=10, tick_s=0.5).build_part("s", "0", None)
    told = 0
    for number in range(8):
        put(log, b"%d" % number)
        clock.advance(0.125)
        told += [] in shape(part.next_batch())
    assert told == 2


def test_a_full_batch_says_nothing_about_the_end(log: Log) -> None:
    clock = FakeClock()
    part = LogSource(log, SAMPLES.name, clock, batch=2, tick_s=0.5).build_part("s", "0", None)
    put(log, b"1", b"2")
    clock.advance(1)
    assert shape(part.next_batch()) == [[b"1", b"2"]]
    assert shape(part.next_batch()) == [[]]


def test_a_stop_ends_the_input_only_when_all_has_been_read(log: Log) -> None:
    put(log, b"1")
    part = LogSource(log, SAMPLES.name, FakeClock(), stop=lambda: True).build_part("s", "0", None)
    assert shape(part.next_batch()) == [[b"1"]]
    with pytest.raises(StopIteration):
        part.next_batch()


def test_a_log_that_was_made_anew_is_read_from_its_beginning(log: Log) -> None:
    put(log, b"1")
    part = LogSource(log, SAMPLES.name, FakeClock()).build_part("s", "0", 500)
    assert shape(part.next_batch()) == [[b"1"]]


def test_a_stop_ends_the_input_though_more_and_more_comes(log: Log) -> None:
    put(log, b"1", b"2", b"3")
    part = LogSource(log, SAMPLES.name, FakeClock(), batch=2, stop=lambda: True).build_part("s", "0", None)
    assert shape(part.next_batch()) == [[b"1", b"2"]]
    put(log, b"4", b"5", b"6")
    assert shape(part.next_batch()) == [[b"3", b"4"]]
    with pytest.raises(StopIteration):
        part.next_batch()


def test_there_is_a_part_for_each_partition(tmp_path: Path) -> None:
    log = open_log(LogSettings.load(log_url=f"embedded://{tmp_path}/events.db", log_partitions=3))
    assert LogSource(log, SAMPLES.name, FakeClock()).list_parts() == ["0", "1", "2"]
    log.close()
