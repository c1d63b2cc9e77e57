"""Declines: daily scores of all shards judged together, found once, shown until they are over."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.windows.trend_changes import Changes
from vedette.windows.trend_declines import DeclineBook
from vedette.windows.trend_shard import DAY_MS, DailyScores

DAY = 20_000


def told(shard: int, day: int, scores: dict[int, list[float]], since: int = 0, account: int = 1) -> DailyScores:
    rows = np.array(list(scores.values()), np.float32).reshape(-1, 28)
    some = len(scores)
    return DailyScores(day, shard, tuple(scores), (account,) * some, (since,) * some, rows)


def falling(by: float, noise: int = 3) -> list[float]:
    random = np.random.default_rng(noise)
    return [0.95 - by * day / 28 + float(random.normal(0, 0.001)) for day in range(28)]


def flat(seed: int) -> list[float]:
    return falling(0.0, seed)


def judged(book: DeclineBook, day: int, scores: dict[int, list[float]], since: int = 0) -> Changes:
    return book.take(told(0, day, scores, since))


def test_a_decline_is_found_once_and_its_row_is_replaced_while_it_goes_on() -> None:
    book = DeclineBook(1)
    first = judged(book, DAY, {1: falling(0.03), 2: flat(4), 3: flat(5)})
    (row,) = first.rows
    assert (row.monitor, row.kind, row.direction, row.state) == (1, "decline", "down", "open")
    assert row.size == pytest.approx(-0.03, abs=0.005)
    assert (row.start_ms, row.found_ms) == ((DAY - 27) * DAY_MS, (DAY + 1) * DAY_MS + 1)
    assert row.statistic >= row.threshold > 2
    assert [(signal.state, signal.detail["trend"]) for signal in first.signals] == [("down", "decline")]
    second = judged(book, DAY + 1, {1: falling(0.05), 2: flat(6)})
    (again,) = second.rows
    assert (again.id, again.found_ms, again.start_ms) == (row.id, row.found_ms, row.start_ms)
    assert again.size < row.size
    assert second.signals == []


def test_a_decline_that_is_no_longer_seen_is_over_and_a_later_one_is_another() -> None:
    book = DeclineBook(1)
    first = judged(book, DAY, {1: falling(0.03)})
    over = judged(book, DAY + 1, {1: flat(7)})
    assert [(row.id, row.state, row.reason) for row in over.rows] == [(first.rows[0].id, "ended", "ended")]
    assert [(signal.state, signal.at) for signal in over.signals] == [("over", (DAY + 2) * DAY_MS + 1)]
    assert judged(book, DAY + 2, {1: falling(0.03)}).rows[0].id != first.rows[0].id


def test_what_does_not_decline_or_by_too_little_to_matter_is_not_shown() -> None:
    small = [0.95 - 0.003 * day / 28 for day in range(28)]
    rising = [0.9 + 0.03 * day / 28 for day in range(28)]
    assert judged(DeclineBook(1), DAY, {1: flat(1), 2: small, 3: rising}) == Changes()


def test_a_step_that_was_found_is_no_decline() -> None:
    scores = {1: [value + 0.0001 * (day % 3) for day, value in enumerate([0.95] * 14 + [0.91] * 14)]}
    assert judged(DeclineBook(1), DAY, scores, since=DAY - 13) == Changes()
    assert judged(DeclineBook(1), DAY, scores).rows


def test_a_day_waits_for_all_shards_and_one_that_skips_it_had_nothing() -> None:
    book = DeclineBook(2)
    assert book.take(told(0, DAY, {1: falling(0.03)})) == Changes()
    assert book.take(told(0, DAY, {1: falling(0.03)})) == Changes()  # again, after a crash
    assert len(book.take(told(1, DAY + 1, {})).rows) == 1


def test_accounts_are_judged_for_themselves() -> None:
    random = np.random.default_rng(2)
    doubtful = [0.95 - 0.012 * day / 28 + float(random.normal(0, 0.006)) for day in range(28)]  # p = .008
    many = {monitor: flat(monitor) for monitor in range(10, 60)}
    alone, together = DeclineBook(2), DeclineBook(2)
    for book, account in ((alone, 2), (together, 1)):
        book.take(told(0, DAY, many, account=1))
        found = book.take(told(1, DAY, {1: doubtful}, account=account))
        assert len(found.rows) == (account == 2)
