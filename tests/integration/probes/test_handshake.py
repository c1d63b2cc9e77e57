"""TLS servers of good and of bad kinds."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from probes.tls import TlsContexts
from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import Handler, closed_port, endpoint, hangs, says
from tests.integration.probes.test_tls import TrustingThis
from vedette.events.checks import CheckResult


async def shake(context: ssl.SSLContext | None, trust: TlsContexts, handler: Handler, **fields: Any) -> CheckResult:
    """One TLS check of a server that then behaves like `handler`."""
    async with endpoint(handler, context, listens=False) as port:
        fields.setdefault("timeout_s", 5.0)
        return await check(f"tls://127.0.0.1:{port}", trust, kind="tls", **fields)


def test_a_trusted_certificate_of_that_name_is_up(run: Run, server_tls: ssl.SSLContext, certificate: Path) -> None:
    result = run(shake(server_tls, TrustingThis(certificate), hangs()))
    assert (result.outcome, result.error) == ("up", None)
    assert result.phases.tls is not None
    assert result.tls_expires is not None


def test_a_certificate_of_nobody_is_down(run: Run, server_tls: ssl.SSLContext) -> None:
    result = run(shake(server_tls, TlsContexts(), hangs()))
    assert (result.error or "").startswith("tls_certificate: self-signed")


def test_the_name_that_is_asked_for_may_be_another(run: Run, server_tls: ssl.SSLContext, certificate: Path) -> None:
    assert run(shake(server_tls, TrustingThis(certificate), hangs(), server_name="localhost")).outcome == "up"
    wrong = run(shake(server_tls, TrustingThis(certificate), hangs(), server_name="other.example"))
    assert (wrong.error or "").startswith("tls_certificate: Hostname mismatch")


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"certificate_degraded_days": 29}, "up"),
        ({"certificate_degraded_days": 31}, "degraded"),
        ({"certificate_degraded_days": 60, "certificate_down_days": 29}, "degraded"),
        ({"certificate_degraded_days": 60, "certificate_down_days": 31}, "down"),
    ],
)
def test_a_certificate_that_ends_soon_is_told_in_time(
    run: Run, server_tls: ssl.SSLContext, limits: dict[str, float], outcome: str
) -> None:
    result = run(shake(server_tls, TlsContexts(), hangs(), verify_tls=False, **limits))
    assert result.outcome == outcome
    assert (result.error or "certificate_days").startswith("certificate_days")


def expired(folder: Path) -> Path:
    """A certificate whose time is over, and its key; the certificate alone beside it as `.crt`."""
    text = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
    text += "new_certs_dir=.\nx509_extensions=v\n[p]\ncommonName=supplied\n"
    text += "[v]\nsubjectAltName=IP:127.0.0.1\n[req]\ndistinguished_name=n\n[n]\n"
    (folder / "config").write_text(text)
    (folder / "index").write_text("")
    asking = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key"]
    signing = ["ca", "-batch", "-notext", "-selfsign", "-in", "csr", "-keyfile", "key", "-out", "old.crt"]
    signing += ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
    for command in ([*asking, "-subj", "/CN=localhost", "-out", "csr"], signing):
        subprocess.run(["openssl", *command, "-config", "config"], cwd=folder, check=True, capture_output=True)
    path = folder / "old.pem"
    path.write_bytes((folder / "key").read_bytes() + (folder / "old.crt").read_bytes())
    return path


def test_an_expired_certificate_is_down_verified_or_not(run: Run, tmp_path: Path) -> None:
    path = expired(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    trusted = run(shake(context, TrustingThis(path.with_suffix(".crt")), hangs()))
    assert (trusted.error or "").startswith("tls_certificate: certificate has expired")
    unverified = run(shake(context, TlsContexts(), hangs(), verify_tls=False, certificate_down_days=0))
    assert (unverified.error or "").startswith("certificate_days: -")


@pytest.mark.parametrize(
    ("handler", "error"),
    [(says(b"SSH-2.0-x\r\n"), "tls: "), (says(b""), "tls: "), (hangs(), "timeout_tls")],
)
def test_a_server_without_tls_is_down(run: Run, handler: Handler, error: str) -> None:
    result = run(shake(None, TlsContexts(), handler, timeout_s=0.25 if error.startswith("timeout") else 5.0))
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)


def test_a_closed_port_is_not_blamed_on_tls(run: Run) -> None:
    result = run(check(f"tls://127.0.0.1:{closed_port()}", kind="tls"))
    assert (result.error or "").startswith("connect_refused")
