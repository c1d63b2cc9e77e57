"""Certificates that are bad in ways of their own, and what two handshakes with one server share: nothing."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from probes.tls import TlsContexts
from tests.integration.probes.authority import FAR, FUTURE, NOW, PAST, Authority
from tests.integration.probes.conftest import Run, check, visit
from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.test_tls import TrustingThis
from vedette.events.checks import CheckResult

CASES = [
    ("good", NOW, FAR, None),
    ("good", FUTURE, FAR, "tls_certificate: certificate is not yet valid"),
    ("good", PAST, NOW, "tls_certificate: certificate has expired"),
    ("client", NOW, FAR, "tls_certificate: unsuitable certificate purpose"),
    ("nameless", NOW, FAR, "tls_certificate: IP address mismatch"),
]
"""Extension, start and end of a certificate, and what is wrong with it."""


@pytest.mark.parametrize(("extension", "start", "end", "error"), CASES)
def test_a_certificate_is_as_good_as_a_browser_would_find_it(
    run: Run, tmp_path: Path, extension: str, start: str, end: str, error: str | None
) -> None:
    authority = Authority(tmp_path)
    trust = TrustingThis(authority.certificate)
    result = run(visit(answers(), tls=authority.server(extension, start, end), trust=trust))
    assert result.outcome == ("up" if error is None else "down")
    assert (result.error or "").startswith(error or "")
    unverified = run(visit(answers(), tls=authority.server(extension, start, end), verify_tls=False))
    assert unverified.outcome == "up"


def test_a_chain_that_leads_to_nobody_we_know_is_down(run: Run, tmp_path: Path) -> None:
    result = run(visit(answers(), tls=Authority(tmp_path).server(), trust=TlsContexts()))
    assert (result.error or "").startswith("tls_certificate: unable to get local issuer certificate")


def test_each_check_makes_a_whole_handshake(run: Run, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trust = TrustingThis(certificate)

    async def script() -> CheckResult:
        async with endpoint(answers(), context) as port:
            for _ in range(2):
                await check(f"https://127.0.0.1:{port}/", trust)
            return await check(f"https://127.0.0.1:{port}/", trust)

    assert run(script()).phases.tls is not None
    stats = context.session_stats()
    assert (stats["accept_good"], stats["hits"]) == (3, 0)
