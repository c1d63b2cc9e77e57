"""A fleet on loopback: every check type and every outcome in one probe, at two locations with rules of their own."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from probes import worker
from probes.kinds import KINDS
from tests.integration.probes.endpoint import answers, closed_port, drips, endpoint, floods, hangs, resets, routes, says
from tests.integration.probes.gateway import FastClock, Gateway
from tests.integration.probes.nameserver import nameserver, record, telling
from tests.integration.probes.second import says2, second_endpoint, second_tls
from tests.integration.probes.test_grpc import grpc_server
from tests.integration.probes.test_icmp import PERMITTED
from tests.integration.probes.test_websocket import CONNECTION, UPGRADE, switching
from tests.patience import PATIENCE_S
from vedette.settings import ProbeSettings

SPEED = 2
JSON = {"type": "json", "path": "$.ok", "op": "==", "value": True}
Expected = tuple[str, str]
Fleet = list[tuple[dict[str, Any], Expected]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
    """An answer after a while."""
    await asyncio.sleep(0.3)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


SITE = routes(
    good=answers("200 OK", "X-Tag: a", body=b'{"ok": true}'),
    bad=answers("503 Service Unavailable"),
    moved=answers("302 Found", "Location: /good", body=b""),
    loop=answers("302 Found", "Location: /loop", body=b""),
    hang=hangs(),
    drip=drips(HEAD + b"a" * 100, 0.1),
    reset=resets(HEAD + b"abc"),
    endless=floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nspam\r\n"),
    bomb=floods(b"HTTP/1.1 200 OK\r\n", b"X-Bomb: " + b"x" * 1000 + b"\r\n"),
    slow=slow,
    chat=switching(UPGRADE, CONNECTION),
)


@contextlib.asynccontextmanager
async def fleet(certificate: Path, server_tls: ssl.SSLContext) -> AsyncIterator[Fleet]:
    """Servers of every kind, and the monitors that look at them with what each must find."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        port, secure = await enter(endpoint(SITE)), await enter(endpoint(SITE, server_tls))
        second = await enter(second_endpoint(says2(), second_tls(certificate, "h2")))
        banner = await enter(endpoint(says(b"220 hello\r\n"), listens=False))
        truth = await enter(nameserver(telling(record("shop.example", "A", "192.0.2.1"))))
        lie = await enter(nameserver(telling(record("shop.example", "A", "10.6.6.6"))))
        rpc = stack.enter_context(grpc_server())
        web = f"http://127.0.0.1:{port}"
        dns = {"url": "dns://shop.example", "kind": "dns", "expected_answers": ["192.0.2.1"]}
        fleet: Fleet = [
            ({"url": f"{web}/good"}, ("up", "")),
            ({"url": f"{web}/good", "assertions": [JSON]}, ("up", "")),
            ({"url": f"{web}/good", "assertions": [JSON | {"value": False}]}, ("down", "assertion")),
            (
                {"url": f"{web}/good", "assertions": [JSON | {"value": 1, "severity": "degraded"}]},
                ("degraded", "asser"),
            ),
            ({"url": f"{web}/bad"}, ("down", "status: 503")),
            ({"url": f"{web}/bad", "expected_status": ["5xx"]}, ("up", "")),
            ({"url": f"{web}/moved"}, ("up", "")),
            ({"url": f"{web}/loop"}, ("down", "too_many_redirects")),
            ({"url": f"{web}/hang", "timeout_s": 0.3}, ("down", "timeout_ttfb")),
            ({"url": f"{web}/drip", "timeout_s": 0.3}, ("down", "timeout_transfer")),
            ({"url": f"{web}/reset"}, ("down", "truncated")),
            ({"url": f"{web}/endless", "body_limit_bytes": 1000}, ("degraded", "body_too_large")),
            ({"url": f"{web}/bomb"}, ("down", "protocol")),
            ({"url": f"{web}/slow", "degraded_above_ms": 100}, ("degraded", "too_slow")),
            ({"url": f"{web}/slow", "degraded_above_ms": 50, "down_above_ms": 100}, ("down", "too_slow")),
            ({"url": f"{web}/hang", "timeout_s": 30, "interval_s": 1}, ("missed", "missed: the check before it")),
            ({"url": f"http://127.0.0.1:{closed_port()}/"}, ("down", "connect_refused")),
            ({"url": f"https://127.0.0.1:{secure}/good"}, ("down", "tls_certificate")),
            ({"url": f"https://127.0.0.1:{secure}/good", "verify_tls": False}, ("up", "")),
            ({"url": f"https://127.0.0.1:{second}/", "verify_tls": False, "http_version": "2"}, ("up", "")),
            ({"url": f"{web}/good", "http_version": "2"}, ("down", "")),
            ({"url": f"tcp://127.0.0.1:{banner}", "kind": "tcp", "expect": "220 "}, ("up", "")),
            ({"url": f"tcp://127.0.0.1:{banner}", "kind": "tcp", "expect": "SSH"}, ("down", "answer")),
            ({"url": f"tls://127.0.0.1:{secure}", "kind": "tls", "verify_tls": False}, ("up", "")),
            ({"url": f"tls://127.0.0.1:{banner}", "kind": "tls"}, ("down", "tls")),
            (dns | {"resolver": truth}, ("up", "")),
            (dns | {"resolver": lie}, ("down", "answer")),
            ({"url": f"ws://127.0.0.1:{port}/chat", "kind": "ws"}, ("up", "")),
            ({"url": f"ws://127.0.0.1:{port}/good", "kind": "ws"}, ("down", "status: 200")),
            ({"url": f"grpc://127.0.0.1:{rpc}", "kind": "grpc"}, ("up", "")),
            ({"url": f"grpc://127.0.0.1:{rpc}", "kind": "grpc", "service": "shop.Stock"}, ("down", "answer")),
            (
                {"url": "icmp://127.0.0.1", "kind": "icmp"},
                ("up", "") if PERMITTED else ("probe_error", "not_permitted"),
            ),
        ]
        yield fleet


