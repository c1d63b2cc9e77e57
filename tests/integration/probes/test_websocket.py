"""WebSocket servers that shake hands, and those that only seem to."""

from __future__ import annotations

import asyncio
import re
import ssl
from base64 import b64encode
from hashlib import sha1
from typing import Any

import pytest

from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import Handler, answers, endpoint, hangs, says
from vedette.events.checks import CheckResult

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\n"
UPGRADE, CONNECTION = b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n"


def switching(*lines: bytes, proof: bytes | None = None) -> Handler:
    """A server that switches with these header lines; `proof` in place of the right one."""

    async def handle(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked = re.search(rb"Sec-WebSocket-Key: (\S+)\r\n", head)
        assert asked is not None
        assert b"\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" in head
        assert b"\r\nConnection: Upgrade\r\n" in head
        right = b64encode(sha1(asked[1] + GUID).digest())
        writer.write(SWITCH + b"".join(lines) + b"Sec-WebSocket-Accept: " + (proof or right) + b"\r\n\r\n")
        await asyncio.Event().wait()

    return handle


async def shake(handler: Handler, tls: ssl.SSLContext | None = None, **fields: Any) -> CheckResult:
    """One check of a server that behaves like `handler`."""
    async with endpoint(handler, tls) as port:
        scheme = "ws" if tls is None else "wss"
        return await check(f"{scheme}://127.0.0.1:{port}/chat", **{"kind": "ws", "timeout_s": 5.0, **fields})


def test_a_server_that_switches_is_up(run: Run) -> None:
    result = run(shake(switching(UPGRADE, CONNECTION)))
    assert (result.outcome, result.error, result.status) == ("up", None, 101)
    assert result.phases.ttfb is not None


def test_it_may_do_so_over_tls(run: Run, server_tls: ssl.SSLContext) -> None:
    result = run(shake(switching(UPGRADE, CONNECTION), server_tls, verify_tls=False))
    assert result.outcome == "up"
    assert result.tls_expires is not None


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (answers(), "status: 200, not 101"),
        (answers("403 Forbidden"), "status: 403, not 101"),
        (switching(CONNECTION), "answer: no header Upgrade"),
        (switching(UPGRADE), "answer: no header Connection"),
        (switching(UPGRADE, CONNECTION, proof=b"x3JJHMbDL1EzLkh9GBhXDw=="), "answer: Sec-WebSocket-Accept"),
        (hangs(), "timeout_ttfb"),
        (says(b""), "truncated"),
        (says(b"nonsense\r\n\r\n"), "protocol"),
    ],
)
def test_a_server_that_does_not_is_down(run: Run, handler: Handler, error: str) -> None:
    result = run(shake(handler, timeout_s=0.25 if error.startswith("timeout") else 5.0))
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)
