"""Apdex and history of long ranges over HTTP: days, hours at their ends, and what is asked for together."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ingest_api.questions import FRESH_S
from tests.integration.gateway.reports import add_monitor, fault, problem
from tests.integration.gateway.rows import DAY_MS, HOUR, HOUR_MS, MINUTE_MS, write_checks
from tests.integration.gateway.server import Gateway
from vedette.events.checks import OUTCOMES, CheckRecord
from vedette.history.checking import fold_checks
from vedette.statistics.apdex import Apdex, zone
from vedette.statistics.sketch import Sketch

DAY = HOUR - HOUR % DAY_MS
BEGIN = DAY - 9 * DAY_MS
ZONES = ("satisfied", "tolerating", "frustrated")


def checked(gateway: Gateway, name: str, seed: int) -> list[CheckRecord]:
    """Nine days of checks from two places, with their rows in all tiers."""
    monitor, chance = add_monitor(gateway, name), random.Random(seed)
    results = [
        CheckRecord(monitor, place, slot, slot, chance.choice(OUTCOMES), float(chance.randint(1, 2600)))
        for place in ("fra-1", "ams-1")
        for slot in range(BEGIN + 5 * HOUR_MS, DAY, 7 * MINUTE_MS)
    ]
    tiers = fold_checks(results)
    write_checks(gateway, tiers["1m"], tiers["1h"], days=tiers["1d"])
    return results


@pytest.fixture(scope="module")
def results(gateway: Gateway) -> list[CheckRecord]:
    return checked(gateway, "shop", 1)


def score(results: list[CheckRecord]) -> Apdex:
    counted = [r for r in results if r.outcome in {"up", "degraded", "down"}]
    zones = [zone(r.total_ms, r.apdex_t_ms, r.outcome == "down") for r in counted]
    return Apdex(zones.count(0), zones.count(1), zones.count(2), 500)


def ask(gateway: Gateway, results: list[CheckRecord], what: str, **params: Any) -> dict[str, Any]:
    answer = gateway.get(f"/v1/monitors/{results[0].monitor}/{what}", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_any_range_has_the_score_of_its_checks_over_all_places_and_at_each(
    gateway: Gateway, results: list[CheckRecord]
) -> None:
    chance = random.Random(2)
    for _ in range(40):
        start = BEGIN + chance.randrange(0, 9 * 24) * HOUR_MS + chance.choice([0, 61_000])
        end = start + chance.choice([HOUR_MS, DAY_MS, 3 * DAY_MS, chance.randrange(1, 9 * 24) * HOUR_MS])
        found = ask(gateway, results, "apdex", **{"from": start, "to": end})
        inside = [r for r in results if found["from"] <= r.scheduled_ms < found["to"]]
        assert start - found["from"] < HOUR_MS
        assert found["to"] - end < HOUR_MS
        shown = {"": found} | {place["location"]: place for place in found["locations"]}
        for place, said in shown.items():
            expected = score([r for r in inside if place in {"", r.location}])
            assert [said[name] for name in ZONES] == [getattr(expected, name) for name in ZONES]
            assert (said["score"], said["display"], said["band"], said["count"]) == (
                expected.score, expected.display, expected.band, expected.count,
            )  # fmt: skip
        assert list(shown)[1:] == sorted({r.location for r in inside})


@pytest.mark.parametrize("hours", [1, 6, 24, 72])
def test_a_history_has_the_numbers_of_its_checks_whatever_tier_it_comes_from(
    gateway: Gateway, results: list[CheckRecord], hours: int
) -> None:
    found = ask(gateway, results, "history", **{"from": BEGIN, "to": DAY, "step": hours * 3600})
    for at, start in enumerate(found["timestamps"]):
        inside = [r for r in results if start <= r.scheduled_ms < start + hours * HOUR_MS]
        good = [r.total_ms for r in inside if r.outcome in {"up", "degraded"}]
        assert {name: found[name][at] for name in OUTCOMES} == {
            name: sum(r.outcome == name for r in inside) for name in OUTCOMES
        }
        assert found["avg_ms"][at] == (pytest.approx(sum(good) / len(good)) if good else None)
        sketch = Sketch()
        sketch.add(good)
        assert [found[f"p{p}_ms"][at] for p in (50, 95, 99)] == [sketch.quantile(p / 100) for p in (50, 95, 99)]
        assert found["apdex"][at]["display"] == score(inside).display
    minutes = {r.scheduled_ms for r in results if r.outcome in {"up", "degraded", "down"}}
    good_minutes = {r.scheduled_ms for r in results if r.outcome in {"up", "degraded"}}
    assert found["summary"]["uptime"] == len(good_minutes) / len(minutes)
    assert found["summary"]["exact"]
    assert found["summary"]["apdex"]["count"] == score(results).count


def test_percentiles_are_left_out_on_request_and_all_else_stays(gateway: Gateway, results: list[CheckRecord]) -> None:
    wanted = {"from": BEGIN, "to": DAY, "step": 21_600}
    whole, bare = (
        ask(gateway, results, "history", **wanted),
        ask(gateway, results, "history", percentiles="false", **wanted),
    )
    assert bare == {name: value for name, value in whole.items() if name not in {"p50_ms", "p95_ms", "p99_ms"}}


def test_what_is_asked_at_once_gets_each_its_own_answer(gateway: Gateway) -> None:
    fleet = [checked(gateway, f"m{n}", n) for n in range(8)]
    wanted = {"from": BEGIN + 60_000, "to": DAY - 7 * DAY_MS}

    def one(number: int) -> tuple[int, int]:
        results = fleet[number % len(fleet)]
        if number % 3 == 0:
            answer = gateway.get("/v1/monitors/777777/history", params={**wanted, "step": 3600})
            problem(answer, 404, "not-found")
            problem(gateway.get(f"/v1/monitors/{results[0].monitor}/apdex", tenant=gateway.theirs), 404, "not-found")
        found = ask(gateway, results, "history", step=60, **wanted)
        inside = [r for r in results if found["from"] <= r.scheduled_ms < found["to"]]
        return sum(found["up"]), sum(r.outcome == "up" for r in inside)

    with ThreadPoolExecutor(16) as pool:
        for said, expected in pool.map(one, range(48)):
            assert said == expected > 50


def test_an_answer_of_hours_is_remembered_for_seconds_and_one_of_minutes_is_not(gateway: Gateway) -> None:
    results = checked(gateway, "changing", 9)
    monitor = results[0].monitor
    longer = {"from": BEGIN, "to": DAY}
    shorter = {"from": DAY - 7 * MINUTE_MS, "to": DAY}
    before = ask(gateway, results, "apdex", **longer), ask(gateway, results, "apdex", **shorter)
    tiers = fold_checks([*results, CheckRecord(monitor, "new-1", DAY - MINUTE_MS, 0, "up", 1.0)])
    write_checks(gateway, tiers["1m"], tiers["1h"], days=tiers["1d"])
    assert ask(gateway, results, "apdex", **longer) == before[0]
    assert ask(gateway, results, "apdex", **shorter)["count"] == before[1]["count"] + 1
    gateway.clock.advance(FRESH_S)
    assert ask(gateway, results, "apdex", **longer)["count"] == before[0]["count"] + 1


def test_scores_by_another_target_are_left_out_and_times_stay(gateway: Gateway) -> None:
    monitor, hours = add_monitor(gateway, "retargeted"), 60
    begin = DAY - hours * HOUR_MS
    results = [
        CheckRecord(monitor, "fra-1", at, at, "up", 800.0, apdex_t_ms=500 if at >= DAY - 10 * HOUR_MS else 2000)
        for at in range(begin, DAY, HOUR_MS)
    ]
    tiers = fold_checks(results)
    write_checks(gateway, tiers["1m"], tiers["1h"], days=tiers["1d"])
    found = ask(gateway, results, "apdex", **{"from": begin, "to": DAY})
    assert (found["satisfied"], found["tolerating"], found["display"]) == (0, 10, "0.50* [0.5]")
    assert [place["count"] for place in found["locations"]] == [10]
    shown = ask(gateway, results, "history", **{"from": begin, "to": DAY, "step": 3600})
    assert (sum(shown["tolerating"]), sum(shown["satisfied"]), sum(shown["up"])) == (10, 0, hours)
    assert shown["summary"]["apdex"]["count"] == 10
    assert {round(p or 0, -2) for p in shown["p50_ms"]} == {800.0}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("history?step=0", "step"),
        ("history?step=x", "step"),
        ("history?percentiles=perhaps", "percentiles"),
        ("history?from=then", "from"),
        ("apdex?from=then", "from"),
        ("apdex?from=now", "from"),
    ],
)
def test_what_is_wrong_is_named(gateway: Gateway, results: list[CheckRecord], path: str, field: str) -> None:
    fault(gateway.get(f"/v1/monitors/{results[0].monitor}/{path}"), field)


def test_without_a_token_or_with_a_wrong_one_nothing_is_told(gateway: Gateway, results: list[CheckRecord]) -> None:
    for what in ("history", "apdex"):
        path = f"/v1/monitors/{results[0].monitor}/{what}"
        problem(gateway.get(path, None), 401, "not-authenticated")
        problem(gateway.get(path, "ingest"), 403, "not-allowed")


def test_the_way_round_the_router_gives_the_same_answer(gateway: Gateway, results: list[CheckRecord]) -> None:
    """A repeated parameter is nothing plain, so FastAPI answers, and takes the last."""
    path = f"/v1/monitors/{results[0].monitor}/history?from={BEGIN}&to={DAY}&step=86400"
    assert gateway.get(f"{path}&step=86400").json() == gateway.get(path).json()
