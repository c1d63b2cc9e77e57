"""Percentiles of phases: from hours and from raw results, each check once, over any range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ingest_api.phases import Extent, parts_without
from tests.integration.gateway.reports import add_monitor, fault
from tests.integration.gateway.rows import HOUR, HOUR_MS, MINUTE_MS
from tests.integration.gateway.server import Gateway
from vedette.events.checks import CheckRecord, Outcome, Phases
from vedette.store import checks
from vedette.store.check_phases import PhaseHour
from vedette.store.checks import CheckBatch
from vedette.windows.phases import packed

AGO = 30 * 24 * HOUR_MS


def hour(monitor: int, at: int, connect: list[float], location: str = "fra-1") -> PhaseHour:
    rows = np.full((5, len(connect)), np.nan)
    rows[1] = connect
    return PhaseHour(monitor, location, at, packed(rows))


def raw(
    monitor: int, at: int, connect: float, outcome: Outcome = "up", location: str = "fra-1", attempt: int = 1
) -> CheckRecord:
    return CheckRecord(monitor, location, at, at, outcome, phases=Phases(connect=connect), attempt=attempt)


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """Long ago an hour; then a whole hour with raw results, and one that is not over."""
    found = add_monitor(gateway, "phased")
    older = [hour(found, HOUR - AGO, [1000.0] * 10), hour(found, HOUR - AGO, [3000.0] * 10, "ams-1")]
    whole = [raw(found, HOUR - HOUR_MS + n * MINUTE_MS, 10.0) for n in range(60)]
    now = [raw(found, HOUR + n * MINUTE_MS, 20.0) for n in range(5)]
    others = [
        raw(found, HOUR + MINUTE_MS + 1, 5e5, "down"),
        raw(found, HOUR + MINUTE_MS, 5e5, attempt=2),
        raw(found, HOUR, 40.0, location="ams-1"),
    ]
    ended = hour(found, HOUR - HOUR_MS, [10.0] * 60)
    checks.write(gateway.store, [CheckBatch([*whole, *now, *others], (), (), (), phases=[*older, ended])])
    return found


def phases(gateway: Gateway, monitor: int, from_ms: int, to_ms: int, **more: Any) -> dict[str, Any]:
    answer = gateway.get(f"/v1/monitors/{monitor}/phases", params={"from": from_ms, "to": to_ms, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_check_counts_once_whatever_tells_of_it(gateway: Gateway, monitor: int) -> None:
    found = phases(gateway, monitor, HOUR - HOUR_MS, HOUR + 5 * MINUTE_MS)
    assert found["phases"].keys() == {"connect"}
    connect = found["phases"]["connect"]
    assert connect["count"] == 60 + 5 + 1
    assert connect["p50_ms"] == pytest.approx(10, rel=0.011)
    assert connect["p95_ms"] == pytest.approx(20, rel=0.011)
    assert connect["p99_ms"] == pytest.approx(40, rel=0.011)
    counts = {row["location"]: row["phases"]["connect"]["count"] for row in found["locations"]}
    assert counts == {"ams-1": 1, "fra-1": 65}


def test_parts_of_hours_are_read_from_raw_results(gateway: Gateway, monitor: int) -> None:
    found = phases(gateway, monitor, HOUR - 2 * MINUTE_MS, HOUR + 2 * MINUTE_MS, location="fra-1")
    assert (found["from"], found["to"]) == (HOUR - 2 * MINUTE_MS, HOUR + 2 * MINUTE_MS)
    assert found["phases"]["connect"]["count"] == 4


def test_before_the_oldest_raw_result_the_ends_are_whole_hours(gateway: Gateway, monitor: int) -> None:
    found = phases(gateway, monitor, HOUR - AGO + MINUTE_MS, HOUR + 5 * MINUTE_MS)
    assert (found["from"], found["to"]) == (HOUR - AGO, HOUR + 5 * MINUTE_MS)
    assert found["phases"]["connect"]["count"] == 20 + 66
    only = phases(gateway, monitor, HOUR - AGO + MINUTE_MS, HOUR - AGO + 2 * MINUTE_MS, location="ams-1")
    assert (only["from"], only["to"]) == (HOUR - AGO, HOUR - AGO + HOUR_MS)
    assert only["phases"]["connect"]["p50_ms"] == pytest.approx(3000, rel=0.011)


def test_without_checks_there_is_nothing(gateway: Gateway) -> None:
    fresh = add_monitor(gateway, "fresh-phases")
    found = phases(gateway, fresh, HOUR, HOUR + HOUR_MS)
    assert (found["phases"], found["locations"]) == ({}, [])


def test_bad_ranges_and_foreign_monitors_are_refused(gateway: Gateway, monitor: int) -> None:
    answer = gateway.get(f"/v1/monitors/{monitor}/phases", params={"from": HOUR, "to": HOUR})
    assert fault(answer, "from")["allowed"] == "a time before to"
    assert gateway.get("/v1/monitors/999999/phases").status_code == 404


@pytest.mark.parametrize(
    ("known", "parts"),
    [
        (set(), [(-30, 8 * 60 + 10)]),
        ({0, 1, 2, 3, 4, 5, 6, 7}, [(-30, 0), (5 * 60, 8 * 60 + 10)]),
        ({0, 2, 3}, [(-30, 0), (60, 120), (4 * 60, 8 * 60 + 10)]),
        ({1, 2}, [(-30, 60), (3 * 60, 8 * 60 + 10)]),
    ],
)
def test_raw_results_are_read_only_where_hours_do_not_tell(known: set[int], parts: list[tuple[int, int]]) -> None:
    wanted = Extent(HOUR - 30 * MINUTE_MS, HOUR + 8 * HOUR_MS + 10 * MINUTE_MS)
    found = parts_without(wanted, {HOUR + n * HOUR_MS for n in known})
    assert [((begin - HOUR) // MINUTE_MS, (end - HOUR) // MINUTE_MS) for begin, end in found] == parts


def test_within_an_hour_all_is_read() -> None:
    inner = Extent(HOUR + MINUTE_MS, HOUR + 2 * MINUTE_MS)
    assert list(parts_without(inner, set())) == [(inner.from_ms, inner.to_ms)]
    across = Extent(HOUR - MINUTE_MS, HOUR + MINUTE_MS)
    assert list(parts_without(across, set())) == [(across.from_ms, across.to_ms)]
