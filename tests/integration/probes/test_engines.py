"""Two TLS engines: they agree on who is trusted, and the quick one never brings an endpoint into disrepute."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest
import uvloop

from tests.integration.probes.authority import NOW, Authority
from tests.integration.probes.endpoint import answers, endpoint, routes
from tests.integration.probes.engines import OPENSSL, RUSTLS, Knowing, Watched, changing, looking, old, refusing
from tests.integration.probes.test_bad_certificates import CASES

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize(("extension", "start", "end", "error"), CASES)
def test_both_find_the_same_certificates_good(
    authority: Authority, extension: str, start: str, end: str, error: str | None
) -> None:
    async def script() -> None:
        async with endpoint(answers(), authority.server(extension, start, end)) as port:
            for verify, expected in ((True, error), (False, None)):
                found = []
                for trust in (Watched(authority.certificate), Knowing(authority.certificate)):
                    found.append(await looking(trust, port, verify_tls=verify)())
                    assert trust.spoke == [RUSTLS if isinstance(trust, Knowing) else OPENSSL]
                assert {(result.error or "").startswith(expected or "") for result in found} == {True}
                assert {result.outcome for result in found} == {"down" if expected else "up"}
                assert len({result.tls_expires for result in found}) == 1

    uvloop.run(script())


def test_both_refuse_an_authority_that_they_do_not_know(authority: Authority, certificate: Path) -> None:
    async def script() -> None:
        async with endpoint(answers(), authority.server()) as port:
            for trust in (Watched(certificate), Knowing(certificate)):
                result = await looking(trust, port)()
                assert (result.error or "").startswith("tls_certificate: unable to get local issuer certificate")

    uvloop.run(script())


def test_an_authority_counts_while_its_time_lasts(authority: Authority) -> None:
    from vedette_tls import Client, Config

    der = ssl.PEM_cert_to_DER_cert(authority.certificate.read_text())
    now = int(time.time())

    async def stands(anchor: tuple[bytes, int, int]) -> bool:
        async with endpoint(answers(), authority.server()) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            client = Client(Config([anchor], []), "127.0.0.1")
            writer.write(client.pending())
            while not client.stands and client.failure is None:
                client.receive(await reader.read(65_536))
            writer.close()
            return client.stands

    async def script() -> None:
        assert await stands((der, now - 60, now + 60))
        assert not await stands((der, now - 120, now - 60))
        assert not await stands((der, now + 60, now + 120))

    uvloop.run(script())


def test_a_server_is_met_with_openssl_then_tried_then_known(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        async with endpoint(answers(), authority.server()) as port:
            look = looking(trust, port)
            assert {(await look()).outcome for _ in range(4)} == {"up"}
            assert trust.spoke == [OPENSSL, RUSTLS, RUSTLS, RUSTLS]
            assert (await look(attempt=2)).outcome == "up"
            assert trust.spoke[-1] == OPENSSL  # what is to confirm a failure sees with other eyes
            other = looking(trust, port)  # another monitor of the same server
            assert (await other()).outcome == "up"
            assert trust.spoke[-1] == RUSTLS

    uvloop.run(script())


def test_a_server_that_rustls_does_not_suit_is_never_told_as_down(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        async with endpoint(answers(), old(authority)) as port:
            look = looking(trust, port)
            results = [await look() for _ in range(4)]
        assert {result.outcome for result in results} == {"up"}
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL, OPENSSL, OPENSSL]
        assert all(result.phases.tls is not None for result in results)

    uvloop.run(script())


def test_a_server_that_hangs_at_the_trial_gets_the_time_that_is_left(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate)
        well = authority.server()
        async with changing([well, None, well]) as (port, had):
            look = looking(trust, port, timeout_s=2.0)
            results = [await look() for _ in range(3)]
            assert had == [4]
        assert {result.outcome for result in results} == {"up"}
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL, OPENSSL]
        assert results[1].total_ms < 1000  # of the second attempt alone

    uvloop.run(script())


def test_what_a_known_server_does_wrong_is_told_at_once(authority: Authority) -> None:
    """No second try hides a fault of one connection in many."""

    async def script() -> None:
        trust = Watched(authority.certificate)
        well, ill = authority.server(), refusing(authority)
        async with changing([well, well, ill, well, well, ill, ill, well]) as (port, had):
            look = looking(trust, port)
            results = [await look() for _ in range(6)]
        assert [result.outcome for result in results] == ["up", "up", "down", "up", "up", "down"]
        assert (results[2].error or "").startswith("tls: ")
        assert (results[2].evidence or {})["phase"] == "tls"
        assert trust.spoke == [OPENSSL, RUSTLS, RUSTLS, OPENSSL, RUSTLS, RUSTLS]
        assert had == [6]

    uvloop.run(script())


def test_what_rustls_does_not_understand_is_judged_by_openssl_at_once(
    server_tls: ssl.SSLContext, certificate: Path
) -> None:
    """A certificate that signed itself, and is trusted all the same."""

    async def script() -> None:
        trust = Knowing(certificate)
        async with endpoint(answers(), server_tls) as port:
            assert (await looking(trust, port)()).error is None
        assert trust.spoke == [RUSTLS, OPENSSL]

    uvloop.run(script())


def test_a_request_that_changes_something_is_not_repeated_for_a_trial(authority: Authority) -> None:
    """A trial behind a redirect would send the first request again when it fails."""
    posts = 0

    async def counts(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal posts
        posts += 1
        writer.write(f"HTTP/1.1 303 X\r\nLocation: https://127.0.0.1:{second}/\r\nContent-Length: 0\r\n\r\n".encode())

    second = 0

    async def script() -> None:
        nonlocal second
        trust = Watched(authority.certificate)
        async with endpoint(answers(), old(authority)) as second, endpoint(counts) as first:
            look = looking(trust, first, url=f"http://127.0.0.1:{first}/", method="POST", body="x")
            for _ in range(3):
                assert (await look()).outcome == "up"
            assert (posts, trust.spoke) == (3, [OPENSSL, OPENSSL, OPENSSL])
            get = looking(trust, first, url=f"http://127.0.0.1:{first}/")
            assert (await get()).outcome == "up"
            assert trust.spoke[3:] == [RUSTLS, OPENSSL]

    uvloop.run(script())


def test_a_chain_that_was_good_is_not_good_beyond_its_end(authority: Authority) -> None:
    end = time.time() + 4
    text = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(end))

    async def script() -> None:
        trust = Knowing(authority.certificate)
        async with endpoint(answers(), authority.server("good", NOW, text)) as port:
            look = looking(trust, port)
            assert {(await look()).outcome for _ in range(2)} == {"up"}
            await asyncio.sleep(max(0.0, end - time.time()) + 1.1)
            assert (await look()).error == "tls_certificate: certificate has expired"

    uvloop.run(script())


def test_each_handshake_is_a_whole_one(authority: Authority) -> None:
    async def script() -> None:
        trust, context = Knowing(authority.certificate), authority.server()
        async with endpoint(answers(), context) as port:
            look = looking(trust, port)
            for _ in range(3):
                assert (await look()).outcome == "up"
        stats = context.session_stats()
        assert (stats["accept_good"], stats["hits"]) == (3, 0)

    uvloop.run(script())


@pytest.mark.parametrize("engine", [Watched, Knowing])
def test_the_server_sees_the_end_of_a_handshake_after_which_nothing_is_asked(
    authority: Authority, engine: type[Watched]
) -> None:
    async def script() -> None:
        trust, context = engine(authority.certificate), authority.server()
        async with endpoint(answers(), context) as port:
            for _ in range(5):
                assert (await looking(trust, port, kind="tls", url=f"tls://127.0.0.1:{port}")()).outcome == "up"
            await asyncio.sleep(0.1)
        assert context.session_stats()["accept_good"] == 5

    uvloop.run(script())


def test_http_2_is_spoken_by_either(authority: Authority) -> None:
    async def script() -> None:
        context = authority.server()
        context.set_alpn_protocols(["http/1.1"])
        trust = Watched(authority.certificate)
        async with endpoint(routes(a=answers()), context) as port:
            look = looking(trust, port, "/a", http_version="auto")
            results = [await look() for _ in range(3)]
        assert {(result.outcome, result.http_version) for result in results} == {("up", "1.1")}
        assert trust.spoke == [OPENSSL, RUSTLS, RUSTLS]

    uvloop.run(script())


def test_it_can_be_switched_off(authority: Authority) -> None:
    async def script() -> None:
        trust = Watched(authority.certificate, quick=False)
        async with endpoint(answers(), authority.server()) as port:
            look = looking(trust, port)
            assert {(await look()).outcome for _ in range(3)} == {"up"}
        assert trust.spoke == [OPENSSL] * 3

    uvloop.run(script())
