"""Metrics at the intake: a value that is wrong is refused with its reason, and all others are taken."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from ingest_api.intake.listed import MOST_LISTED
from ingest_api.intake.model_metrics import read_metrics, take_metrics
from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.features import FeatureBatch, decode_batch, encode_batch
from vedette.events.model_metrics import MOST_VALUES, columns_of, holds_rows, is_metrics, values_in
from vedette.events.outcomes import is_outcomes

NOW = 1_800_000_000_000
LIMITS = Limits(NOW - 1000, NOW + 1000)


def report(**fields: Any) -> bytes:
    return msgspec.json.encode({"model": "churn", "epoch": "e", "seq": 1, **fields})


def test_a_list_and_columns_mean_the_same() -> None:
    rows = [{"name": "cost", "value": 2.5, "ts": NOW}, {"name": "NaN", "value": 7, "ts": NOW + 1}]
    columns = {"names": ["cost", "NaN"], "values": [2.5, 7], "ts": [NOW, NOW + 1]}
    one, two = (take_metrics(read_metrics(report(**given))[1], LIMITS, NOW) for given in ({"metrics": rows}, columns))
    assert (one.names, one.values, one.ts) == (two.names, two.values, two.ts)
    assert (one.names, one.values, one.ts) == (["cost", "NaN"], [2.5, 7.0], [NOW, NOW + 1])


def test_what_is_taken_comes_back_from_the_log_and_is_neither_rows_nor_outcomes() -> None:
    columns = columns_of(["cost", "NaN", "cost"], [1.5, -0.0, 1e300])
    ts = np.array([NOW, NOW + 1, NOW + 2], "<i8").tobytes()
    batch = decode_batch(encode_batch(FeatureBatch(1, 2, "v", 3, 4, ts, columns)))
    assert list(values_in(batch)) == [("cost", NOW, 1.5), ("NaN", NOW + 1, 0.0), ("cost", NOW + 2, 1e300)]
    assert is_metrics(batch)
    assert not is_outcomes(batch)
    assert not holds_rows(batch)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"value": 1}, "name"),
        ({"name": None, "value": 1}, "name"),
        ({"name": "", "value": 1}, "name"),
        ({"name": 3, "value": 1}, "name"),
        ({"name": "x" * 201, "value": 1}, "name"),
        ({"name": "a\nb", "value": 1}, "name"),
        ({"name": "b"}, "value"),
        ({"name": "b", "value": None}, "value"),
        ({"name": "b", "value": "3"}, "value"),
        ({"name": "b", "value": "NaN"}, "value"),
        ({"name": "b", "value": True}, "value"),
        ({"name": "b", "value": [1]}, "value"),
        ({"name": "b", "value": 10**400}, "value"),
        ({"name": "b", "value": 1, "ts": "now"}, "ts"),
        ({"name": "b", "value": 1, "ts": True}, "ts"),
        ({"name": "b", "value": 1, "ts": NOW - 2000}, "ts"),
        ({"name": "b", "value": 1, "ts": 10**30}, "ts"),
    ],
)
def test_a_value_that_is_wrong_costs_itself_alone(row: dict[str, Any], named: str) -> None:
    rows = [{"name": "a", "value": 1}, row, {"name": "c", "value": 0}]
    body = report(metrics=rows) if row.get("value") != 10**400 else big(rows)
    taken = take_metrics(read_metrics(body)[1], LIMITS, NOW)
    assert (taken.names, taken.values, taken.ts) == (["a", "c"], [1.0, 0.0], [NOW, NOW])
    assert (taken.refused_rows, taken.refused[0]["row"]) == (1, 1)
    assert taken.refused[0]["reason"].startswith(f"{named}:")


def big(rows: list[dict[str, Any]]) -> bytes:
    plain = [{**row, "value": "BIG"} if row["value"] == 10**400 else row for row in rows]
    return report(metrics=plain).replace(b'"BIG"', b"1" + b"0" * 400)


def test_all_refused_values_are_counted_and_the_first_are_listed() -> None:
    taken = take_metrics(read_metrics(report(names=[None] * 300, values=[1] * 300))[1], LIMITS, NOW)
    assert (taken.refused_rows, len(taken.refused)) == (300, MOST_LISTED)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "metrics"),
        ({"metrics": [], "names": []}, "metrics"),
        ({"metrics": [], "ts": []}, "ts"),
        ({"metrics": [{}] * (MOST_VALUES + 1)}, "metrics"),
        ({"names": ["a"] * (MOST_VALUES + 1)}, "names"),
        ({"names": ["a"]}, "values"),
        ({"names": ["a"], "values": [1, 2]}, "values"),
        ({"names": ["a"], "values": [1], "ts": []}, "ts"),
        ({"metrics": [], "seq": -1}, "seq"),
        ({"metrics": [], "epoch": -1}, "epoch"),
        ({"metrics": [], "version": "a/b"}, "version"),
        ({"metrics": 3}, "metrics"),
    ],
)
def test_a_report_that_is_wrong_as_a_whole_says_what(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_metrics(report(**fields))
    assert caught.value.field == named
