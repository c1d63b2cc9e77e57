"""The rate of pings of one monitor."""

from __future__ import annotations

import pytest

from ingest_api.intake import ping_rate
from ingest_api.intake.ping_rate import AT_ONCE, EVERY_S, PingRate
from vedette.errors import Overloaded


def spent(monitor: int = 1) -> PingRate:
    """All the room of a monitor is taken at 100 s."""
    rate = PingRate()
    for _ in range(AT_ONCE):
        rate.take(monitor, 100.0)
    return rate


def test_after_a_burst_one_must_wait_until_there_is_room_for_one() -> None:
    rate = spent()
    with pytest.raises(Overloaded, match="monitor 1 pings too often: allowed are 60 at once") as refused:
        rate.take(1, 100.0)
    assert refused.value.retry_after_s == EVERY_S
    rate.take(1, 100.0 + EVERY_S)
    with pytest.raises(Overloaded):
        rate.take(1, 100.0 + EVERY_S)


def test_what_was_refused_takes_no_room() -> None:
    rate = spent()
    for _ in range(5):
        with pytest.raises(Overloaded):
            rate.take(1, 100.0)
    rate.take(1, 100.0 + EVERY_S)


def test_others_are_not_held_up() -> None:
    spent().take(2, 100.0)


def test_who_keeps_to_the_rate_never_waits_and_has_all_the_room_again_after_a_rest() -> None:
    rate = spent()
    for ping in range(1, 200):
        rate.take(1, 100.0 + ping * EVERY_S)
    for _ in range(AT_ONCE):
        rate.take(1, 1000.0)


def test_the_monitor_that_pinged_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ping_rate, "_MOST", 2)
    rate = spent(1)
    rate.take(2, 100.0)
    with pytest.raises(Overloaded):
        rate.take(1, 100.0)
    rate.take(3, 100.0)
    rate.take(1, 100.0)
