"""Trials of the quick TLS engine: at once with others, late, of two servers with one name. Nothing of them is told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any

import pytest
import uvloop

from probes.check import Vantage
from probes.prometheus.modules import Module
from probes.prometheus.probing import Probing
from tests.integration.probes.authority import Authority
from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.engines import OPENSSL, RUSTLS, Knowing, Watched, changing, looking, old
from vedette.clock import SystemClock

pytestmark = pytest.mark.usefixtures("quick")


def test_several_trials_at_once_are_each_tried_again(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        async with endpoint(answers(), old(authority)) as port:
            looks = [looking(trust, port) for _ in range(4)]
            assert (await looks[0]()).outcome == "up"
            results = await asyncio.gather(*(look() for look in looks))
            assert [result.error for result in results] == [None] * 4
            assert trust.spoke == [OPENSSL] + [RUSTLS] * 4 + [OPENSSL] * 4
            assert (await looks[0]()).outcome == "up"
            assert trust.spoke[-1] == OPENSSL

    uvloop.run(script())


def test_a_trial_that_hangs_is_not_told_because_another_one_went_well(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        well = authority.server()
        async with changing([well, None, well]) as (port, had):
            looks = [looking(trust, port, timeout_s=1.0) for _ in range(2)]
            assert (await looks[0]()).outcome == "up"
            results = await asyncio.gather(*(look() for look in looks))
            assert [result.error for result in results] == [None] * 2
            assert had == [4]

    uvloop.run(script())


def test_a_trial_that_began_late_is_not_told_when_the_time_is_over(authority: Authority) -> None:
    """Behind a redirect that took most of it."""

    async def script() -> None:
        trust = Watched(authority.certificate)
        well = authority.server()
        slow = True

        async def leads(head: bytes, writer: asyncio.StreamWriter) -> None:
            if slow:
                await asyncio.sleep(0.7)
            writer.write(f"HTTP/1.1 302 X\r\nLocation: https://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n".encode())

        async with changing([well, None, well]) as (port, had), endpoint(leads) as first:
            look = looking(trust, first, url=f"http://127.0.0.1:{first}/", timeout_s=1.0)
            assert (await look()).error is None
            assert (await look()).error is None
            assert had == [3]
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL]

    uvloop.run(script())


def test_a_check_that_is_called_off_in_a_trial_ends(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        async with changing([authority.server(), None]) as (port, had):
            look = looking(trust, port)
            assert (await look()).outcome == "up"
            task = asyncio.ensure_future(look())
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert had == [2]

    uvloop.run(script())


def test_two_servers_that_are_asked_for_one_name_are_two(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        port = free_port()
        first, second = (f"tls://127.0.0.{n}:{port}" for n in (1, 2))
        async with answering(authority.server(), "127.0.0.1", port), answering(old(authority), "127.0.0.2", port):
            asked = {"kind": "tls", "server_name": "127.0.0.1"}
            for _ in range(2):
                assert (await looking(trust, port, url=first, **asked)()).error is None
            for _ in range(3):
                assert (await looking(trust, port, url=second, **asked)()).error is None
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL, RUSTLS, OPENSSL, OPENSSL]

    uvloop.run(script())


def test_a_request_that_may_not_be_repeated_leaves_no_word_to_rustls(authority: Authority) -> None:
    """Behind a redirect its doubts could not be settled within the check."""

    async def script() -> None:
        trust = Knowing(authority.certificate)

        async def leads(head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(
                f"HTTP/1.1 303 X\r\nLocation: https://127.0.0.1:{second}/\r\nContent-Length: 0\r\n\r\n".encode()
            )

        async with endpoint(answers(), old(authority)) as second, endpoint(leads) as first:
            look = looking(trust, first, url=f"http://127.0.0.1:{first}/", method="POST", body="x")
            assert (await look()).error is None
        assert trust.spoke == [OPENSSL]

    uvloop.run(script())


def test_a_server_that_was_down_at_its_trial_is_tried_again_when_it_is_well(authority: Authority) -> None:
    """Only what OpenSSL could and rustls could not keeps it with OpenSSL."""

    async def script() -> None:
        trust = Watched(authority.certificate)
        well, elsewhere = authority.server(), authority.server("nameless")
        async with changing([well, elsewhere, elsewhere, well]) as (port, _):
            look = looking(trust, port)
            outcomes = [(await look()).outcome for _ in range(4)]
        assert outcomes == ["up", "down", "up", "up"]
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL, OPENSSL, RUSTLS]

    uvloop.run(script())


def test_a_scrape_ends_in_its_time(authority: Authority) -> None:
    """Prometheus does not wait for a second try."""

    async def script() -> None:
        trust = Watched(authority.certificate)
        modules = {"tls": Module("tcp", {"kind": "tls"}, None, frozenset(), None)}
        probing = Probing(modules, Vantage("here", SystemClock(), trust))
        async with changing([authority.server(), None]) as (port, _):
            for up in (1, 0):
                begin = time.monotonic()
                text = await probing.scrape(f"127.0.0.1:{port}", "tls", 1.5)
                assert f"probe_success {up}" in text
                assert time.monotonic() - begin < 1.4

    uvloop.run(script())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def answering(context: ssl.SSLContext, address: str, port: int) -> Any:
    """Shakes hands at an address."""

    class Server:
        async def __aenter__(self) -> None:
            self.server = await asyncio.start_server(lambda _, writer: writer.close(), address, port, ssl=context)

        async def __aexit__(self, *_: object) -> None:
            self.server.close()

    return Server()
