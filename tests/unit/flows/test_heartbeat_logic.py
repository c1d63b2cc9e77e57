"""The heartbeats' step: who hears what, when all partitions were read to their ends, and what its snapshots hold."""

from __future__ import annotations

from typing import Any

import pytest

from dataflows import policies
from dataflows.heartbeats import Heard, HeartbeatLogic, publications, route
from dataflows.policies import PolicyBook
from dataflows.source import Poll
from sinks.log import Publication
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.events.names import hash64
from vedette.events.pings import Listening, Ping, encode_ping
from vedette.events.topics import CHECKS, REJECTS
from vedette.log import Record
from vedette.monitors import MonitorSpec
from vedette.windows.beat import Plan
from vedette.windows.heartbeats import Beaten
from vedette.windows.schedule import Every

T0 = 1_700_000_000_000
SHARDS = 4


class Tables:
    """What the book asks the store for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[dict[str, Any]] = []
        self.reads, self.away = 0, False
        monkeypatch.setattr(policies, "monitors_version", self._version)
        monkeypatch.setattr(policies, "windows_version", lambda store: ())
        monkeypatch.setattr(policies, "all_windows", lambda store: [])
        monkeypatch.setattr(policies, "monitor_policies", lambda store: self.rows)
        monkeypatch.setattr(policies, "live_locations", lambda store: {})

    def _version(self, store: object) -> Any:
        self.reads += 1
        if self.away:
            raise StoreUnavailable("away")
        return [dict(row) for row in self.rows]

    def add(self, monitor: int, **fields: Any) -> None:
        spec = MonitorSpec.model_validate({"name": "m", "kind": "heartbeat", "every_s": 60, "grace_s": 5, **fields})
        row = {"id": monitor, "account_id": 1, "config": spec.config(), "paused": spec.paused, "changed_ms": 0}
        self.rows.append(row)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    return Tables(monkeypatch)


@pytest.fixture
def book(tables: Tables) -> PolicyBook:
    return PolicyBook(None, FakeClock())  # type: ignore[arg-type]


def test_a_plan_that_is_not_known_is_looked_for_at_once_and_a_removed_monitor_once_only(
    tables: Tables, book: PolicyBook
) -> None:
    book.refresh()
    tables.add(7)
    assert book.plan(7) == Plan(Every(60_000), 5_000)
    assert book.plan(8) is None
    reads = tables.reads
    assert book.plan(8) is None
    assert tables.reads == reads
    tables.away = True
    assert book.plan(7) is not None
    with pytest.raises(StoreUnavailable):
        book.plan(9)


def poll(*events: Ping | Listening | bytes, partition: int = 0, at_ms: int = T0) -> Poll:
    values = [event if isinstance(event, bytes) else encode_ping(event) for event in events]
    return Poll(partition, at_ms, [Record(n, at_ms, b"", value) for n, value in enumerate(values)])


def test_pings_go_to_their_monitors_shard_and_a_gateways_word_to_all() -> None:
    found = dict(route(poll(Ping(7, 1, T0, "start"), Listening(T0), Ping(7, 1, T0, "success")), SHARDS))
    assert set(found) == {"0", "1", "2", "3"}
    mine = found.pop(str(hash64(7) % SHARDS))
    assert isinstance(mine, Heard)
    assert [type(event) for _, event in mine.events] == [Ping, Listening, Ping]
    assert {len(other.events) for other in found.values() if isinstance(other, Heard)} == {1}


def test_the_end_of_a_partition_goes_to_all_and_what_cannot_be_read_is_a_reject() -> None:
    assert [shard for shard, _ in route(poll(), SHARDS)] == ["0", "1", "2", "3"]
    ((key, reject),) = route(poll(b"nonsense"), SHARDS)
    assert key == "rejects"
    assert isinstance(reject, Publication)
    assert reject.topic == REJECTS.name


class Driver:
    """A logic over two partitions, of which the second holds no pings."""

    def __init__(self, book: PolicyBook) -> None:
        self._book = book
        self.logic = HeartbeatLogic(book, 2, None)
        self.found: list[Beaten] = []

    def hear(self, *events: tuple[int, Any], at_ms: int) -> None:
        self.found += self.logic.on_batch([Heard(0, at_ms, list(events))])[0]

    def ends(self, *partitions: int, at_ms: int) -> None:
        self.found += self.logic.on_batch([Heard(partition, at_ms, []) for partition in partitions])[0]

    def restart(self) -> None:
        self.logic = HeartbeatLogic(self._book, 2, self.logic.snapshot())

    def outcomes(self) -> list[str]:
        return [result.outcome for beaten in self.found for result in beaten.results]


@pytest.fixture
def driver(tables: Tables, book: PolicyBook) -> Driver:
    tables.add(7)
    made = Driver(book)
    made.hear((T0, Listening(T0)), (T0, Ping(7, 1, T0, "success")), at_ms=T0)
    for second in range(3, 69, 3):
        at = T0 + second * 1000
        made.hear((at, Listening(at)), at_ms=at)
    return made


def test_nothing_is_overdue_before_every_partition_was_read_to_its_end(driver: Driver) -> None:
    driver.ends(0, at_ms=T0 + 66_000)
    driver.ends(0, at_ms=T0 + 66_001)
    assert driver.outcomes() == ["up"]
    # An end may be two seconds old: what came since may be the ping.
    driver.ends(1, at_ms=T0 + 67_000)
    assert driver.outcomes() == ["up"]
    driver.ends(0, 1, at_ms=T0 + 70_000)
    assert driver.outcomes() == ["up", "down"]


def test_after_a_restart_every_partition_must_be_read_to_its_end_again(driver: Driver) -> None:
    driver.ends(0, 1, at_ms=T0 + 60_000)
    driver.restart()
    driver.ends(0, at_ms=T0 + 90_000)
    assert driver.outcomes() == ["up"]
    driver.ends(1, at_ms=T0 + 90_000)
    assert driver.outcomes() == ["up", "down"]


def test_a_clock_that_is_set_back_makes_it_look_at_every_end_again(driver: Driver) -> None:
    driver.ends(0, 1, at_ms=T0 + 60_000)
    driver.ends(0, at_ms=T0 - 3_600_000)
    driver.ends(0, at_ms=T0 - 3_590_000)
    assert driver.outcomes() == ["up"]
    driver.ends(1, at_ms=T0 - 3_590_000)
    assert driver.outcomes() == ["up", "down"]


def test_the_snapshot_is_the_same_while_nothing_changes(driver: Driver) -> None:
    driver.ends(0, 1, at_ms=T0 + 90_000)
    before = driver.logic.snapshot()
    driver.ends(0, 1, at_ms=T0 + 91_000)
    assert driver.logic.snapshot() is before
    driver.hear((T0 + 91_000, Listening(T0)), at_ms=T0 + 91_000)
    assert driver.logic.snapshot() is not before


def test_results_go_into_the_topic_of_results_under_their_monitor(driver: Driver) -> None:
    (published,) = publications(driver.found[0])
    assert (published.topic, published.message.key) == (CHECKS.name, b"7")
