"""Endpoints that fail: each in its own way, each with its own kind of fault."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket

import pytest

from tests.integration.probes.conftest import Run, check, visit
from tests.integration.probes.endpoint import (
    Handler,
    answers,
    closed_port,
    drips,
    endpoint,
    floods,
    hangs,
    resets,
    says,
)
from vedette.events.checks import CheckResult, Phases

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def kind(error: str | None) -> str:
    return (error or "").partition(":")[0]


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (hangs(), "timeout_ttfb"),
        (hangs(b"HTTP/1.1 200"), "timeout_transfer"),
        (hangs(HEAD + b"abc"), "timeout_transfer"),
        (floods(CHUNKED, b""), "timeout_transfer"),
        (drips(HEAD + b"a" * 10_000), "timeout_transfer"),
        (drips(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000), "timeout_transfer"),
        (says(b""), "truncated"),
        (says(b"HTTP/1.1 200 OK\r\nContent-"), "truncated"),
        (says(HEAD + b"abc"), "truncated"),
        (says(CHUNKED + b"5\r\nhel"), "truncated"),
        (says(CHUNKED), "truncated"),
        (resets(), "truncated"),
        (resets(HEAD + b"abc"), "truncated"),
        (resets(b"HTTP/1.1 200 OK\r\n\r\nuntil"), "truncated"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
        (says(b"\x00\x01\x02\xff" * 10), "protocol"),
        (says(b"HTTP/1.1 xyz\r\n\r\n"), "protocol"),
        (says(CHUNKED + b"zz\r\n"), "protocol"),
        (floods(b"HTTP/1.1 200 OK\r\n", b"X-Bomb: " + b"x" * 1000 + b"\r\n"), "protocol"),
        (floods(b"HTTP/1.1 200 OK\r\n", b"X" * 100), "protocol"),
        (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "protocol"),
        (floods(CHUNKED + b"1\r\na\r\n0\r\n", b"Trailer: x\r\n"), "protocol"),
        (floods(CHUNKED, b"1\r\na\r\n" * 1000), "protocol"),
    ],
)
def test_a_bad_answer_is_down_with_its_kind(run: Run, handler: Handler, expected: str) -> None:
    result = run(visit(handler, timeout_s=0.25 if expected.startswith("timeout") else 5.0))
    assert result.outcome == "down"
    assert kind(result.error) == expected


def test_an_endless_body_stops_at_the_limit(run: Run) -> None:
    result = run(visit(floods(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n")))
    assert kind(result.error) == "body_too_large"


def test_a_timeout_keeps_the_phases_that_were_completed_and_no_others(run: Run) -> None:
    result = run(visit(hangs(HEAD + b"abc"), timeout_s=0.25))
    assert result.phases.connect is not None
    assert result.phases.ttfb is not None
    assert result.phases.transfer is None
    assert result.total_ms > 240  # timers of libuv count whole milliseconds of the time at which the loop turned


def test_a_refused_connection_reaches_no_phase(run: Run) -> None:
    result = run(check(f"http://127.0.0.1:{closed_port()}/"))
    assert result.outcome == "down"
    assert kind(result.error) == "connect_refused"
    assert result.phases == Phases()
    assert result.status is None


def test_an_unknown_name_is_down_with_dns(run: Run) -> None:
    result = run(check("http://nothing.invalid/"))
    assert kind(result.error) in {"dns", "timeout_dns"}
    assert result.phases == Phases()
    assert result.outcome == ("probe_error" if "name server" in str(result.error) else "down")


def test_a_hanging_look_up_ends_with_the_timeout(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr("probes.net.reach.resolve", never)
    result = run(check("http://slow.example/", timeout_s=0.2))
    assert kind(result.error) == "timeout_dns"


def test_a_second_address_is_tried_when_the_first_refuses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    monkeypatch.setattr("probes.net.reach.resolve", both)

    async def script() -> CheckResult:
        async with endpoint(answers()) as port:
            return await check(f"http://two.example:{port}/")

    assert run(script()).outcome == "up"


def test_an_address_that_swallows_everything_does_not_hide_one_that_answers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    monkeypatch.setattr("probes.net.reach.resolve", both)

    async def script() -> CheckResult:
        async with endpoint(answers()) as port:
            with contextlib.ExitStack() as stack:
                deaf = stack.enter_context(socket.socket())
                deaf.bind(("127.0.0.9", port))
                deaf.listen(0)  # what is more than its queue is answered with nothing
                for _ in range(3):
                    waiting = stack.enter_context(socket.socket())
                    waiting.setblocking(False)
                    waiting.connect_ex(("127.0.0.9", port))
                return await check(f"http://two.example:{port}/", timeout_s=1.0)

    result = run(script())
    assert (result.outcome, result.error) == ("up", None)
    assert 500 <= (result.phases.connect or 0) < 1000


def test_without_file_descriptors_the_probe_blames_itself(run: Run) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def script() -> CheckResult:
        async with endpoint(answers()) as port:
            held = []
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
            try:
                while True:
                    held.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass
            try:
                return await check(f"http://127.0.0.1:{port}/")
            finally:
                for number in held:
                    os.close(number)

    try:
        result = run(script())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert result.outcome == "probe_error"


def test_a_mistake_of_ours_is_our_fault_and_stops_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(host: str, port: int) -> list[str]:
        raise ZeroDivisionError

    monkeypatch.setattr("probes.net.reach.resolve", broken)
    result = run(check("http://any.example/"))
    assert result.outcome == "probe_error"
    assert kind(result.error) == "internal"
