"""Certificates that are bad in ways of their own, and what two handshakes with one server share: nothing."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from probes.tls import TlsContexts
from tests.integration.probes.conftest import Run, check, visit
from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.test_tls import TrustingThis
from vedette.events.checks import CheckResult

CONFIG = """
[ca]
default_ca=d
[d]
database=index
rand_serial=yes
default_md=sha256
unique_subject=no
policy=p
new_certs_dir=.
[p]
commonName=supplied
[req]
distinguished_name=n
[n]
[authority]
basicConstraints=critical,CA:true
[good]
subjectAltName=IP:127.0.0.1
[client]
subjectAltName=IP:127.0.0.1
extendedKeyUsage=clientAuth
[nameless]
basicConstraints=CA:false
"""
PAST, NOW, FUTURE, FAR = "20200101000000Z", "20240101000000Z", "20900101000000Z", "20990101000000Z"


class Authority:
    """A certificate authority of its own in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "config").write_text(CONFIG)
        (folder / "index").write_text("")
        self.certificate = self._signed("authority", "authority", PAST, FAR, own=True)

    def server(self, extension: str = "good", start: str = NOW, end: str = FAR) -> ssl.SSLContext:
        """A server's side of TLS with a certificate that this authority signed."""
        path = self._signed("leaf", extension, start, end)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, self._folder / "leaf.key")
        return context

    def _signed(self, name: str, extension: str, start: str, end: str, *, own: bool = False) -> Path:
        asking = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        asking += ["-keyout", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr"]
        signing = ["ca", "-batch", "-notext", "-in", f"{name}.csr", "-out", f"{name}.crt", "-extensions", extension]
        signing += ["-startdate", start, "-enddate", end, "-keyfile", "authority.key"]
        signing += ["-selfsign"] if own else ["-cert", "authority.crt"]
        for command in (asking, signing):
            line = ["openssl", *command, "-config", "config"]
            subprocess.run(line, cwd=self._folder, check=True, capture_output=True)
        return self._folder / f"{name}.crt"


@pytest.mark.parametrize(
    ("extension", "start", "end", "error"),
    [
        ("good", NOW, FAR, None),
        ("good", FUTURE, FAR, "tls_certificate: certificate is not yet valid"),
        ("good", PAST, NOW, "tls_certificate: certificate has expired"),
        ("client", NOW, FAR, "tls_certificate: unsuitable certificate purpose"),
        ("nameless", NOW, FAR, "tls_certificate: IP address mismatch"),
    ],
)
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
