"""Every part a process of its own on Kafka, TimescaleDB and S3: from a host and an endpoint to charts and webhooks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.installation import eventually
from tests.e2e.many import ManyMachines
from tests.e2e.outside import Receiver, Target
from tests.servers.buckets import S3
from tests.servers.databases import Databases
from tests.servers.topics import own_topics

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def many(kafka_server: str, timescale: Databases, s3_server: S3) -> Iterator[ManyMachines]:
    """An installation that runs, with an agent and a probe that report over HTTP."""
    dsn = timescale.empty()
    with tempfile.TemporaryDirectory(prefix="vedette-many-") as folder, own_topics(kafka_server) as prefix:
        with ManyMachines(Path(folder), kafka_server, prefix, dsn, s3_server) as found:
            found.set_up()
            found.start_all()
            found.start_senders("http")
            yield found
        timescale.drop(dsn)


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    found = Receiver(tmp_path)
    found.start()
    yield found
    found.kill()


def reported(many: ManyMachines) -> float | None:
    """The memory that the host has by its last report."""
    query = {"series": 'memory.total_bytes{source="web-1"}', "from": "-1m", "agg": "last", "step": 10}
    found = many.call("GET", "/v1/query", params=query)["series"]
    return next((value for series in found for value in reversed(series["values"]) if value is not None), None)


def stream(many: ManyMachines) -> float:
    """The host's memory as the next event of the stream tells it."""
    with httpx.stream("GET", f"{many.url}/v1/stream?topics=samples", headers=many.headers, timeout=30) as response:
        for line in response.iter_lines():
            if line.startswith("data: ") and "memory.total_bytes" in line:
                return float(json.loads(line.removeprefix("data: "))["values"]["memory.total_bytes"])
    raise AssertionError("the stream has ended")


def test_a_host_s_values_arrive_by_query_and_stream(many: ManyMachines) -> None:
    assert eventually("the host's values are stored", lambda: reported(many)) == psutil.virtual_memory().total
    assert stream(many) == psutil.virtual_memory().total


def test_an_outage_reaches_the_receiver_once_whichever_way_the_probe_reports(
    many: ManyMachines, target: Target, receiver: Receiver
) -> None:
    config = {"url": f"http://127.0.0.1:{receiver.port}/hook"}
    channel = many.call("POST", "/v1/channels", json={"name": "hook", "kind": "webhook", "config": config})["id"]
    spec = {"name": "shop", "url": target.url, "interval_s": 1, "timeout_s": 1, "apdex_t_ms": 100}
    monitor = many.call("POST", "/v1/monitors", json=spec)["id"]
    subject = f"monitor:{monitor}"

    def told(*events: str) -> bool:
        return sorted(receiver.events(subject).values()) == sorted(events)

    def state() -> str:
        return str(many.call("GET", f"/v1/monitors/{monitor}")["state"])

    try:
        eventually("the endpoint is up", lambda: state() == "up")
        target.status = 503
        eventually("the start arrives", lambda: told("start"))
        many.end("probe-http", "agent-http")
        many.start_senders("log")
        target.status = 200
        eventually("the end arrives", lambda: told("start", "end"))
        target.status = 503
        eventually("the next start arrives", lambda: told("start", "end", "start"))
    finally:
        many.call("DELETE", f"/v1/channels/{channel}")
        many.call("DELETE", f"/v1/monitors/{monitor}")


def test_agents_and_probes_may_write_to_kafka_themselves(many: ManyMachines) -> None:
    if "agent-http" in many.processes:
        many.end("probe-http", "agent-http")
        many.start_senders("log")

    def seen() -> int:
        found = many.call("GET", "/v1/sources")["sources"]
        return max((row["last_seen_ms"] for row in found if row["source"] == "web-1"), default=0)

    before = eventually("the host is known", seen)
    eventually("it goes on", lambda: seen() > before + 3000)


def test_the_archive_holds_what_was_reported(many: ManyMachines) -> None:
    def kinds() -> bool:
        keys = many.s3.keys(many.bucket)
        return all(any(f"kind={kind}/" in key for key in keys) for kind in ("samples", "checks"))

    eventually("objects of samples and checks are in the bucket", kinds)


def test_the_doctor_finds_all_well_where_no_part_is_on_this_machine(many: ManyMachines) -> None:
    token = many.headers["Authorization"].removeprefix("Bearer ")
    many.env["VEDETTE_TOKEN"] = token
    try:
        said = many.command("doctor")
    finally:
        del many.env["VEDETTE_TOKEN"]
    assert "✗" not in said
    assert "log: Kafka" in said


def test_all_end_in_order_when_they_are_told(many: ManyMachines) -> None:
    many.end(*many.processes)
