"""A location that may not look at private addresses: not at first, not after a look-up, not after a redirect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from probes.kinds import run_check
from probes.monitors import Monitor
from probes.tls import TlsContexts
from tests.integration.probes.conftest import Run
from tests.integration.probes.endpoint import Counted, endpoint
from tests.integration.probes.nameserver import nameserver, telling
from vedette.clock import SystemClock
from vedette.events.checks import CheckResult

PUBLIC = "93.184.215.14"


async def look(url: str, **fields: Any) -> CheckResult:
    """One check from a location that allows no private addresses."""
    return await run_check(
        Monitor(id=1, name="m", url=url, timeout_s=5.0, **fields),
        location="strict",
        scheduled_ms=1_700_000_000_000,
        clock=SystemClock(),
        tls=TlsContexts(),
        allow_private=False,
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]", "[fe80::1]",
             "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "2130706433.example"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("scheme", "kind"), [("http", "http"), ("ws", "ws"), ("tls", "tls"), ("tcp", "tcp"), ("icmp", "icmp")]
)
def test_a_private_address_is_never_connected_to(
    run: Run, monkeypatch: pytest.MonkeyPatch, host: str, scheme: str, kind: str
) -> None:
    async def lying(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def connected(*_: object, **__: object) -> None:
        raise AssertionError("a connection to a private address")

    monkeypatch.setattr("probes.net.reach.resolve", lying)
    for module in ("probes.http.ask", "probes.tcp", "probes.handshake"):
        monkeypatch.setattr(f"{module}.connect", connected)
    monkeypatch.setattr("probes.icmp.open_socket", connected)
    result = run(look(f"{scheme}://{host}{':80' if scheme == 'tcp' else ''}", kind=kind))
    assert result.outcome == "probe_error"
    assert (result.error or "").startswith("private_address: ")
    assert "VEDETTE_ALLOW_PRIVATE" in (result.error or "")


def test_of_a_name_s_addresses_only_the_public_ones_are_tried(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def both(name: str, port: int) -> list[str]:
        return ["127.0.0.1", PUBLIC, "10.0.0.1"]

    async def connect(addresses: list[str], *_: object) -> None:
        tried.extend(addresses)
        raise OSError

    monkeypatch.setattr("probes.net.reach.resolve", both)
    monkeypatch.setattr("probes.http.ask.connect", connect)
    run(look("http://both.example/"))
    assert tried == [PUBLIC]


@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/secret", "http://inside.example:{port}/secret"])
def test_a_redirect_to_a_private_address_is_not_followed_and_is_the_endpoint_s_fault(
    run: Run, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    async def script() -> tuple[CheckResult, int]:
        inside = Counted()
        loop = asyncio.get_running_loop()
        async with endpoint(inside) as secret:

            async def away(_: bytes, writer: asyncio.StreamWriter) -> None:
                location = to.format(port=secret)
                writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())

            async with endpoint(away) as outside:

                async def resolve(name: str, port: int) -> list[str]:
                    return ["127.0.0.1"] if name == "inside.example" else [PUBLIC]

                async def connect(addresses: list[str], port: int, exchange: Any, *_: object) -> object:
                    assert addresses == [PUBLIC]  # what stands for the Internet here is a server on loopback
                    transport, _protocol = await loop.create_connection(lambda: exchange, "127.0.0.1", outside)
                    return transport

                monkeypatch.setattr("probes.net.reach.resolve", resolve)
                monkeypatch.setattr("probes.http.ask.connect", connect)
                return await look("http://outside.example/"), inside._visits

    result, visits = run(script())  # type: ignore[arg-type,misc] # the loop's fixture is typed for results alone
    assert visits == 0
    assert result.outcome == "down"
    assert (result.error or "").startswith("private_address: ")


def test_a_private_resolver_that_a_monitor_names_is_not_asked(run: Run) -> None:
    async def script() -> CheckResult:
        async with nameserver(telling()) as resolver:
            return await look("dns://shop.example", kind="dns", resolver=resolver)

    result = run(script())
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("probe_error", "private_address")


def test_a_name_without_an_address_of_the_wanted_version_is_down(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def four(name: str, port: int) -> list[str]:
        return [PUBLIC]

    monkeypatch.setattr("probes.net.reach.resolve", four)
    result = run(look("http://four.example/", ip_version="6"))
    assert (result.outcome, result.error) == ("down", "dns: four.example has no IPv6 address")
