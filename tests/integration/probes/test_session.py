"""The session below a conversation: what a TLS server may do to it once hands are shaken, and before."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from probes.net.engine import Engine, TlsError
from probes.net.openssl import OpenSsl
from probes.net.session import Session

Run = Callable[[Coroutine[Any, Any, None]], None]
Script = Callable[[ssl.SSLSocket], None]
Speaking = Callable[[], Engine]
LARGE = os.urandom(20_000_000)


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    return uvloop.run if request.param == "uvloop" else asyncio.run


@pytest.fixture(params=["openssl", "rustls"])
def speaking(request: pytest.FixtureRequest, certificate: Path) -> Speaking:
    """A new engine at each call; who trusts whom is tested elsewhere."""
    if request.param == "openssl":
        context = ssl.create_default_context(cafile=str(certificate))
        return lambda: OpenSsl(context, "localhost")
    request.getfixturevalue("quick")
    from vedette_tls import Client, Config

    config = Config(None, [])
    return lambda: Client(config, "localhost")


class Ear(asyncio.Protocol):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.heard = b""
        self.error: Exception | None = None
        self.lost = asyncio.Event()
        self.paused = 0

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.error = exc
        self.lost.set()

    def pause_writing(self) -> None:
        self.paused += 1


@contextlib.contextmanager
def serving(server_tls: ssl.SSLContext, script: Script) -> Iterator[int]:
    """One connection in a thread; `script` begins when hands are shaken."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            plain, _ = listening.accept()
            with contextlib.suppress(OSError), server_tls.wrap_socket(plain, server_side=True) as secure:
                script(secure)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join()


@contextlib.asynccontextmanager
async def session_at(port: int, speaking: Speaking, ear: Ear) -> Any:
    """A session with the server at `port`, hands shaken."""
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
    session = Session(transport, ear, speaking())
    try:
        await session.shake_hands()
        yield session
    finally:
        session.abort()
        await asyncio.sleep(0)  # until the loop has closed it


def met(run: Run, server_tls: ssl.SSLContext, speaking: Speaking, script: Script, sent: bytes = b"") -> Ear:
    """What the conversation heard until the connection was gone."""
    heard: list[Ear] = []

    async def meet(port: int) -> None:
        ear = Ear()
        heard.append(ear)
        async with session_at(port, speaking, ear) as session:
            assert session.get_extra_info("engine").version == "TLSv1.3"
            assert session.get_extra_info("peername")[1] == port
            if sent:
                session.write(sent)
            await ear.lost.wait()
            session.write(b"nobody hears this")
            session.close()

    with serving(server_tls, script) as port:
        run(meet(port))
    return heard[0]


def test_a_server_that_speaks_first_and_says_goodbye(run: Run, server_tls: ssl.SSLContext, speaking: Speaking) -> None:
    def script(secure: ssl.SSLSocket) -> None:
        secure.sendall(b"220 hello\r\n")
        secure.unwrap()

    ear = met(run, server_tls, speaking, script)
    assert (ear.heard, ear.error) == (b"220 hello\r\n", None)


def test_much_goes_both_ways_and_none_of_it_is_lost(run: Run, server_tls: ssl.SSLContext, speaking: Speaking) -> None:
    def script(secure: ssl.SSLSocket) -> None:
        left = len(LARGE)
        while left:
            piece = secure.recv(65_536)
            secure.sendall(piece)
            left -= len(piece)

    ear = met(run, server_tls, speaking, script, LARGE)
    assert ear.heard == LARGE
    assert ear.paused > 0


def test_an_end_that_was_not_announced_is_an_end(run: Run, server_tls: ssl.SSLContext, speaking: Speaking) -> None:
    def script(secure: ssl.SSLSocket) -> None:
        secure.sendall(b"half")
        os.close(secure.detach())

    ear = met(run, server_tls, speaking, script)
    assert (ear.heard, ear.error) == (b"half", None)


def test_what_is_no_record_ends_it_with_the_reason(run: Run, server_tls: ssl.SSLContext, speaking: Speaking) -> None:
    def script(secure: ssl.SSLSocket) -> None:
        secure.sendall(b"good")
        with socket.socket(fileno=secure.detach()) as plain:
            plain.sendall(b"this is not TLS" * 100)
            plain.recv(1)

    ear = met(run, server_tls, speaking, script)
    assert ear.heard == b"good"
    assert isinstance(ear.error, TlsError)


def test_a_goodbye_is_heard_by_the_server(run: Run, server_tls: ssl.SSLContext, speaking: Speaking) -> None:
    last: list[bytes] = []

    async def meet(port: int) -> None:
        async with session_at(port, speaking, Ear()) as session:
            session.close()
            assert session.is_closing()
            await asyncio.sleep(0.05)

    with serving(server_tls, lambda secure: last.append(secure.recv(1))) as port:
        run(meet(port))
    assert last == [b""]  # it would be an error without the goodbye


def test_a_check_that_gives_up_in_the_handshake_leaves_nothing(run: Run, speaking: Speaking) -> None:
    async def give_up() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), session_at(silent.getsockname()[1], speaking, Ear()):
                    pass
            accepted, _ = silent.accept()
            with accepted:
                accepted.sendall(b"too late")

    run(give_up())


def test_a_connection_that_has_gone_already_is_told(run: Run, speaking: Speaking) -> None:
    async def too_late() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            where = "127.0.0.1", listening.getsockname()[1]
            transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, *where)
            transport.abort()
            with pytest.raises(ConnectionResetError):
                await Session(transport, Ear(), speaking()).shake_hands()
            await asyncio.sleep(0)

    run(too_late())
