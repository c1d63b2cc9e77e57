"""Outcomes at the intake: a row that is wrong is refused with its reason, and all others are taken."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest_api.intake.listed import MOST_LISTED
from ingest_api.intake.outcomes import read_outcomes, take_outcomes
from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput

NOW = 1_800_000_000_000
LIMITS = Limits(NOW - 1000, NOW + 1000)


def report(**fields: Any) -> bytes:
    return msgspec.json.encode({"model": "churn", "epoch": "e", "seq": 1, **fields})


def test_rows_and_columns_mean_the_same() -> None:
    rows = [{"id": "a", "actual": True, "ts": NOW}, {"id": 17, "actual": 2.5, "ts": NOW + 1}]
    columns = {"ids": ["a", 17], "actuals": [True, 2.5], "ts": [NOW, NOW + 1]}
    one, two = (
        take_outcomes(read_outcomes(report(**given))[1], LIMITS, NOW) for given in ({"outcomes": rows}, columns)
    )
    assert (
        (one.names, one.values, one.ts) == (two.names, two.values, two.ts) == (["a", "17"], [True, 2.5], [NOW, NOW + 1])
    )


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"actual": 1}, "id"),
        ({"id": None, "actual": 1}, "id"),
        ({"id": "", "actual": 1}, "id"),
        ({"id": True, "actual": 1}, "id"),
        ({"id": "x" * 201, "actual": 1}, "id"),
        ({"id": "b"}, "actual"),
        ({"id": "b", "actual": None}, "actual"),
        ({"id": "b", "actual": "NaN"}, "actual"),
        ({"id": "b", "actual": [1]}, "actual"),
        ({"id": "b", "actual": "x" * 1001}, "actual"),
        ({"id": "b", "actual": 1, "ts": "now"}, "ts"),
        ({"id": "b", "actual": 1, "ts": True}, "ts"),
        ({"id": "b", "actual": 1, "ts": NOW - 2000}, "ts"),
        ({"id": "b", "actual": 1, "ts": 10**30}, "ts"),
    ],
)
def test_a_row_that_is_wrong_costs_itself_alone(row: dict[str, Any], named: str) -> None:
    rows = [{"id": "a", "actual": "yes"}, row, {"id": "c", "actual": 0}]
    taken = take_outcomes(read_outcomes(report(outcomes=rows))[1], LIMITS, NOW)
    assert (taken.names, taken.values, taken.ts) == (["a", "c"], ["yes", 0], [NOW, NOW])
    assert (taken.refused_rows, taken.refused[0]["row"]) == (1, 1)
    assert taken.refused[0]["reason"].startswith(f"{named}:")


def test_all_refused_rows_are_counted_and_the_first_are_listed() -> None:
    taken = take_outcomes(read_outcomes(report(ids=[None] * 300, actuals=[1] * 300))[1], LIMITS, NOW)
    assert (taken.refused_rows, len(taken.refused)) == (300, MOST_LISTED)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "outcomes"),
        ({"outcomes": [], "ids": []}, "outcomes"),
        ({"outcomes": [], "ts": []}, "ts"),
        ({"ids": ["a"]}, "actuals"),
        ({"ids": ["a"], "actuals": [1, 2]}, "actuals"),
        ({"ids": ["a"], "actuals": [1], "ts": []}, "ts"),
        ({"outcomes": [], "seq": -1}, "seq"),
        ({"outcomes": [], "epoch": -1}, "epoch"),
        ({"outcomes": [], "version": "a/b"}, "version"),
        ({"outcomes": 3}, "outcomes"),
    ],
)
def test_a_report_that_is_wrong_as_a_whole_says_what(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_outcomes(report(**fields))
    assert caught.value.field == named
