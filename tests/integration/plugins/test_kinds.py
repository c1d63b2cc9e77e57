"""Nagios checks, exporters and JSON documents, as processes and servers of their own."""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from agent.plugins.outcome import Outcome
from tests.integration.plugins.house import Bench, in_house
from tests.integration.plugins.servers import free_port, installed, wait_until


def run(folder: Path, kind: str, plugin: str, times: int = 1, **fields: Any) -> Outcome:
    async def use(bench: Bench) -> Outcome:
        instance = bench.instance(None, "one", plugin=plugin, kind=kind, **fields)
        for _ in range(times - 1):
            await instance.run()
        return await instance.run()

    return in_house(folder, use)


@contextmanager
def serving(body: bytes, content_type: str = "application/json", status: int = 200, **headers: str) -> Iterator[str]:
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def check(folder: Path, output: str, code: int) -> list[str]:
    script = folder / "check"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {code}\n")
    script.chmod(0o755)
    return [str(script)]


def test_a_check_gives_its_state_and_its_numbers(tmp_path: Path) -> None:
    output = "DISK WARNING - /var log | '/var log'=500KB;400;600 time=15ms;;;0\nmore\ntext | hits=12c inodes=U"
    outcome = run(tmp_path, "nagios", "check_disk", options={"command": check(tmp_path, output, 1)})
    assert outcome.error is None
    assert outcome.values == {
        'check_disk.state{instance="one"}': 1.0,
        'check_disk.value_bytes{instance="one",label="/var log"}': 512_000.0,
        'check_disk.level{instance="one",label="/var log"}': 1.0,
        'check_disk.value_s{instance="one",label="time"}': 0.015,
        'check_disk.total{instance="one",label="hits"}': 12.0,
    }
    assert outcome.kinds == {'check_disk.total{instance="one",label="hits"}': "counter"}
    assert outcome.alerts == [("WARNING: DISK WARNING - /var log", "more\ntext")]


def test_a_check_alerts_when_its_state_changes_and_not_before(tmp_path: Path) -> None:
    command = check(tmp_path, "CRITICAL - gone", 2)
    assert run(tmp_path, "nagios", "gone", 2, options={"command": command}).alerts == []
    assert run(tmp_path, "nagios", "fine", options={"command": check(tmp_path, "OK", 0)}).alerts == []


@pytest.mark.parametrize(("code", "told"), [(4, "with code 4, not 0 to 3"), (127, "with code 127")])
def test_a_check_that_ends_with_another_code_fails(tmp_path: Path, code: int, told: str) -> None:
    outcome = run(tmp_path, "nagios", "odd", options={"command": check(tmp_path, "what? | a=1", code)})
    assert outcome.state == "failing"
    assert told in (outcome.error or "")
    assert outcome.values == {}


def test_a_check_that_is_not_there_or_hangs_is_told(tmp_path: Path) -> None:
    missing = run(tmp_path, "nagios", "none", options={"command": "/does/not/exist -w 1"})
    assert "/does/not/exist cannot be started: No such file" in (missing.error or "")
    assert run(tmp_path, "nagios", "slow", options={"command": "sleep 600"}, timeout_s=0.5).state == "timeout"
    assert "missing" in (run(tmp_path, "nagios", "empty", options={}).error or "")


def test_performance_data_that_cannot_be_read_is_told_beside_the_rest(tmp_path: Path) -> None:
    outcome = run(tmp_path, "nagios", "half", options={"command": check(tmp_path, "OK | a=1 b=x", 0)})
    assert outcome.state == "failing"
    assert "performance data cannot be read: b=x" in (outcome.error or "")
    assert outcome.values['half.value{instance="one",label="a"}'] == 1.0


def test_a_real_check_is_read(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        "nagios",
        "check_disk",
        options={"command": [installed("check_disk", "monitoring-plugins-basic"), "-w", "1%", "-p", "/"]},
    )
    assert outcome.state == "ok", outcome.error
    assert outcome.values['check_disk.value_bytes{instance="one",label="/"}'] > 0


@contextmanager
def exporter() -> Iterator[str]:
    registry = CollectorRegistry()
    Counter("jobs", "Jobs", ["queue", "instance"], registry=registry).labels("mail", "a").inc(5)
    Gauge("temperature", "T", registry=registry).set(21.5)
    Gauge("unknown", "N", registry=registry).set(float("nan"))
    Histogram("wait_seconds", "W", buckets=[1], registry=registry).observe(0.5)
    port = free_port()
    server, thread = start_http_server(port, "127.0.0.1", registry)
    try:
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_exporter_is_scraped_with_its_kinds_and_labels(tmp_path: Path) -> None:
    with exporter() as url:
        outcome = run(tmp_path, "prometheus", "app", options={"url": url})
    assert outcome.error is None
    jobs = 'app.jobs_total{exported_instance="a",instance="one",queue="mail"}'
    assert outcome.values[jobs] == 5.0
    assert outcome.kinds[jobs] == "counter"
    assert outcome.values['app.temperature{instance="one"}'] == 21.5
    assert outcome.kinds['app.wait_seconds_bucket{instance="one",le="+Inf"}'] == "counter"
    assert not any("unknown" in name for name in outcome.values)


