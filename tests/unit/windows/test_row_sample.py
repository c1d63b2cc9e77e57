"""Samples of rows: the lowest random numbers, in whatever parts they come, in little memory and a quick snapshot."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.events.features import Column
from vedette.windows.row_sample import MOST_PARTS, RowSample

MOST = 100


def report(values: list[float], words: list[str | None] | None = None) -> dict[str, Column]:
    found = {"x": Column("x", "numbers", np.array(values, "<f8").tobytes())}
    if words is not None:
        known = sorted({word for word in words if word is not None})
        codes = [-1 if word is None else known.index(word) for word in words]
        found["w"] = Column("w", "codes", np.array(codes, "<i4").tobytes(), known)
    return found


def added(sample: RowSample, numbers: list[float], columns: dict[str, Column]) -> None:
    sample.add(np.array(numbers), columns, np.arange(len(numbers)))


@given(st.lists(st.integers(1, 160), min_size=1, max_size=40), st.integers(0, 9), st.booleans())
def test_rows_kept_are_those_with_the_lowest_numbers(sizes: list[int], seed: int, again: bool) -> None:
    random, sample = np.random.default_rng(seed), RowSample(MOST)
    rows: list[tuple[float, float, Any]] = []
    for at, size in enumerate(sizes):
        numbers = random.random(size).tolist()
        values = random.normal(size=size).tolist()
        words = random.choice(["a", "b", "c"], size).tolist() if at % 3 else None
        added(sample, numbers, report(values, words))
        rows += zip(numbers, values, words or [None] * size, strict=True)
        sample = pickle.loads(pickle.dumps(sample)) if again else sample
    rows = sorted(rows)[:MOST]
    found = sample.columns()
    assert sample.seen == sum(sizes)
    assert found["x"] == [value for _, value, _ in rows]
    assert found.get("w", [None] * len(rows)) == [word for _, _, word in rows]


def test_a_column_may_be_numbers_here_and_words_there() -> None:
    sample = RowSample(MOST)
    added(sample, [0.1, 0.3], {"w": Column("w", "numbers", np.array([1.5, np.nan], "<f8").tobytes())})
    added(sample, [0.2], report([7.0], ["a"]))
    found = sample.columns()
    assert (found["w"][0], found["w"][1], found["w"][2] != found["w"][2]) == (1.5, "a", True)
    assert (found["x"][1], found["x"][0] != found["x"][0]) == (7.0, True)


def test_many_small_reports_are_few_parts_that_a_snapshot_takes_as_they_are() -> None:
    random, sample = np.random.default_rng(1), RowSample(1000)
    for at in range(1500):
        columns = {f"f{n}": Column(f"f{n}", "numbers", random.normal(size=1).tobytes()) for n in range(5)}
        added(sample, random.random(1).tolist(), columns)
        if at % 50 == 0:
            assert len(sample.parts) <= 2 * MOST_PARTS + 10
    held = sum(len(part.numbers) for part in sample.parts)
    assert held <= 1250
    assert len(pickle.dumps(sample, protocol=5)) < 1.2 * held * 6 * 8


def test_a_sample_without_rows_has_no_columns() -> None:
    sample = RowSample(MOST)
    sample.add(np.zeros(0), report([]), np.arange(0))
    assert sample.columns() == {}
