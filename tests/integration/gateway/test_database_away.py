"""The database is away: the intake goes on for those it knows, the rest says so, and all is well when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest_api.tokens import FRESH_S, STALE_S
from tests.integration.gateway.reports import add_monitor, check, problem, report
from tests.integration.gateway.server import PASSWORD, Gateway, Tail
from tests.integration.gateway.trouble import database_away
from tests.integration.gateway.waiting import until
from tests.servers.databases import Databases
from vedette.events.topics import CHECKS, SAMPLES


@pytest.fixture
def brittle(dsn: str, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that waits only shortly for its database."""
    with Gateway(dsn, tmp_path, store_timeout_s=0.3) as running:
        yield running


def test_the_intake_goes_on_for_tokens_and_monitors_it_knows(brittle: Gateway, postgres: Databases, dsn: str) -> None:
    monitor = add_monitor(brittle, "m")
    samples, checks = Tail(brittle.log, SAMPLES.name), Tail(brittle.log, CHECKS.name)
    assert brittle.ingest("samples", report(seq=1)).status_code == 202
    assert brittle.ingest("checks", check(monitor, attempt=1)).status_code == 202
    with database_away(postgres.dsn, dsn):
        for seq in (2, 3):
            brittle.clock.advance(STALE_S / 2 - FRESH_S)
            assert brittle.ingest("samples", report(seq=seq)).status_code == 202
            assert brittle.ingest("checks", check(monitor, attempt=seq)).status_code == 202
        assert len(samples.read()) == len(checks.read()) == 3
        problem(brittle.ingest("checks", check(monitor + 1)), 503, "store-unavailable")
        problem(brittle.ingest("samples", report(), "agent"), 503, "store-unavailable")
        brittle.clock.advance(2 * FRESH_S + 1)
        problem(brittle.ingest("samples", report()), 503, "store-unavailable")
        assert len(samples.read()) == len(checks.read()) == 3


def test_what_needs_the_database_says_when_to_come_back(brittle: Gateway, postgres: Databases, dsn: str) -> None:
    assert brittle.get("/v1/sources").status_code == 200
    with database_away(postgres.dsn, dsn):
        login = brittle.client.post("/v1/auth/login", json={"email": brittle.ours.email, "password": PASSWORD})
        for answer in (brittle.get("/v1/sources"), brittle.get("/v1/monitors"), login):
            problem(answer, 503, "store-unavailable")
            assert int(answer.headers["Retry-After"]) >= 1


def test_readiness_names_the_part_that_is_away_and_life_goes_on(
    brittle: Gateway, postgres: Databases, dsn: str
) -> None:
    answer = brittle.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "parts": {"store": "ok", "log": "ok"}})
    with database_away(postgres.dsn, dsn):
        answer = brittle.client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert answer.json()["parts"]["log"] == "ok"
        assert "database does not answer" in answer.json()["parts"]["store"]
        assert brittle.client.get("/healthz").status_code == 200
    until(lambda: brittle.client.get("/readyz").status_code == 200)
    assert brittle.get("/v1/sources").status_code == 200
