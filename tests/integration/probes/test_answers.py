"""Endpoints that answer: what is up, and what is measured."""

from __future__ import annotations

import asyncio

import pytest

from probes.http.request import user_agent
from tests.integration.probes.conftest import Run, check, visit
from tests.integration.probes.endpoint import Handler, answers, endpoint, hangs, says
from vedette.events.checks import CheckResult

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n"
)

INTERIM = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)


@pytest.mark.parametrize(
    ("handler", "status", "size"),
    [
        (answers(), 200, 5),
        (answers(body=b""), 200, 0),
        (answers(body=b"x" * 300_000), 200, 300_000),
        (says(CHUNKED), 200, 11),
        (says(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"), 200, 13),
        (says(b"HTTP/1.0 200 OK\r\n\r\n"), 200, 0),
        (says(b"HTTP/1.1 204 No Content\r\n\r\n"), 204, 0),
        (says(INTERIM), 200, 2),
        (says(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), 200, 2),
        (says(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok and more"), 200, 2),
        (says(b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok"), 200, 2),
    ],
)  # fmt: skip
def test_a_complete_answer_is_up_however_it_is_framed(run: Run, handler: Handler, status: int, size: int) -> None:
    result = run(visit(handler))
    assert (result.outcome, result.error, result.status, result.bytes) == ("up", None, status, size)


def test_the_phases_that_were_reached_are_there_and_fit_the_total(run: Run) -> None:
    result = run(visit(answers()))
    phases = result.phases
    assert phases.dns is None
    assert phases.tls is None
    assert phases.connect is not None
    assert phases.ttfb is not None
    assert phases.transfer is not None
    assert 0 < phases.connect + phases.ttfb + phases.transfer <= result.total_ms
    assert result.scheduled_ms == 1_700_000_000_000
    assert result.started_ms > result.scheduled_ms


def test_a_name_is_looked_up_and_the_look_up_is_timed(run: Run) -> None:
    async def script() -> CheckResult:
        async with endpoint(answers()) as port:
            return await check(f"http://localhost:{port}/")

    result = run(script())
    assert result.outcome == "up"
    assert result.phases.dns is not None


@pytest.mark.parametrize("status", [b"503 Unavailable", b"404 Not Found", b"304 Not Modified", b"101 Switching"])
def test_an_unexpected_status_is_down(run: Run, status: bytes) -> None:
    result = run(
        visit(says(b"HTTP/1.1 " + status + b"\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n"))
    )
    assert result.outcome == "down"
    assert result.error == f"status: {int(status[:3])}"
    assert result.status == int(status[:3])


def test_a_status_that_the_monitor_expects_is_up(run: Run) -> None:
    result = run(visit(answers("503 Service Unavailable"), expected_status=["500-599"]))
    assert result.outcome == "up"


def test_a_head_request_ends_with_the_head(run: Run) -> None:
    result = run(visit(hangs(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), method="HEAD"))
    assert (result.outcome, result.bytes) == ("up", 0)


def test_the_request_says_who_asks_and_carries_the_monitors_headers(run: Run) -> None:
    heads: list[bytes] = []

    async def remember(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    run(visit(remember, "/a?b=c", headers={"X-Key": "secret"}, method="POST"))
    assert heads[0].startswith(b"POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nUser-Agent: " + user_agent().encode() + b"\r\n" in heads[0]
    assert b"\r\nX-Key: secret\r\n" in heads[0]
    assert b"\r\nConnection: close\r\n" in heads[0]


def test_an_answer_longer_than_the_limit_is_degraded_and_not_read_on(run: Run) -> None:
    result = run(visit(answers(body=b"x" * 5_000_000), body_limit_bytes=1000))
    assert result.outcome == "degraded"
    assert result.error == "body_too_large: more than 1000 bytes"
    assert result.phases.transfer is None
    assert 1000 < result.bytes < 5_000_000


def test_an_answer_as_long_as_the_limit_is_up(run: Run) -> None:
    assert run(visit(answers(body=b"x" * 1000), body_limit_bytes=1000)).outcome == "up"
