"""Queries that cannot be answered: each says which field is wrong, what was there, and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import fault
from tests.integration.gateway.rows import HOUR, MINUTE_MS, Sender
from tests.integration.gateway.server import Gateway

FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # what is wrong: (parameters, field, part of the value, part of what is allowed)
    "no series": ({"series": []}, "series", "<missing>", "required"),
    "an empty series": ({"series": ""}, "series", "''", "name{label"),
    "too many selectors": ({"series": ["a"] * 51}, "series", "a", "at most 50"),
    "a selector that is too long": ({"series": "a" * 1001}, "series", "aaa", "at most 1000"),
    "a bad name": ({"series": "9a"}, "series", "9a", "a letter or _"),
    "braces that do not close": ({"series": 'a{b="c"'}, "series", "a{b", "name{label"),
    "a matcher without quotes": ({"series": "a{b=c}"}, "series", "a{b=c}", "name{label"),
    "an unknown operator": ({"series": 'a{b=="c"}'}, "series", "a{b==", "name{label"),
    "an invalid regular expression": ({"series": 'a{b=~"("}'}, "series", "'('", "a regular expression"),
    "a regular expression that repeats too often": (
        {"series": 'a{b=~"x{1001}"}'}, "series", "x{1001", "a regular expression",
    ),
    "from after to": ({"from": HOUR + 1, "to": HOUR}, "from", str(HOUR + 1), f"before to ({HOUR})"),
    "from equal to to": ({"from": HOUR, "to": HOUR}, "from", str(HOUR), "before to"),
    "a bad time": ({"from": "yesterday"}, "from", "'yesterday'", "milliseconds UTC, ISO 8601, now, or -15m"),
    "a time in a far future": ({"to": "99999999999999"}, "to", "99999999999999", "milliseconds UTC"),
    "a time with NUL": ({"to": "\0"}, "to", r"\x00", "without NUL"),
    "a step of zero": ({"step": 0}, "step", "'0'", "greater than or equal to 1"),
    "a step that is no number": ({"step": "1m"}, "step", "'1m'", "integer"),
    "a step that is no multiple of ten": ({"step": 15}, "step", "15", "a multiple of 10 seconds"),
    "a step above a month": ({"step": 32 * 86_400}, "step", "2764800", "less than or equal to"),
    "too many points": ({"from": "-2d", "to": "now", "step": 10}, "step", "10", "at most 11000 points"),
    "an unknown aggregation": ({"agg": "median"}, "agg", "'median'", "'avg', 'min', 'max'"),
    "a percentile without a sketch": ({"agg": "p95"}, "agg", "'p95'", "no sketch"),
    "a rate of a gauge": ({"agg": "rate"}, "agg", "rate of known", "only of counters and deltas"),
    "a check's duration by less than a minute": (
        {"series": "check.duration_ms", "step": 10}, "step", "10", "a multiple of 60 seconds",
    ),
    "the last of a check's durations": (
        {"series": "check.duration_ms", "step": 60, "agg": "last"}, "agg", "'last'", "p50, p90, p95, p99",
    ),
    "too many series": ({"series": "{source='many'}".replace("'", '"')}, "series", "1001 series", "at most 1000"),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _rows(gateway: Gateway) -> None:
    Sender(gateway, "one", ("known",)).write("10s", {HOUR: [1]})
    Sender(gateway, "many", tuple(f"many.{n}" for n in range(1001))).write("10s", {HOUR: [1]})


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_parameter_is_named(gateway: Gateway, wrong: str) -> None:
    changed, field, value, allowed = FAULTS[wrong]
    good: dict[str, Any] = {"series": "known", "from": HOUR, "to": HOUR + MINUTE_MS, "step": 10}
    answer = gateway.get("/v1/query", params={**good, **changed})
    found = fault(answer, field)
    assert value in found["value"]
    assert allowed in found["allowed"]
    assert gateway.get("/v1/query", params=good).json()["series"][0]["values"][0] == 1.0


def test_a_regular_expression_of_deep_nesting_is_answered_one_way_or_the_other(gateway: Gateway) -> None:
    for depth in (90, 240, 480):
        answer = gateway.get("/v1/query", params={"series": 'a{b=~"' + "(" * depth + ")" * depth + '"}'})
        assert answer.status_code in {200, 422}


@pytest.mark.parametrize("path", ["/v1/series?limit=0", "/v1/series?limit=10001", "/v1/series?limit=x"])
def test_the_catalogue_checks_its_limit(gateway: Gateway, path: str) -> None:
    fault(gateway.get(path), "limit")
