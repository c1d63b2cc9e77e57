"""Patience: a flow waits for a part that is away, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import structlog

from sinks.patience import persist
from vedette.errors import InvalidInput, LogUnavailable, Overloaded, StoreUnavailable


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def failing(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def action() -> str:
        if left:
            raise left.pop()
        return "done"

    return action


def persist_noting_waits(action: Callable[[], str]) -> tuple[str, list[float]]:
    waits: list[float] = []
    return persist("x", action, sleep=waits.append, jitter=lambda low, high: high), waits


def test_what_succeeds_is_done_once_without_a_wait() -> None:
    assert persist_noting_waits(failing(0, StoreUnavailable("away"))) == ("done", [])


@pytest.mark.parametrize("error", [StoreUnavailable("away"), LogUnavailable("away"), Overloaded("full")])
def test_what_is_away_is_tried_again_until_it_is_back(error: Exception) -> None:
    result, waits = persist_noting_waits(failing(9, error))
    assert result == "done"
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0])


@pytest.mark.parametrize("error", [InvalidInput("a", 1, "b"), ValueError("bug")])
def test_what_cannot_succeed_is_not_tried_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        persist_noting_waits(failing(1, error))


def test_waits_are_jittered_over_their_upper_half() -> None:
    asked: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    persist("x", failing(2, StoreUnavailable("away")), sleep=lambda seconds: None, jitter=jitter)
    assert asked == [(0.05, 0.1), (0.1, 0.2)]
