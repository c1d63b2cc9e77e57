"""The rule book serves several workers of a flow at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from alerting import book
from alerting.book import RuleBook
from vedette.clock import FakeClock
from vedette.events.signals import Signal
from vedette.store.pool import Store

SIGNAL = Signal("endpoint", 1, "monitor:1@x", 1, "down")
ROW = {
    "id": 1, "account_id": 1, "name": "Down", "kind": "endpoint_down", "config": {"after_failures": 1}, "created_ms": 0,
}  # fmt: skip


def test_who_comes_while_the_rules_are_first_read_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def read(store: Store) -> list[dict[str, Any]]:
        reading.set()
        assert go_on.wait(10)
        return [ROW]

    monkeypatch.setattr(book, "read_rules", read)
    monkeypatch.setattr(book, "monitors_version", lambda store: ())
    monkeypatch.setattr(book, "monitor_tags", lambda store: {})
    rules, found = RuleBook(None, FakeClock()), list[int]()  # type: ignore[arg-type]  # nothing reads the store here
    workers = [threading.Thread(target=lambda: found.append(len(rules.rules_for(SIGNAL)))) for _ in range(2)]
    workers[0].start()
    assert reading.wait(10)
    workers[1].start()
    workers[1].join(0.2)  # it would be done by now if it did not wait
    go_on.set()
    for worker in workers:
        worker.join(10)
    assert found == [1, 1]
