from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S
from tests.unit.client.doubles import Gateway, Time
from vedette_client import Recorder
from vedette_client.errors import Unreachable
from vedette_client.spill import Spill


def away(*_: Any) -> None:
    raise Unreachable("away")


def recorder(gateway: Gateway, **options: Any) -> Recorder:
    return Recorder(model="m", transport=gateway, clock=Time(), background=False, **options)


def drain(rec: Recorder, gateway: Gateway) -> None:
    gateway.answer = lambda message: None
    assert rec.flush(PATIENCE_S)


def test_the_oldest_rows_go_when_memory_is_full() -> None:
    gateway = Gateway(away)
    rec = recorder(gateway, max_rows=1000)
    for number in range(5000):
        rec.record({"a": number})
        assert rec.counters.waiting <= 1000
        if number % 100 == 0:
            rec.work()
    counters = rec.counters
    assert counters.accepted == 5000
    assert counters.dropped == 5000 - counters.waiting
    assert counters.waiting > 700
    drain(rec, gateway)
    assert gateway.column("a") == list(range(5000 - counters.waiting, 5000))
    rec.close()


def test_the_oldest_messages_go_when_their_bytes_are_too_many() -> None:
    gateway = Gateway(away)
    rec = recorder(gateway, max_bytes=20_000, batch_rows=10)
    for number in range(1000):
        rec.record({"a": number, "text": "x" * 90})
        if number % 10 == 0:
            rec.work()
        assert rec._buffer.books.bytes <= 20_000
    counters = rec.counters
    assert counters.dropped > 700
    drain(rec, gateway)
    found = gateway.column("a")
    assert found == list(range(1000 - len(found), 1000))
    rec.close()


@pytest.mark.parametrize("bound", [{"max_rows": 100}, {"max_rows": 1000, "max_bytes": 2000, "batch_rows": 10}])
def test_who_records_waits_for_room_and_nothing_is_lost(bound: dict[str, int]) -> None:
    open_again = threading.Event()
    most, most_bytes = [0], [0]

    def gate(_: Any) -> None:
        most[0] = max(most[0], rec.counters.waiting)
        most_bytes[0] = max(most_bytes[0], rec._buffer.books.bytes)
        open_again.wait(PATIENCE_S)

    gateway = Gateway(gate)
    rec = Recorder(model="m", transport=gateway, policy="block", tick_s=0.001, batch_age_s=0.001, **bound)  # type: ignore[arg-type]
    recorded = threading.Thread(target=lambda: [rec.record({"a": number}) for number in range(3000)])
    recorded.start()
    with rec._buffer.changed:
        assert rec._buffer.changed.wait_for(lambda: rec._buffer._is_over() and gateway.tried, PATIENCE_S)
    assert recorded.is_alive()
    assert rec.counters.accepted < 3000
    open_again.set()
    recorded.join(PATIENCE_S)
    assert rec.flush(PATIENCE_S)
    rec.close()
    assert gateway.column("a") == list(range(3000))
    assert most[0] <= bound["max_rows"] + 1
    assert most_bytes[0] <= bound.get("max_bytes", most_bytes[0])
    assert rec.counters.dropped == 0


def test_a_blocked_thread_goes_on_when_the_recorder_is_closed() -> None:
    gateway = Gateway(away)
    rec = Recorder(model="m", transport=gateway, policy="block", max_rows=10, tick_s=0.001, batch_age_s=0.001)
    thread = threading.Thread(target=lambda: [rec.record({"a": number}) for number in range(50)])
    thread.start()
    with rec._buffer.changed:
        assert rec._buffer.changed.wait_for(lambda: rec._buffer.in_memory > 10, PATIENCE_S)
    rec.close(0.0)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    counters = rec.counters
    assert (counters.accepted, counters.dropped, counters.waiting) == (50, 50, 0)


def test_what_memory_has_no_room_for_goes_to_disk_and_from_there(tmp_path: Path) -> None:
    gateway = Gateway(away)
    rec = recorder(gateway, policy="spill", spill_folder=tmp_path, max_rows=1000, batch_rows=100)
    for number in range(5000):
        rec.record({"a": number})
        if number % 50 == 0:
            rec.work()
        assert rec._buffer.in_memory <= 1000
    counters = rec.counters
    assert (counters.accepted, counters.dropped, counters.waiting) == (5000, 0, 5000)
    assert counters.spilled >= 4000
    drain(rec, gateway)
    assert sorted(gateway.column("a")) == list(range(5000))
    rec.close()
    assert list(tmp_path.iterdir()) == []


def test_what_stays_on_disk_is_sent_by_a_later_process_under_its_own_identity(tmp_path: Path) -> None:
    first = Gateway(away)
    rec = recorder(first, policy="spill", spill_folder=tmp_path)
    rec.record({"a": 1})
    rec.record_outcome("x", 2)
    rec.close()
    assert (rec.counters.waiting, rec.counters.dropped, rec.counters.spilled) == (2, 0, 2)
    second = Gateway()
    rec = recorder(second, policy="spill", spill_folder=tmp_path)
    assert rec.counters.accepted == 2
    assert rec.flush()
    assert second.column("a") == [1]
    assert second.tried[0] in first.tried
    assert (rec.counters.sent, rec.counters.waiting) == (2, 0)
    rec.close()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    gateway = Gateway(away)
    rec = recorder(gateway, policy="spill", spill_folder=tmp_path, max_rows=8, batch_rows=1)
    for number in range(8):
        rec.record({"a": number})
    rec.work()
    assert rec.counters.spilled > 0
    other = recorder(Gateway(), policy="spill", spill_folder=tmp_path)
    assert other.counters.accepted == 0
    other.close()
    rec.close()


def test_a_spill_has_a_bound_and_what_it_costs_is_counted(tmp_path: Path) -> None:
    gateway = Gateway(away)
    rec = recorder(gateway, policy="spill", spill_folder=tmp_path, max_rows=40, batch_rows=10, spill_bytes=3000)
    for number in range(2000):
        rec.record({"a": number})
        if number % 10 == 0:
            rec.work()
    counters = rec.counters
    assert counters.dropped > 0
    assert counters.accepted == 2000 == counters.waiting + counters.dropped
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.message")) <= 3000
    drain(rec, gateway)
    rec.close()


def test_a_disk_that_refuses_costs_only_what_memory_cannot_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(Spill, "put", full)
    gateway = Gateway(away)
    rec = recorder(gateway, policy="spill", spill_folder=tmp_path, max_rows=100, batch_rows=10)
    for number in range(500):
        rec.record({"a": number})
        if number % 10 == 0:
            rec.work()
    counters = rec.counters
    assert counters.waiting + counters.dropped == 500
    assert counters.waiting > 50
    rec.close(0.0)


def test_a_torn_file_costs_its_own_rows(tmp_path: Path) -> None:
    rec = recorder(Gateway(away), policy="spill", spill_folder=tmp_path, batch_rows=1)
    rec.record({"a": 1})
    rec.record({"a": 2})
    rec.close()
    min(tmp_path.rglob("*.message")).write_bytes(b"torn")
    gateway = Gateway()
    rec = recorder(gateway, policy="spill", spill_folder=tmp_path)
    assert rec.flush()
    assert gateway.column("a") == [2]
    assert (rec.counters.sent, rec.counters.dropped) == (1, 1)
    rec.close()
