"""The containers: what `docker compose up` starts does what `make up` does, and keeps what it was told."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.composition import Composition
from tests.e2e.installation import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(2400),  # the first one builds the images
    pytest.mark.skipif(
        os.environ.get("VEDETTE_TEST_COMPOSE") != "1",
        reason="builds images and starts fifteen containers: set VEDETTE_TEST_COMPOSE=1 to run it",
    ),
]
SOON_S = 240.0
AGENT_LIMIT_BYTES = 120_000_000


@pytest.fixture(scope="module")
def composition() -> Iterator[Composition]:
    with tempfile.TemporaryDirectory(prefix="vedette-compose-") as folder:
        found = Composition(Path(folder))
        try:
            found.prepare()
            found.up()
            yield found
        finally:
            found.remove()


def test_nothing_in_a_container_of_ours_runs_as_root(composition: Composition) -> None:
    for service in ("gateway", "flow-rollup", "alert-worker", "agent", "probe-north"):
        assert composition.compose("exec", "-T", service, "id", "-u").strip() != "0"


def test_the_agents_image_is_small(composition: Composition) -> None:
    assert 0 < composition.image_bytes("agent") < AGENT_LIMIT_BYTES


def test_the_agent_reports_its_host_and_not_its_container(composition: Composition) -> None:
    total = eventually("the host's memory", lambda: composition.values("memory.total_bytes"), SOON_S)
    assert set(total.values()) == {float(psutil.virtual_memory().total)}
    assert all(0 <= value <= 1 for value in composition.values("cpu.used_ratio").values())
    assert max(composition.values("cpu.count").values()) == psutil.cpu_count()
    assert max(composition.values("host.boot_time_s").values()) == pytest.approx(psutil.boot_time(), abs=2)
    disk = composition.get("/v1/series", source=composition.source, match="disk.total_bytes")["series"]
    assert "/" in {row["labels"]["mount"] for row in disk}
    nics = composition.get("/v1/series", source=composition.source, match="network.received_bytes")["series"]
    assert {row["labels"]["interface"] for row in nics} <= {*psutil.net_if_addrs()}
    assert max(composition.values("processes.total").values()) > 0.5 * len(psutil.pids())


def test_every_endpoint_is_checked_from_two_locations(composition: Composition) -> None:
    def up_everywhere() -> bool:
        places = [
            {place["location"]: place["outcome"] for place in row["places"]}
            for row in composition.get("/v1/monitors")["monitors"]
        ]
        return len(places) == 3 and all(place == {"north": "up", "south": "up"} for place in places)

    eventually("three endpoints are up at both", up_everywhere, SOON_S)


def test_the_stream_moves(composition: Composition) -> None:
    headers = {"Authorization": f"Bearer {composition.secret('cli_token')}"}
    seen: set[str] = set()
    with httpx.stream("GET", composition.url + "/v1/stream", headers=headers, timeout=30) as response:
        for line in response.iter_lines():
            seen |= {line.removeprefix("event: ")} if line.startswith("event: ") else set()
            if {"samples", "checks"} <= seen:
                break
    assert {"samples", "checks"} <= seen


def test_the_administrator_signs_in_with_the_password_that_was_made(composition: Composition) -> None:
    body = {"email": "admin@localhost", "password": composition.secret("admin_password")}
    assert httpx.post(composition.url + "/v1/auth/login", json=body, timeout=20).status_code == 200
    body["password"] = "admin"
    assert httpx.post(composition.url + "/v1/auth/login", json=body, timeout=20).status_code == 401


def test_the_archive_fills(composition: Composition) -> None:
    def both_kinds() -> set[str]:
        found = composition.objects()
        kinds = {name.split("/")[3] for name in found}
        return found if {"kind=samples", "kind=checks"} <= kinds else set()

    eventually("samples and checks are archived", both_kinds, SOON_S)


def test_a_broker_that_is_killed_comes_back_and_nothing_is_lost(composition: Composition) -> None:
    before = max(composition.values("memory.total_bytes"))
    started = composition.health("kafka")["StartedAt"]
    composition.kill("kafka")
    eventually("kafka runs again", lambda: composition.health("kafka")["StartedAt"] != started, SOON_S)
    eventually("kafka is well", lambda: composition.health("kafka")["Health"]["Status"] == "healthy", SOON_S)
    after = max(composition.values("memory.total_bytes")) + 60_000
    span = {"from": before, "to": after, "agg": "count"}

    def complete() -> bool:
        return set(composition.values("memory.total_bytes", **span)) == set(range(before, after, 10_000))

    eventually("each ten seconds have their reports", complete, SOON_S)
    counts = composition.values("memory.total_bytes", **span)
    # A report each 5 s; at the edges of a window one may fall to its neighbour.
    assert sum(counts.values()) == pytest.approx(2 * len(counts), abs=2)


def test_down_and_up_again_keeps_everything(composition: Composition) -> None:
    def kept() -> str:
        monitors = [(row["id"], row["name"], row["created_ms"]) for row in composition.get("/v1/monitors")["monitors"]]
        [source] = composition.get("/v1/sources")["sources"]
        return json.dumps([monitors, source["source"], source["first_seen_ms"]])

    values = composition.values("memory.total_bytes")
    newest = max(values)
    span = {"from": min(values), "to": newest - 30_000, "agg": "count"}
    counts, things, objects = composition.values("memory.total_bytes", **span), kept(), composition.objects()
    composition.compose("down")
    composition.up()
    assert kept() == things
    assert composition.values("memory.total_bytes", **span) == counts
    assert {name for name in objects if "=samples" in name} <= composition.objects()
    eventually("new reports arrive", lambda: max(composition.values("memory.total_bytes")) > newest + 30_000, SOON_S)