def test_an_exporter_s_names_are_chosen_and_renamed(tmp_path: Path) -> None:
    options = {
        "keep": ["jobs_.*", "temperature"],
        "drop": [".*_created"],
        "rename": {"jobs_": "work_"},
        "drop_labels": ["queue"],
    }
    with exporter() as url:
        outcome = run(tmp_path, "prometheus", "app", options={"url": url, **options})
    names = {name.partition("{")[0] for name in outcome.values}
    assert names == {"app.work_total", "app.temperature"}
    assert 'app.work_total{exported_instance="a",instance="one"}' in outcome.values


def test_a_node_exporter_is_scraped(tmp_path: Path) -> None:
    port = free_port()
    command = [
        installed("prometheus-node-exporter", "prometheus-node-exporter"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}/metrics"
            wait_until(lambda: run(tmp_path, "prometheus", "node", options={"url": url}).state == "ok", process)
            outcome = run(tmp_path, "prometheus", "node", options={"url": url}, max_series=5000)
        finally:
            process.kill()
    assert outcome.state == "ok", outcome.error
    assert len(outcome.values) > 100
    assert outcome.kinds['node.node_cpu_seconds_total{cpu="0",instance="one",mode="idle"}'] == "counter"


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b"<html>", "text/html", "Content-Type 'text/html' is not allowed"),
        (b"a{ 1\n", "text/plain", "cannot be read"),
        (b"a 1\n", "application/openmetrics-text", "cannot be read"),
        (b"a 1\n" * 400_000, "text/plain", "longer than 1048576 bytes"),
    ],
)
def test_an_answer_that_is_no_exporter_s_is_told(tmp_path: Path, body: bytes, content_type: str, told: str) -> None:
    with serving(body, content_type) as url:
        outcome = run(tmp_path, "prometheus", "app", options={"url": url, "max_mb": 1})
    assert outcome.state == "failing"
    assert told in (outcome.error or "")
    assert outcome.values == {}


def test_a_bomb_of_gzip_is_not_unpacked(tmp_path: Path) -> None:
    body = gzip.compress(b"a 1\n" * 10_000_000)
    with serving(body, "text/plain", Content_Encoding="gzip") as url:
        outcome = run(tmp_path, "prometheus", "app", options={"url": url, "max_mb": 1})
    assert "longer than 1048576 bytes" in (outcome.error or "")


def test_an_exporter_with_too_many_series_is_cut(tmp_path: Path) -> None:
    body = "".join(f'a{{n="{n}"}} 1\n' for n in range(3000)).encode()
    with serving(body, "text/plain; version=0.0.4") as url:
        outcome = run(tmp_path, "prometheus", "app", options={"url": url}, max_series=100)
    assert len(outcome.values) == 100
    assert "only 100 series" in (outcome.error or "")


def test_json_comes_from_a_url_or_a_command(tmp_path: Path) -> None:
    document = {"queues": {"mail": {"length": 3}, "jobs": {"length": 0}}}
    values = {"length": {"each": "queues.*", "path": "length", "labels": {"queue": "@key"}}}
    with serving(json.dumps(document).encode()) as url:
        outcome = run(tmp_path, "json", "shop", options={"url": url, "values": values})
    assert outcome.error is None
    assert outcome.values == {
        'shop.length{instance="one",queue="jobs"}': 0.0,
        'shop.length{instance="one",queue="mail"}': 3.0,
    }
    echoed = run(tmp_path, "json", "shop", options={"command": ["echo", json.dumps(document)]})
    assert echoed.values['shop.queues.mail.length{instance="one"}'] == 3.0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "either option url or option command"),
        ({"command": "echo nonsense"}, "this is not JSON"),
        ({"command": ["sh", "-c", "echo oops >&2; exit 3"]}, "sh ended with code 3: oops"),
        ({"command": "/does/not/exist"}, "cannot be started"),
        ({"command": ["python3", "-c", "print('['*100000)"]}, "RecursionError"),
        ({"url": "ftp://x"}, "the URL is not allowed"),
    ],
)
def test_a_document_that_is_none_is_told(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    outcome = run(tmp_path, "json", "shop", options=options)
    assert outcome.state == "failing"
    assert told in (outcome.error or "")


def test_a_status_that_is_no_success_is_told_and_a_login_is_not(tmp_path: Path) -> None:
    with serving(b"no", status=503) as url:
        secret = url.replace("http://", "http://user:hunter2@")
        outcome = run(tmp_path, "json", "shop", options={"url": secret})
    assert "status 503" in (outcome.error or "")
    assert "hunter2" not in (outcome.error or "")
