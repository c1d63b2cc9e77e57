"""Checks through a proxy: whole URLs for http, a tunnel for https, and whose fault it is when it fails."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from probes.credentials import BasicAuth
from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import Handler, answers, closed_port, endpoint, hangs, says
from tests.integration.probes.forwarder import CREDENTIALS, Forwarder, proxying
from tests.integration.probes.second import says2, second_endpoint, second_tls
from tests.integration.probes.test_private import look as look_strictly
from tests.integration.probes.test_tls import TrustingThis
from vedette.events.checks import CheckResult

AUTH = BasicAuth("probe", "hunter2")


async def through(forwarder: Forwarder, url: str, **fields: Any) -> CheckResult:
    async with proxying(forwarder) as proxy:
        return await check(url, **{"proxy": proxy, "timeout_s": 5.0, **fields})


def test_an_http_endpoint_is_asked_for_by_its_whole_url(run: Run) -> None:
    async def script() -> tuple[CheckResult, Forwarder]:
        async with endpoint(answers()) as port:
            forwarder = Forwarder(shop=port)
            return await through(forwarder, "http://shop.example/a?b=c"), forwarder

    result, forwarder = run(script())  # type: ignore[arg-type,misc] # the loop's fixture is typed for results alone
    assert (result.outcome, result.status, result.bytes) == ("up", 200, 5)
    assert forwarder.lines == ["GET http://shop.example/a?b=c HTTP/1.1"]
    assert result.phases.dns is None  # the proxy is an address, and the endpoint's name is the proxy's business


def test_an_https_endpoint_is_reached_through_a_tunnel_and_verified_at_its_end(run: Run, certificate: Path) -> None:
    async def script() -> tuple[CheckResult, Forwarder]:
        context = second_tls(certificate, "http/1.1")
        async with endpoint(answers(), context) as port:
            forwarder = Forwarder(localhost=port)
            return await through(forwarder, "https://localhost/", trust=TrustingThis(certificate)), forwarder

    result, forwarder = run(script())  # type: ignore[arg-type,misc] # as above
    assert (result.outcome, result.error, result.http_version) == ("up", None, "1.1")
    assert forwarder.lines == ["CONNECT localhost:443 HTTP/1.1"]
    assert None not in {result.phases.connect, result.phases.tls, result.tls_expires}


def test_a_certificate_behind_a_tunnel_is_judged_as_any_other(run: Run, server_tls: ssl.SSLContext) -> None:
    async def script() -> CheckResult:
        async with endpoint(answers(), server_tls) as port:
            return await through(Forwarder(shop=port), "https://shop.example/")

    assert (run(script()).error or "").startswith("tls_certificate")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http2_is_spoken_through_a_tunnel(run: Run, certificate: Path, scheme: str) -> None:
    async def script() -> CheckResult:
        async with second_endpoint(says2(), second_tls(certificate, "h2") if scheme == "https" else None) as port:
            fields = {"http_version": "2", "verify_tls": False}
            return await through(Forwarder(shop=port), f"{scheme}://shop.example:8080/", **fields)

    result = run(script())
    assert (result.outcome, result.error, result.http_version) == ("up", None, "2")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_credentials_reach_the_proxy_and_nobody_else(run: Run, server_tls: ssl.SSLContext, scheme: str) -> None:
    heads: list[bytes] = []

    async def remember(head: bytes, writer: Any) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.1 500 No\r\nX-Echo: hunter2\r\nContent-Length: 0\r\n\r\n")

    async def script() -> CheckResult:
        async with endpoint(remember, server_tls if scheme == "https" else None) as port:
            forwarder = Forwarder(wants=CREDENTIALS, shop=port)
            return await through(forwarder, f"{scheme}://shop.example/", proxy_auth=AUTH, verify_tls=False)

    result = run(script())
    assert result.error == "status: 500"
    assert b"Proxy-Authorization" not in heads[0]
    assert "hunter2" not in str(result.evidence)
    assert CREDENTIALS not in str(result.evidence)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://shop.example/", "proxy: http://127.0.0.1"),
        ("https://shop.example/", "proxy: 127.0.0.1"),
    ],
)
def test_a_proxy_that_refuses_us_is_named(run: Run, url: str, error: str) -> None:
    result = run(through(Forwarder(wants=CREDENTIALS, shop=closed_port()), url, proxy_auth=BasicAuth("probe", "wrong")))
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)
    assert "407" in (result.error or "")


def test_an_endpoint_that_the_proxy_cannot_reach_is_down(run: Run) -> None:
    tunnel = run(through(Forwarder(), "https://unreachable.example/"))
    assert "refuses unreachable.example:443: 502 Bad Gateway" in (tunnel.error or "")
    assert run(through(Forwarder(), "http://unreachable.example/")).error == "status: 502"


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (hangs(), "timeout_connect"),
        (says(b""), "proxy: no answer"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "proxy: 127.0.0.1"),
        (says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000), "proxy: no answer"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n220 spoke first"), "tls: the server spoke before the handshake"),
    ],
)
def test_a_proxy_that_is_none_is_down(run: Run, handler: Handler, error: str) -> None:
    async def script() -> CheckResult:
        async with endpoint(handler) as port:
            timeout_s = 0.4 if error.startswith("timeout") else 5.0
            return await check("https://shop.example/", proxy=f"http://127.0.0.1:{port}", timeout_s=timeout_s)

    result = run(script())
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)


def test_a_proxy_where_nothing_listens_is_down(run: Run) -> None:
    result = run(check("http://shop.example/", proxy=f"http://127.0.0.1:{closed_port()}"))
    assert (result.error or "").startswith("connect_refused")


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://shop.example/", "http://127.0.0.1:3128"),
        ("http://shop.example/", "http://[::1]:3128"),
        ("https://169.254.169.254/", "http://93.184.215.14:3128"),
        ("http://localhost/", "http://93.184.215.14:3128"),
    ],
)
def test_neither_a_private_proxy_nor_a_private_address_behind_one_is_asked(run: Run, url: str, proxy: str) -> None:
    result = run(look_strictly(url, proxy=proxy))
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("probe_error", "private_address")


def test_a_redirect_to_a_private_address_is_not_asked_for_through_a_proxy(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script() -> tuple[CheckResult, Forwarder]:
        moved = answers("302 Found", "Location: http://169.254.169.254/latest", body=b"")
        async with endpoint(moved) as port:
            forwarder = Forwarder(shop=port)
            async with proxying(forwarder) as proxy:
                monkeypatch.setattr("probes.net.reach.is_public", lambda address: str(address) == "127.0.0.1")
                return await look_strictly("http://shop.example/", proxy=proxy), forwarder

    result, forwarder = run(script())  # type: ignore[arg-type,misc] # as above
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("down", "private_address")
    assert forwarder.lines == ["GET http://shop.example/ HTTP/1.1"]
