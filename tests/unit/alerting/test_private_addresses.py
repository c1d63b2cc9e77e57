"""Private addresses are refused, public ones are not; names are resolved by a stand-in."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from alerting.channels import DeliveryError
from alerting.private_addresses import refuse_private


def ask(url: str, monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def resolve(*args: object, **options: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    async def run() -> None:
        if addresses:
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        await refuse_private(httpx.Request("POST", url))

    asyncio.run(run())


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "ff02::1"),
        *("::ffff:10.0.0.1", "::10.0.0.1", "::1.1.1.1", "fec0::1", "feff::1"),  # mapped, compatible, site-local
        *("64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1.1.1.1"),  # NAT64, and one of a site's own
        *("2002:a00:1::1", "2002:7f00:1::"),  # 6to4 of 10.0.0.1 and 127.0.0.1
        *("2001:0:101:101::f5ff:fffe", "2001:0:101:101::fefe:fefe"),  # Teredo, whatever client it names
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match="VEDETTE_ALLOW_PRIVATE") as caught:
        ask("https://hook.example/", monkeypatch, address)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"]
)
def test_a_name_with_a_public_address_is_not_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("https://hook.example/", monkeypatch, address)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match=r"10\.0\.0\.1"):
        ask("https://hook.example/", monkeypatch, "1.1.1.1", "10.0.0.1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://[::1]/"])
def test_a_private_address_itself_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match="private address"):
        ask(url, monkeypatch)


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example"])
def test_a_name_that_no_resolver_takes_is_a_failed_delivery(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match="cannot be resolved"):
        ask(f"http://{host}/", monkeypatch)
