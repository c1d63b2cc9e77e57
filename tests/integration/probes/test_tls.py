"""Endpoints behind TLS: certificates, handshakes, and when a certificate ends."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from launch.checked_once import Looked, check_once
from probes.net.certificate import not_after_ms
from probes.net.certificate_names import certificate_names
from probes.tls import TlsContexts
from tests.integration.probes.conftest import Run, check, visit
from tests.integration.probes.endpoint import Handler, answers, closed_port, endpoint, hangs, says
from vedette.events.checks import CheckResult

DAY_MS = 86_400_000


class TrustingThis(TlsContexts):
    """Contexts whose authority is one certificate."""

    def __init__(self, authority: Path, *, quick: bool = True) -> None:
        super().__init__(quick=quick)
        self._authority = authority

    def verifying(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authority)


def test_a_self_signed_certificate_is_down(run: Run, server_tls: ssl.SSLContext) -> None:
    result = run(visit(answers(), tls=server_tls))
    assert result.outcome == "down"
    assert (result.error or "").startswith("tls_certificate: self-signed certificate")
    assert result.phases.connect is not None
    assert result.phases.tls is None


def test_without_verification_it_is_up_and_its_end_is_known(run: Run, server_tls: ssl.SSLContext) -> None:
    result = run(visit(answers(), tls=server_tls, verify_tls=False))
    assert (result.outcome, result.bytes) == ("up", 5)
    assert result.phases.tls is not None
    assert result.tls_expires is not None
    assert 29 * DAY_MS < result.tls_expires - result.started_ms <= 30 * DAY_MS


def test_a_certificate_of_a_known_authority_is_up(run: Run, server_tls: ssl.SSLContext, certificate: Path) -> None:
    result = run(visit(answers(body=b"x" * 100_000), tls=server_tls, trust=TrustingThis(certificate)))
    assert (result.outcome, result.bytes) == ("up", 100_000)


def test_a_certificate_for_another_name_is_down(
    run: Run, server_tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def script() -> CheckResult:
        async with endpoint(answers(), server_tls) as port:
            return await check(f"https://other.example:{port}/", TrustingThis(certificate))

    monkeypatch.setattr("probes.net.reach.resolve", here)
    result = run(script())
    assert (result.error or "").startswith("tls_certificate: Hostname mismatch")


@pytest.mark.parametrize(
    ("handler", "listens", "kind"),
    [(hangs(), True, "timeout_tls"), (says(b"HTTP/1.1 400 No\r\n\r\n"), False, "tls"), (says(b""), False, "tls")],
)
def test_a_server_that_speaks_no_tls_is_down_with_tls(run: Run, handler: Handler, listens: bool, kind: str) -> None:
    async def script() -> CheckResult:
        async with endpoint(handler, listens=listens) as port:
            return await check(f"https://127.0.0.1:{port}/", timeout_s=0.25 if kind.startswith("timeout") else 5.0)

    result = run(script())
    assert result.outcome == "down"
    assert (result.error or "").partition(":")[0] == kind


def test_a_refused_port_is_not_blamed_on_tls(run: Run) -> None:
    result = run(check(f"https://127.0.0.1:{closed_port()}/"))
    assert (result.error or "").startswith("connect_refused")


def test_an_answer_cut_off_within_tls_is_truncated(run: Run, server_tls: ssl.SSLContext) -> None:
    handler = says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    result = run(visit(handler, tls=server_tls, verify_tls=False))
    assert (result.error or "").startswith("truncated")


def test_an_answer_without_a_length_ends_with_the_session(run: Run, server_tls: ssl.SSLContext) -> None:
    result = run(visit(says(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"), tls=server_tls, verify_tls=False))
    assert (result.outcome, result.bytes) == ("up", 13)


def test_a_server_that_hangs_within_tls_ends_with_the_timeout(run: Run, server_tls: ssl.SSLContext) -> None:
    result = run(visit(hangs(), tls=server_tls, verify_tls=False, timeout_s=1.5))
    assert (result.error or "").startswith("timeout_ttfb")


def test_the_end_of_a_certificate_is_the_one_that_openssl_tells(certificate: Path) -> None:
    der = ssl.PEM_cert_to_DER_cert(certificate.with_suffix(".crt").read_text())
    command = ["openssl", "x509", "-enddate", "-noout", "-in", certificate.with_suffix(".crt")]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    end = datetime.strptime(text, "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    assert not_after_ms(der) == int(end.timestamp()) * 1000


def test_the_names_of_a_certificate_are_the_ones_that_it_was_made_with(tmp_path: Path) -> None:
    path = tmp_path / "named.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/O=Müller & Co/CN=shop.example", "-utf8", "-keyout", str(tmp_path / "key.pem")]
    command += ["-addext", "subjectAltName=DNS:shop.example,DNS:*.shop.example,IP:192.0.2.1,IP:2001:db8::1"]
    subprocess.run([*command, "-out", path], check=True, capture_output=True)
    der = ssl.PEM_cert_to_DER_cert(path.read_text())
    found = certificate_names(der)
    assert found is not None
    assert found.subject == found.issuer == "shop.example, Müller & Co"
    assert found.names == ("shop.example", "*.shop.example", "192.0.2.1", "2001:db8::1")
    assert 0 <= time.time() - found.not_before_ms / 1000 < 600
    assert certificate_names(der[:-1]) is None


def test_the_command_shows_whose_certificate_it_was(certificate: Path, server_tls: ssl.SSLContext) -> None:
    async def script() -> Looked:
        async with endpoint(answers(), server_tls) as port:
            fields = {"url": f"https://127.0.0.1:{port}/", "name": "test", "verify_tls": False}
            return await asyncio.to_thread(check_once, fields, "here")

    looked = asyncio.run(script())
    assert looked.certificate is not None
    assert looked.certificate.names == ("localhost", "127.0.0.1")
    assert (looked.address, looked.tls_version) == ("127.0.0.1", "TLSv1.3")