UNCHECKABLE: list[dict[str, Any]] = [
    {"url": "http://"},
    {"url": "http://exa mple/"},
    {"url": "gopher://x/"},
    {"url": "http://x/", "kind": "smtp"},
    {"url": "http://x/", "assertions": [{"type": "body", "op": "regex", "value": "(a"}]},
    {"url": "http://x/", "assertions": [JSON | {"path": "$..["}]},
    {"url": "http://x/", "interval_s": 0},
    {"url": "http://x/", "headers": {"a b": "c"}},
    {"url": "http://x/", "proxy": "socks5://x"},
]


def monitor(number: int, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": number, "name": "m", "interval_s": 2, "timeout_s": 5} | fields | more


@contextlib.asynccontextmanager
async def probing(folder: Path, gateway: Gateway, *, allow_private: bool) -> AsyncIterator[None]:
    """A probe at the gateway's location, with a clock that runs `SPEED` times faster."""
    settings = ProbeSettings.load(
        url=f"http://127.0.0.1:{gateway.port}",
        token="vdt_test",
        spool=folder / gateway.location,
        location=gateway.location,
        references="",
        allow_private=allow_private,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, FastClock(SPEED), random.Random(1), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, PATIENCE_S)


def found(gateway: Gateway, expected: Expected) -> set[int]:
    """The monitors of which a result says so."""
    outcome, error = expected
    return {r["monitor"] for r in gateway.results if r["outcome"] == outcome and r.get("error", "").startswith(error)}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "CHECKS_WAIT_S", 0.1)


def test_every_kind_and_every_outcome_are_told_as_they_are(
    tmp_path: Path, certificate: Path, server_tls: ssl.SSLContext
) -> None:
    async def script() -> None:
        async with fleet(certificate, server_tls) as members:
            assert {fields.get("kind", "http") for fields, _ in members} == set(KINDS)
            monitors = [monitor(number, fields) for number, (fields, _) in enumerate(members, 1)]
            monitors += [monitor(1000 + number, fields) for number, fields in enumerate(UNCHECKABLE)]
            gateway = Gateway(*monitors)
            await gateway.come()
            async with probing(tmp_path, gateway, allow_private=True):
                for number, (fields, expected) in enumerate(members, 1):
                    try:
                        await gateway.until(lambda: number in found(gateway, expected))  # noqa: B023 asked at once
                    except TimeoutError:
                        seen = [r for r in gateway.results if r["monitor"] == number]
                        raise AssertionError(fields, expected, seen) from None
            await gateway.go()
            told = {r["outcome"] for r in gateway.results}
            assert {"up", "degraded", "down", "missed"} <= told
            assert not {r["monitor"] for r in gateway.results if r["monitor"] >= 1000}

    asyncio.run(script())


def test_a_location_that_may_not_look_inside_blames_itself_and_nobody_else(
    tmp_path: Path, certificate: Path, server_tls: ssl.SSLContext
) -> None:
    async def script() -> None:
        async with fleet(certificate, server_tls) as members:
            both = {"locations": ["eu", "us"]}
            monitors = [monitor(number, fields, **both) for number, (fields, _) in enumerate(members, 1)]
            open_one, strict = Gateway(*monitors), Gateway(*monitors, location="us")
            for gateway in (open_one, strict):
                await gateway.come()
            everyone = set(range(1, len(members) + 1))
            async with (
                probing(tmp_path, open_one, allow_private=True),
                probing(tmp_path, strict, allow_private=False),
            ):
                await strict.until(lambda: everyone <= found(strict, ("probe_error", "private_address")))
                await open_one.until(lambda: 1 in found(open_one, ("up", "")))
            for gateway in (open_one, strict):
                await gateway.go()
            assert {r["outcome"] for r in strict.results} <= {"probe_error", "missed"}
            slots = [
                {r["scheduled_ms"] // 1000 % 2 for r in g.results if r["monitor"] == 1} for g in (open_one, strict)
            ]
            assert [len(each) for each in slots] == [1, 1]
            assert slots[0] != slots[1]  # two locations divide the interval of two seconds

    asyncio.run(script())
