"""What the quick TLS engine judges unlike OpenSSL: the verdict is OpenSSL's, also about servers that are known well."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from probes.check import Vantage
from probes.http.check import HttpCheck
from probes.kinds import build_check
from probes.monitors import Monitor
from tests.integration.probes.authority import Authority
from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.engines import OPENSSL, RUSTLS, Knowing, Watched, changing, looking
from vedette.clock import SystemClock

pytestmark = pytest.mark.usefixtures("quick")

NAME = "localhost"
HERE = x509.SubjectAlternativeName([x509.DNSName(NAME)])
LEAF = x509.BasicConstraints(ca=False, path_length=None)
CA = x509.BasicConstraints(ca=True, path_length=None)
BITS = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
BITS += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")


def usage(*bits: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in bits for bit in BITS})


class Made:
    """A certificate with its key; signed by itself unless somebody else does."""

    def __init__(
        self,
        subject: str,
        *extensions: x509.ExtensionType,
        by: Made | None = None,
        issuer: str = "",
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer or subject)]
        self.name = names[0]
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder(names[1] if by is None or issuer else by.name, self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        signed = builder.sign((by or self).key, hashes.SHA256())
        self.pem = signed.public_bytes(serialization.Encoding.PEM)

    def server(self, folder: Path, *chain: Made) -> ssl.SSLContext:
        path = folder / "server.pem"
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(key + self.pem + b"".join(each.pem for each in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


ROOT = Made("root", CA)
NARROW = Made("narrow", x509.BasicConstraints(ca=True, path_length=0))
CLIENTS = Made("clients", CA, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))
BETWEEN = Made("between", CA, by=ROOT)
NO_SIGNER = Made("no signer", CA, usage("digital_signature"), by=ROOT)
BELOW_NARROW = Made("below", CA, by=NARROW)
OWN = Made("own", HERE, LEAF)


@pytest.mark.parametrize(
    ("chain", "trusted", "error"),
    [
        pytest.param([Made("x", HERE, by=ROOT)], [ROOT], None, id="good"),
        pytest.param([Made(NAME, LEAF, by=ROOT)], [ROOT], None, id="common-name"),
        pytest.param([Made("x", HERE, by=BETWEEN)], [ROOT, BETWEEN], None, id="kept-between"),
        pytest.param([Made("x", HERE, by=ROOT, issuer="ROOT")], [ROOT], None, id="other-case"),
        pytest.param([OWN], [OWN], None, id="own"),
        pytest.param([Made("x", HERE, by=BELOW_NARROW), BELOW_NARROW], [NARROW], "path length", id="path"),
        pytest.param([Made("x", HERE, usage("key_cert_sign"), by=ROOT)], [ROOT], "unsuitable", id="signs"),
        pytest.param([Made("x", HERE, by=NO_SIGNER), NO_SIGNER], [ROOT], "invalid CA", id="no-signer"),
        pytest.param([Made("x", HERE, by=CLIENTS)], [CLIENTS], "unsuitable", id="for-clients"),
    ],
)
def test_the_verdict_is_the_one_of_openssl(
    tmp_path: Path, chain: Sequence[Made], trusted: Sequence[Made], error: str | None
) -> None:
    bundle = tmp_path / "trusted.pem"
    bundle.write_bytes(b"".join(each.pem for each in trusted))

    async def script() -> None:
        async with endpoint(answers(), chain[0].server(tmp_path, *chain[1:])) as port:
            for trust in (Watched(bundle), Knowing(bundle)):
                asked = {"kind": "tls", "url": f"tls://127.0.0.1:{port}", "server_name": NAME}
                result = await looking(trust, port, **asked)()
                if error is None:
                    assert result.error is None, trust.spoke
                else:
                    assert (result.error or "").startswith(f"tls_certificate: {error}"), trust.spoke

    uvloop.run(script())


def test_an_underscore_is_none_that_a_wildcard_stands_for(tmp_path: Path) -> None:
    bundle = tmp_path / "trusted.pem"
    bundle.write_bytes(ROOT.pem)
    wild = Made("x", x509.SubjectAlternativeName([x509.DNSName("*.example.com")]), by=ROOT)

    async def script() -> None:
        async with endpoint(answers(), wild.server(tmp_path)) as port:
            asked = {"kind": "tls", "url": f"tls://127.0.0.1:{port}", "server_name": "_a.example.com"}
            result = await looking(Knowing(bundle), port, **asked)()
            assert (result.error or "").startswith("tls_certificate: Hostname mismatch")

    uvloop.run(script())


@pytest.mark.parametrize(
    ("said", "blame"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x28", "engine"),  # the alert handshake_failure
        (b"\x15\x03\x03\x00\x02\x02\x50", "protocol"),  # internal_error
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "protocol"),
    ],
)
def test_a_server_that_nothing_suits_of_what_rustls_offers_is_left_to_openssl(said: bytes, blame: str) -> None:
    from vedette_tls import Client, Config

    client = Client(Config(None, []), NAME)
    client.receive(said)
    assert client.failure is not None
    assert client.failure[0] == blame


def test_nothing_more_is_said_in_a_session_that_failed(tmp_path: Path) -> None:
    """A conversation may answer what came before the fault."""
    from vedette_tls import Client, Config

    client = Client(Config(None, []), NAME)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = Made("x", HERE, LEAF, by=ROOT).server(tmp_path).wrap_bio(incoming, outgoing, server_side=True)
    for _ in range(2):
        incoming.write(client.pending())
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        client.receive(outgoing.read())
    assert client.stands
    server.write(b"good")
    assert client.receive(outgoing.read() + b"this is no record") == b"good"
    assert client.failure is not None
    client.send(b"answer")


def test_after_a_session_that_broke_openssl_has_the_word(tmp_path: Path) -> None:
    """TLS 1.3: that a certificate of the client is wanted is told when hands are shaken already."""

    async def script() -> None:
        authority = Authority(tmp_path)
        trust, well, wants = Watched(authority.certificate), authority.server(), authority.server()
        wants.verify_mode = ssl.CERT_REQUIRED
        async with changing([well, well, wants, well]) as (port, _):
            look = looking(trust, port)
            outcomes = [(await look()).outcome for _ in range(4)]
        assert outcomes == ["up", "up", "down", "up"]
        assert trust.spoke == [OPENSSL, RUSTLS, RUSTLS, OPENSSL]

    uvloop.run(script())


@pytest.fixture
def renegotiating(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A server that shakes hands again before it answers (TLS 1.2); whom to trust, and where it is."""
    authority = Authority(tmp_path)
    authority.server()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    command = ["openssl", "s_server", "-accept", str(port), "-www", "-tls1_2"]
    command += ["-cert", str(tmp_path / "leaf.crt"), "-key", str(tmp_path / "leaf.key")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.stdout.readline() != b"ACCEPT\n":
            assert process.poll() is None
        yield authority.certificate, f"https://127.0.0.1:{port}/renegcert"
        process.kill()


def test_a_server_that_shakes_hands_again_is_judged_by_openssl(renegotiating: tuple[Path, str]) -> None:
    bundle, url = renegotiating

    async def script() -> None:
        trust = Watched(bundle)
        results = [await looking(trust, 0, url=url)() for _ in range(4)]
        assert [result.error for result in results] == [None] * 4
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL, OPENSSL, OPENSSL]

    uvloop.run(script())


def test_what_may_not_be_repeated_is_no_fault_of_such_a_server(renegotiating: tuple[Path, str]) -> None:
    bundle, url = renegotiating

    async def script() -> None:
        trust = Watched(bundle)
        check = build_check(Monitor(id=1, name="m", url=url, timeout_s=5.0), Vantage("here", SystemClock(), trust))
        assert isinstance(check, HttpCheck)
        check.repeatable = False
        results = [await check.run(1_700_000_000_000) for _ in range(4)]
        assert [result.outcome for result in results] == ["up", "probe_error", "up", "up"]
        assert trust.spoke == [OPENSSL, RUSTLS, OPENSSL, OPENSSL]

    uvloop.run(script())
