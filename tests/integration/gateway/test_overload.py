"""The log is slow, full, away or broken: the sender learns of it, and nothing is lost in silence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Literal

import httpx
import pytest
from structlog.testing import capture_logs

from tests.integration.gateway.reports import add_monitor, batches_in, check, problem, report
from tests.integration.gateway.server import Gateway, Tail
from tests.integration.gateway.trouble import TroubledLog
from tests.integration.gateway.waiting import until
from vedette.errors import LogUnavailable, Overloaded
from vedette.events.topics import CHECKS, PINGS, SAMPLES
from vedette.log.embedded import EmbeddedLog
from vedette.telemetry import metrics

What = Literal["samples", "checks"]


@pytest.fixture(scope="module")
def troubled(dsn_of_module: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose log fails when told to."""
    with Gateway(dsn_of_module, tmp_path_factory.mktemp("troubled"), wrap=TroubledLog) as running:
        add_monitor(running, "m")
        yield running


@pytest.fixture
def log(troubled: Gateway) -> Iterator[TroubledLog]:
    """That log; well again afterwards."""
    found = troubled.context.log
    assert isinstance(found, TroubledLog)
    yield found
    found.refuses = found.fails = None


@pytest.fixture(params=["samples", "checks"])
def what(request: pytest.FixtureRequest) -> What:
    """Either intake."""
    found: What = request.param
    return found


def good(what: What) -> object:
    return [report()] if what == "samples" else [check(1)]


def written(gateway: Gateway) -> int:
    return sum(bounds.end for topic in (SAMPLES, CHECKS) for bounds in gateway.log.bounds(topic.name))


def count(name: str, **labels: str) -> float:
    return metrics().registry.get_sample_value(name, labels) or 0.0


def test_an_overloaded_log_makes_senders_come_back_later(troubled: Gateway, log: TroubledLog, what: What) -> None:
    before, counted = written(troubled), count("vedette_ingest_overloaded_total")
    log.refuses = Overloaded("full", retry_after_s=2.5)
    answer = troubled.ingest(what, good(what))
    problem(answer, 429, "overloaded")
    assert answer.headers["Retry-After"] == "3"
    assert written(troubled) == before
    assert count("vedette_ingest_overloaded_total") == counted + 1
    log.refuses = None
    assert troubled.ingest(what, good(what)).status_code == 202
    assert written(troubled) == before + 1


@pytest.mark.parametrize("when", ["refuses", "fails"])
def test_a_log_that_is_away_is_told_with_503(troubled: Gateway, log: TroubledLog, what: What, when: str) -> None:
    before = written(troubled)
    setattr(log, when, LogUnavailable("the disk is full"))
    answer = troubled.ingest(what, good(what))
    assert problem(answer, 503, "log-unavailable")["detail"] == "the disk is full"
    assert int(answer.headers["Retry-After"]) >= 1
    assert written(troubled) == before


def test_an_error_that_nobody_foresaw_is_a_problem_without_its_inside(troubled: Gateway, log: TroubledLog) -> None:
    labels = {"route": "/v1/ingest/samples", "status": "500"}
    counted = count("vedette_http_requests_total", **labels)
    log.fails = RuntimeError("the secret is 42")
    headers = {"Authorization": f"Bearer {troubled.ours.tokens['ingest']}"}
    with capture_logs() as events:
        answer = httpx.post(f"{troubled.url}/v1/ingest/samples", headers=headers, json=report())
    problem(answer, 500, "internal")
    assert "42" not in answer.text
    assert [(e["event"], e["path"]) for e in events] == [("request_failed", "/v1/ingest/samples")]
    assert count("vedette_http_requests_total", **labels) == counted + 1


def test_a_report_is_acknowledged_when_the_log_has_it_and_not_before(dsn: str, tmp_path: Path) -> None:
    """The log's file is locked, so its buffer of 1 MB fills up: what waits is kept, what does not fit is refused."""
    wide = {f"{'n' * 60}.{n}": float(n) for n in range(10_000)}
    with Gateway(dsn, tmp_path, log_max_pending_mb=1) as gateway, ThreadPoolExecutor(2) as senders:
        tail = Tail(gateway.log, SAMPLES.name)
        assert isinstance(gateway.log, EmbeddedLog)
        commits, gatherer = gateway.log._commits, gateway.app.state.gatherer
        # Each gateway says at its start that it listens: that must not be what the locked file holds up.
        until(lambda: any(bounds.end for bounds in gateway.log.bounds(PINGS.name)) and not commits._bytes)
        with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            on_its_way = senders.submit(gateway.ingest, "samples", report("on its way", values=wide))
            until(lambda: commits._bytes and not commits._pending)
            waits = senders.submit(gateway.ingest, "samples", report("waits", values=wide))
            until(lambda: gatherer._bytes)
            problem(gateway.ingest("samples", report("too late", values=wide)), 429, "overloaded")
            assert not on_its_way.done()
            assert not waits.done()
            other.execute("ROLLBACK")
        assert [one.result(20).status_code for one in (on_its_way, waits)] == [202, 202]
        assert sorted(batch.source for batch in batches_in(tail.read())) == ["on its way", "waits"]
