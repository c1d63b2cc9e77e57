"""Limits on guessing passwords."""

from __future__ import annotations

import pytest

from ingest_api.limits import FREE_FAILURES, WINDOW_S, LoginLimit
from vedette.errors import Overloaded

KEYS = ("address:a", "user:u")


def failed(times: int, keys: tuple[str, ...] = KEYS) -> LoginLimit:
    limit = LoginLimit()
    for second in range(times):
        limit.failed(keys, float(second))
    return limit


def test_a_few_failures_are_free_and_then_one_must_wait() -> None:
    failed(FREE_FAILURES - 1).check(KEYS, 10.0)
    with pytest.raises(Overloaded) as refused:
        failed(FREE_FAILURES).check(KEYS, 10.0)
    assert refused.value.retry_after_s == WINDOW_S - 10.0


@pytest.mark.parametrize("key", KEYS)
def test_the_address_counts_as_well_as_the_user(key: str) -> None:
    with pytest.raises(Overloaded):
        failed(FREE_FAILURES).check((key, "other"), 10.0)


def test_others_are_not_held_up() -> None:
    failed(FREE_FAILURES).check(("address:b", "user:v"), 10.0)


def test_after_the_wait_there_is_one_more_try_for_each_failure_that_is_over() -> None:
    limit = failed(FREE_FAILURES)
    limit.check(KEYS, WINDOW_S)
    limit.failed(KEYS, WINDOW_S)
    with pytest.raises(Overloaded):
        limit.check(KEYS, WINDOW_S)
    limit.check(KEYS, WINDOW_S + 1)


def test_a_success_forgets_the_failures() -> None:
    limit = failed(FREE_FAILURES)
    limit.succeeded(KEYS)
    limit.check(KEYS, 10.0)


def test_the_memory_is_bounded() -> None:
    limit = LoginLimit()
    for number in range(10_500):
        limit.failed((f"address:{number}",), 0.0)
    assert len(limit._failures) == 10_000
