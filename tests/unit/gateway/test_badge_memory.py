"""Badge memory: for half a minute, and not without bound."""

from __future__ import annotations

import pytest

from ingest_api import badge_memory
from ingest_api.badge_memory import FRESH_S, BadgeMemory
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable


class Counted:
    """Computes another message each time."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> tuple[str, str]:
        self.asked += 1
        return f"{self.asked}", "#fff"


def test_a_message_is_computed_again_when_it_is_old() -> None:
    clock, compute = FakeClock(), Counted()
    memory = BadgeMemory(clock)
    assert [memory.get("a", compute), memory.get("a", compute)] == [("1", "#fff")] * 2
    clock.advance(FRESH_S)
    assert memory.get("a", compute) == ("2", "#fff")
    assert memory.get("b", compute) == ("3", "#fff")


def test_the_oldest_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(badge_memory, "_MOST", 2)
    memory, compute = BadgeMemory(FakeClock()), Counted()
    for key in "abc":
        memory.get(key, compute)
    memory.get("c", compute)
    assert compute.asked == 3
    memory.get("a", compute)
    assert compute.asked == 4


def test_an_error_is_not_remembered() -> None:
    memory, compute = BadgeMemory(FakeClock()), Counted()

    def fail() -> tuple[str, str]:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable, match="away"):
        memory.get("a", fail)
    assert memory.get("a", compute) == ("1", "#fff")
