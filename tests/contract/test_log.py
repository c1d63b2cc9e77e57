"""What every adapter of the log port promises."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from vedette.errors import InvalidInput, NotFound, Overloaded
from vedette.events.topics import CHECKS, REALTIME, SAMPLES
from vedette.log import Log, Message, open_log
from vedette.log.embedded import EmbeddedLog
from vedette.log.kafka import KafkaLog
from vedette.settings import LogSettings

Opener = Callable[[], Log]


def fresh_log(adapter: str, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """Settings of a log of this test's own."""
    if adapter == "embedded":
        return {"log_url": f"embedded://{tmp_path}/events.db"}
    address: str = request.getfixturevalue("kafka_server")
    return {"log_url": f"kafka://{address}", "kafka_prefix": f"test-{secrets.token_hex(6)}."}


@pytest.fixture(params=["embedded", "kafka"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same log as often as it is called, as other processes would."""
    opened: list[Log] = []
    where = fresh_log(request.param, request, tmp_path)

    def open_again(**settings: int) -> Log:
        log = open_log(LogSettings.load(**where, **settings))
        opened.append(log)
        return log

    yield open_again
    for log in opened:
        log.close()


def everything(log: Log, topic: str = SAMPLES.name) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    for partition in range(log.partitions(topic)):
        offset = 0
        while records := log.read(topic, partition, offset, 1_000_000):
            found += [(record.key, record.value) for record in records]
            offset = records[-1].offset + 1
    return found


def put(log: Log, *pairs: tuple[bytes, bytes], topic: str = SAMPLES.name) -> None:
    log.produce(topic, [Message(*pair) for pair in pairs]).result(10)


def test_acknowledged_messages_can_be_read_by_another_opening(opener: Opener) -> None:
    put(opener(), (b"a", b"1"), (b"b", b"2"))
    assert sorted(everything(opener())) == [(b"a", b"1"), (b"b", b"2")]


def test_messages_of_one_key_keep_their_order_and_partition(opener: Opener) -> None:
    log = opener()
    for number in range(50):
        put(log, (b"k", b"%d" % number), (b"other", b"x"))
    lists = [
        [r.value for r in log.read(SAMPLES.name, p, 0, 1000) if r.key == b"k"]
        for p in range(log.partitions(SAMPLES.name))
    ]
    assert [found for found in lists if found] == [[b"%d" % n for n in range(50)]]


def test_offsets_are_consecutive_from_zero_and_reading_goes_on_where_it_stopped(opener: Opener) -> None:
    log = opener()
    put(log, *((b"k", b"%d" % n) for n in range(10)))
    partition = next(p for p in range(4) if log.bounds(SAMPLES.name)[p].end)
    first = log.read(SAMPLES.name, partition, 0, 4)
    rest = log.read(SAMPLES.name, partition, first[-1].offset + 1, 100)
    assert [record.offset for record in first + rest] == list(range(10))
    assert [record.value for record in first + rest] == [b"%d" % n for n in range(10)]


def test_reading_at_the_end_gives_nothing(opener: Opener) -> None:
    log = opener()
    put(log, (b"k", b"v"))
    for partition, bounds in enumerate(log.bounds(SAMPLES.name)):
        assert log.read(SAMPLES.name, partition, bounds.end, 10) == []


def test_topics_do_not_mix(opener: Opener) -> None:
    log = opener()
    put(log, (b"k", b"sample"))
    put(log, (b"k", b"check"), topic=CHECKS.name)
    assert everything(log, CHECKS.name) == [(b"k", b"check")]


def test_an_empty_produce_is_acknowledged(opener: Opener) -> None:
    log = opener()
    log.produce(SAMPLES.name, []).result(10)
    assert everything(log) == []


def test_an_unknown_topic_is_refused(opener: Opener) -> None:
    with pytest.raises(NotFound, match=r"vedette\.nothing"):
        opener().produce("vedette.nothing", [Message(b"k", b"v")])


def test_an_unknown_partition_is_refused(opener: Opener) -> None:
    with pytest.raises(InvalidInput, match="partition"):
        opener().read(SAMPLES.name, 99, 0, 1)


def test_several_writers_lose_and_double_nothing(opener: Opener) -> None:
    logs = [opener() for _ in range(3)]

    def write(log: Log, name: int) -> None:
        futures = [log.produce(SAMPLES.name, [Message(b"%d" % name, b"%d-%d" % (name, n))]) for n in range(200)]
        for future in futures:
            future.result(30)

    threads = [threading.Thread(target=write, args=(log, n)) for n, log in enumerate(logs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = everything(logs[0])
    assert len(found) == 600
    for name in range(3):
        assert [v for k, v in found if k == b"%d" % name] == [b"%d-%d" % (name, n) for n in range(200)]


def expire(log: Log, topic: str, partition: int, before: int, taken_ms: int) -> None:
    """Let retention remove what stands before that offset; a broker does so on its own time, or when it is told."""
    if isinstance(log, EmbeddedLog):
        retention = REALTIME.retention_ms
        assert log.enforce_retention(taken_ms + retention) == 0
        assert log.enforce_retention(taken_ms + retention + 1) == before
        return
    assert isinstance(log, KafkaLog)
    assert log.enforce_retention(taken_ms) == 0
    log.remove_before(topic, partition, before)


def test_retention_removes_the_old_and_keeps_offsets(opener: Opener) -> None:
    log = opener()
    put(log, (b"k", b"old"), topic=REALTIME.name)
    partition = next(p for p, b in enumerate(log.bounds(REALTIME.name)) if b.end)
    expire(log, REALTIME.name, partition, 1, log.read(REALTIME.name, partition, 0, 1)[0].time_ms)
    put(log, (b"k", b"new"), topic=REALTIME.name)
    records = log.read(REALTIME.name, partition, 0, 10)
    assert [(record.offset, record.value) for record in records] == [(1, b"new")]
    assert log.bounds(REALTIME.name)[partition].start == 1


def test_one_who_reads_on_and_on_gets_each_message_once_and_knows_the_end(opener: Opener) -> None:
    writer, log = opener(), opener()
    found: list[bytes] = []
    offset = 0
    put(writer, (b"k", b"first"))
    partition = next(p for p, b in enumerate(log.bounds(SAMPLES.name)) if b.end)
    for number in range(200):
        if number < 100:
            put(writer, (b"k", b"%d" % number))
        for record in log.read(SAMPLES.name, partition, offset, 3):
            found.append(record.value)
            offset = record.offset + 1
    deadline = time.monotonic() + PATIENCE_S
    while not log.ended(SAMPLES.name, partition, offset) or len(found) < 101:
        assert time.monotonic() < deadline
        for record in log.read(SAMPLES.name, partition, offset, 3):
            found.append(record.value)
            offset = record.offset + 1
    assert found == [b"first", *(b"%d" % number for number in range(100))]
    assert not log.ended(SAMPLES.name, partition, offset - 1)
    assert log.read(SAMPLES.name, partition, 50, 2)[0].value == b"49"


@pytest.mark.parametrize("opener", ["kafka"], indirect=True)  # the embedded log's reader asks anew each time
def test_a_reader_whom_retention_overtakes_goes_on_at_the_first_kept_message(opener: Opener) -> None:
    log = opener()
    assert isinstance(log, KafkaLog)
    put(log, *((b"k", b"%d" % n) for n in range(10)))
    partition = next(p for p, b in enumerate(log.bounds(SAMPLES.name)) if b.end)
    offset = log.read(SAMPLES.name, partition, 0, 2)[-1].offset + 1
    offset = log.read(SAMPLES.name, partition, offset, 2)[-1].offset + 1  # followed from here on
    put(log, *((b"k", b"%d" % n) for n in range(10, 20)))
    log._tail._feeds.clear()  # as if it had not been read ahead yet
    assert log._tail.follow(log._place(SAMPLES.name, partition), offset)
    log.remove_before(SAMPLES.name, partition, 15)
    found: list[bytes] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < 5:
        assert time.monotonic() < deadline
        for record in log.read(SAMPLES.name, partition, offset, 100):
            found.append(record.value)
            offset = record.offset + 1
    assert found[-5:] == [b"%d" % n for n in range(15, 20)]


def test_two_who_read_a_partition_at_different_places_do_not_disturb_each_other(opener: Opener) -> None:
    log = opener()
    put(log, *((b"k", b"%d" % n) for n in range(30)))
    partition = next(p for p, b in enumerate(log.bounds(SAMPLES.name)) if b.end)
    one = two = 0
    for _ in range(10):
        one = log.read(SAMPLES.name, partition, one, 3)[-1].offset + 1
        two = log.read(SAMPLES.name, partition, two, 1)[-1].offset + 1
    assert (one, two) == (30, 10)


def test_the_offset_at_a_time_is_the_first_taken_then_or_later(opener: Opener) -> None:
    log = opener()
    put(log, (b"k", b"1"), (b"k", b"2"))
    partition = next(p for p, b in enumerate(log.bounds(SAMPLES.name)) if b.end)
    taken = log.read(SAMPLES.name, partition, 0, 1)[0].time_ms
    assert log.offset_at(SAMPLES.name, partition, taken) == 0
    assert log.offset_at(SAMPLES.name, partition, taken + 10_000_000) == 2


def test_a_full_buffer_refuses_at_once_and_takes_nothing_of_the_call(opener: Opener) -> None:
    log = opener(log_max_pending_mb=1)  # type: ignore[call-arg]
    block = bytes(700_000)
    accepted = []
    refused = 0
    for number in range(40):
        try:
            accepted.append((number, log.produce(SAMPLES.name, [Message(b"%d" % number, block)])))
        except Overloaded:
            refused += 1
    for _, future in accepted:
        future.result(30)
    assert refused > 0
    assert sorted(int(key) for key, _ in everything(log)) == sorted(number for number, _ in accepted)


def test_who_waits_for_what_is_on_its_way_finds_room_also_for_more_than_the_buffer_holds(opener: Opener) -> None:
    log = opener(log_max_pending_mb=1)  # type: ignore[call-arg]
    for number in range(8):
        log.produce(SAMPLES.name, [Message(b"k", bytes(2_000_000 + number))]).result(30)
    assert [len(value) for _, value in everything(log)] == [2_000_000 + number for number in range(8)]


def test_large_messages_come_a_few_at_a_time(opener: Opener) -> None:
    log = opener()
    put(log, *((b"k", bytes(3_000_000)) for _ in range(8)))
    partition = next(p for p, b in enumerate(log.bounds(SAMPLES.name)) if b.end)
    offset, reads = 0, []
    while records := log.read(SAMPLES.name, partition, offset, 1000):
        reads.append(len(records))
        offset = records[-1].offset + 1
    assert sum(reads) == 8
    assert max(reads) <= 4


def test_closing_writes_what_is_pending(opener: Opener) -> None:
    log = opener()
    futures = [log.produce(SAMPLES.name, [Message(b"k", b"%d" % n)]) for n in range(100)]
    log.close()
    assert all(future.done() for future in futures)
    assert len(everything(opener())) == 100
