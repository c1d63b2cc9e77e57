"""What was refused is told once for each reason, and then counted: no sender fills the log."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from ingest_api.recorded.refusals import EACH_S, Refusals
from vedette.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


def told(logs: list[Any]) -> list[tuple[Any, ...]]:
    return [(one["event"], one["partition"], one["reason"], one.get("messages")) for one in logs]


def test_a_reason_is_told_at_once_and_how_many_more_there_were_after_a_minute(clock: FakeClock) -> None:
    refusals = Refusals(clock)
    with structlog.testing.capture_logs() as logs:
        for offset in range(1000):
            refusals.note(0, offset, "token")
        refusals.note(1, 7, "token")
        assert told(logs) == [("message_rejected", 0, "token", None), ("message_rejected", 1, "token", None)]
        assert [one["offset"] for one in logs] == [0, 7]
        logs.clear()
        clock.advance(EACH_S - 0.001)
        refusals.tell_due()
        assert logs == []
        clock.advance(0.001)
        refusals.tell_due()
        assert told(logs) == [("messages_rejected", 0, "token", 999)]
        logs.clear()
        refusals.note(0, 1000, "token")
        assert told(logs) == [("message_rejected", 0, "token", None)]


def test_a_message_after_the_minute_is_not_counted_to_it(clock: FakeClock) -> None:
    refusals = Refusals(clock)
    with structlog.testing.capture_logs() as logs:
        refusals.note(0, 1, "token")
        refusals.note(0, 2, "token")
        clock.advance(EACH_S)
        refusals.note(0, 3, "token")
    assert told(logs) == [
        ("message_rejected", 0, "token", None),
        ("messages_rejected", 0, "token", 1),
        ("message_rejected", 0, "token", None),
    ]


def test_reasons_that_a_sender_makes_up_are_counted_together(clock: FakeClock) -> None:
    refusals = Refusals(clock)
    with structlog.testing.capture_logs() as logs:
        for number in range(1000):
            refusals.note(0, number, f"seq: {-number}")
        assert len(logs) == 21
        assert logs[-1]["reason"] == "other reasons"
        logs.clear()
        refusals.tell()
    assert told(logs) == [("messages_rejected", 0, "other reasons", 979)]
