"""Which tier a query reads, and how finer tiers serve what a coarse one does not hold yet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.rows import DAY_MS, HOUR, HOUR_MS, MINUTE_MS, Sender
from tests.integration.gateway.server import Gateway


def values(gateway: Gateway, series: str, steps: int, step_s: int, agg: str, start: int = HOUR) -> list[float | None]:
    wanted: dict[str, Any] = {"from": start, "to": start + steps * step_s * 1000, "step": step_s, "agg": agg}
    answer = gateway.get("/v1/query", params={"series": series, **wanted})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["series"]
    result: list[float | None] = found["values"]
    return result


@pytest.mark.parametrize(
    ("step_s", "tier"),
    [(10, "10s"), (30, "10s"), (90, "10s"), (60, "1m"), (600, "1m"), (3600, "1h"), (5400, "1m"), (86_400, "1d"),
     (7 * 86_400, "1d"), (36 * 3600, "1h")],
)  # fmt: skip
def test_the_coarsest_tier_that_divides_the_step_is_read(gateway: Gateway, step_s: int, tier: str) -> None:
    answer = gateway.get(
        "/v1/query", params={"series": "a", "step": step_s, "from": "-30d" if step_s > 3600 else "-1h"}
    )
    assert answer.json()["tier"] == tier


def test_a_coarse_row_counts_though_finer_ones_say_something_else(gateway: Gateway) -> None:
    sender = Sender(gateway, "h", ("coarse",))
    sender.write("10s", {HOUR: [50], HOUR + MINUTE_MS: [50]})
    sender.write("1m", {HOUR: [1, 1], HOUR + MINUTE_MS: [2, 2]})
    assert values(gateway, "coarse", 2, 60, "sum") == [2.0, 4.0]
    assert values(gateway, "coarse", 2, 30, "sum") == [50.0, None]


def test_what_came_after_the_newest_coarse_row_is_read_from_the_finer_tier(gateway: Gateway) -> None:
    sender = Sender(gateway, "h", ("head",))
    sender.write("1m", {HOUR: [1, 1]})
    sender.write("10s", {HOUR: [1, 1], HOUR + MINUTE_MS: [3], HOUR + MINUTE_MS + 30_000: [4]})
    assert values(gateway, "head", 3, 60, "sum") == [2.0, 7.0, None]
    assert values(gateway, "head", 3, 60, "count") == [2.0, 2.0, None]


def test_of_the_newest_window_the_reading_with_more_reports_counts(gateway: Gateway) -> None:
    sender = Sender(gateway, "h", ("early",))
    sender.write("1m", {HOUR: [1], HOUR + MINUTE_MS: [2, 2]})
    sender.write("10s", {HOUR + MINUTE_MS: [10, 10], HOUR + MINUTE_MS + 10_000: [10]})
    assert values(gateway, "early", 2, 60, "sum") == [1.0, 30.0]
    sender.write("1m", {HOUR + MINUTE_MS: [2, 2, 2]})
    assert values(gateway, "early", 2, 60, "sum") == [1.0, 6.0]


def test_a_source_without_coarse_rows_is_read_from_the_finer_tier_alone(gateway: Gateway) -> None:
    Sender(gateway, "h", ("fine",)).write("10s", {HOUR: [1, 1], HOUR + 2 * MINUTE_MS: [5]})
    assert values(gateway, "fine", 3, 60, "sum") == [2.0, None, 5.0]


def test_a_source_that_reports_too_seldom_for_the_finest_tier_is_read_from_the_next(gateway: Gateway) -> None:
    Sender(gateway, "h", ("seldom",)).write("1m", {HOUR: [3], HOUR + MINUTE_MS: [4]})
    assert values(gateway, "seldom", 4, 30, "last") == [3.0, None, 4.0, None]
    assert values(gateway, "seldom", 2, 60, "count") == [1.0, 1.0]


def test_the_head_of_a_head_is_read_through_all_tiers(gateway: Gateway) -> None:
    day = HOUR - HOUR % DAY_MS
    sender = Sender(gateway, "h", ("deep",))
    sender.write("1d", {day - DAY_MS: [1]})
    sender.write("1h", {day - DAY_MS: [100], day: [2], day + HOUR_MS: [3]})
    sender.write("1m", {day + HOUR_MS: [3], day + 2 * HOUR_MS: [4], day + 2 * HOUR_MS + MINUTE_MS: [5]})
    sender.write("10s", {day + 2 * HOUR_MS + MINUTE_MS: [5], day + 2 * HOUR_MS + 2 * MINUTE_MS: [6]})
    assert values(gateway, "deep", 2, 86_400, "sum", day - DAY_MS) == [1.0, 20.0]
    assert values(gateway, "deep", 2, 86_400, "count", day - DAY_MS) == [1.0, 5.0]
    assert values(gateway, "deep", 4, 3600, "sum", day) == [2.0, 3.0, 15.0, None]


def test_sources_are_joined_with_their_own_heads(gateway: Gateway) -> None:
    ahead, behind = Sender(gateway, "ahead", ("two",)), Sender(gateway, "behind", ("two",))
    ahead.write("1m", {HOUR: [1], HOUR + MINUTE_MS: [2]}).write("10s", {HOUR: [90], HOUR + MINUTE_MS: [2]})
    behind.write("1m", {HOUR: [3]}).write("10s", {HOUR: [3], HOUR + MINUTE_MS: [4]})
    wanted: dict[str, Any] = {"from": HOUR, "to": HOUR + 2 * MINUTE_MS, "step": 60, "agg": "sum"}
    found = gateway.get("/v1/query", params={"series": "two", **wanted}).json()["series"]
    assert {one["source"]: one["values"] for one in found} == {"ahead": [1.0, 2.0], "behind": [3.0, 4.0]}
