"""The catalogue: sources and series."""

from __future__ import annotations

import pytest

from tests.integration.gateway.reports import NOW
from tests.integration.gateway.rows import HOUR, Sender
from tests.integration.gateway.server import Gateway

ODD = 'o"dd\\source'


@pytest.fixture(scope="module", autouse=True)
def _rows(gateway: Gateway) -> None:
    Sender(gateway, "web-1", ("cpu", 'disk{mount="/"}'), {"cpu": "counter"}).write("10s", {HOUR: [1]}, last_ms=NOW)
    Sender(gateway, "web-1", ("cpu", "mem"), {"cpu": "counter"}).write("10s", {HOUR: [1]}, last_ms=NOW)
    Sender(gateway, "web-2", ("cpu",), interval_ms=60_000).write("10s", {HOUR: [1]}, last_ms=NOW - 180_000)
    Sender(gateway, "web-3", ("cpu",), interval_ms=60_000).write("10s", {HOUR: [1]}, last_ms=NOW - 180_001)
    Sender(gateway, "quick", ("cpu",), interval_ms=1_000).write("10s", {HOUR: [1]}, last_ms=NOW - 10_000)
    Sender(gateway, ODD, ("cpu",), interval_ms=1_000).write("10s", {HOUR: [1]}, last_ms=NOW - 10_001)


def test_sources_are_silent_after_three_missed_intervals_and_not_before(gateway: Gateway) -> None:
    found = {source["source"]: source for source in gateway.get("/v1/sources").json()["sources"]}
    assert {name: source["state"] for name, source in found.items()} == {
        "web-1": "active",
        "web-2": "active",
        "web-3": "silent",
        "quick": "active",
        ODD: "silent",
    }
    assert (found["web-2"]["interval_ms"], found["web-2"]["last_seen_ms"]) == (60_000, NOW - 180_000)


def test_each_series_is_listed_once_with_its_kind_and_labels(gateway: Gateway) -> None:
    found = gateway.get("/v1/series?source=web-1").json()
    assert found["series"] == [
        {"source": "web-1", "name": "cpu", "labels": {}, "kind": "counter"},
        {"source": "web-1", "name": "disk", "labels": {"mount": "/"}, "kind": "gauge"},
        {"source": "web-1", "name": "mem", "labels": {}, "kind": "gauge"},
    ]
    assert found["total"] == 3


def test_series_are_found_by_what_their_names_begin_with(gateway: Gateway) -> None:
    assert gateway.get("/v1/series?match=di").json()["total"] == 1
    assert gateway.get("/v1/series?match=cpu").json()["total"] == 5
    assert gateway.get("/v1/series?match=isk").json()["total"] == 0


def test_a_limit_cuts_the_list_and_not_the_count(gateway: Gateway) -> None:
    found = gateway.get("/v1/series?limit=2").json()
    assert (len(found["series"]), found["total"]) == (2, 7)


@pytest.mark.parametrize(("source", "total"), [(ODD, 1), ("web-9", 0), ("web-.*", 0), ('"} or {"', 0)])
def test_a_source_is_taken_word_for_word(gateway: Gateway, source: str, total: int) -> None:
    assert gateway.get("/v1/series", params={"source": source}).json()["total"] == total
