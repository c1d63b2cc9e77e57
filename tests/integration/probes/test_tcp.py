"""TCP ports that answer, and those that do not as they should."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import Handler, closed_port, endpoint, floods, hangs, resets, says
from vedette.events.checks import CheckResult


async def knock(handler: Handler, **fields: Any) -> CheckResult:
    """One TCP check of a server that behaves like `handler`, which speaks first."""
    async with endpoint(handler, listens=False) as port:
        return await check(f"tcp://127.0.0.1:{port}", **{"kind": "tcp", "timeout_s": 5.0, **fields})


async def echoes(_: bytes, writer: asyncio.StreamWriter) -> None:
    """What was asked, read from the connection itself."""
    reader: asyncio.StreamReader = writer._protocol._stream_reader  # type: ignore[attr-defined]
    writer.write(b"you said " + await reader.readline())


async def drips(_: bytes, writer: asyncio.StreamWriter) -> None:
    """A greeting, byte by byte."""
    for byte in b"220 ready\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("handler", "fields"),
    [
        (hangs(), {}),
        (says(b"220 mail.example ESMTP\r\n"), {"expect": "220 "}),
        (drips, {"expect": "ready"}),
        (echoes, {"send": "PING\n", "expect": "said PING"}),
    ],
)
def test_a_port_that_does_what_is_expected_is_up(run: Run, handler: Handler, fields: dict[str, str]) -> None:
    result = run(knock(handler, **fields))
    assert (result.outcome, result.error, result.evidence) == ("up", None, None)
    assert result.phases.connect is not None
    assert (result.phases.ttfb is not None) is ("expect" in fields)


@pytest.mark.parametrize(
    ("handler", "fields", "error"),
    [
        (says(b"554 go away\r\n"), {}, "answer: no '220 ' in 13 bytes"),
        (says(b""), {}, "truncated: closed after 0 bytes"),
        (resets(b"22"), {}, "truncated: closed after"),
        (hangs(b"22"), {"timeout_s": 0.25}, "timeout_transfer"),
        (hangs(), {"timeout_s": 0.25}, "timeout_ttfb"),
        (floods(b"", b"x" * 1000), {}, "answer: no '220 ' in 65536 bytes"),
    ],
)
def test_a_port_that_does_something_else_is_down(
    run: Run, handler: Handler, fields: dict[str, Any], error: str
) -> None:
    result = run(knock(handler, expect="220 ", **fields))
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)


def test_a_closed_port_is_down(run: Callable[[Coroutine[Any, Any, CheckResult]], CheckResult]) -> None:
    result = run(check(f"tcp://127.0.0.1:{closed_port()}", kind="tcp"))
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("down", "connect_refused")


def test_the_evidence_shows_what_was_said_and_not_what_was_sent(run: Run) -> None:
    result = run(knock(echoes, send="AUTH s3cret\n", expect="welcome"))
    assert result.evidence is not None
    assert result.evidence["address"] == "127.0.0.1"
    assert "you said" in result.evidence["first_bytes"]
    assert "s3cret" not in str(result.evidence)
