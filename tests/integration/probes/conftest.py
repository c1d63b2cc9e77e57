"""A certificate and the two event loops."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from probes.kinds import run_check
from probes.monitors import Monitor
from probes.net import rustls
from probes.tls import TlsContexts
from tests.integration.probes.authority import Authority
from tests.integration.probes.endpoint import Handler, endpoint
from vedette.clock import SystemClock
from vedette.events.checks import CheckResult

Run = Callable[[Coroutine[Any, Any, CheckResult]], CheckResult]


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on the loop that probes use, and on the one that everybody has."""
    return uvloop.run if request.param == "uvloop" else asyncio.run


@pytest.fixture(scope="session")
def quick() -> None:
    """Skips where the quick TLS engine was not built; fails in CI."""
    if rustls.client() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the quick TLS engine is not here: make native")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate authority of the test's own."""
    return Authority(tmp_path)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost and 127.0.0.1, with its key, valid for 30 days."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", path, "-out", path.with_suffix(".crt")], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture(scope="session")
def server_tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def visit(
    handler: Handler,
    path: str = "/",
    *,
    tls: ssl.SSLContext | None = None,
    trust: TlsContexts | None = None,
    **fields: Any,
) -> CheckResult:
    """The result of one check of an endpoint that behaves like `handler`."""
    async with endpoint(handler, tls) as port:
        scheme = "http" if tls is None else "https"
        fields.setdefault("timeout_s", 5.0)
        return await check(f"{scheme}://127.0.0.1:{port}{path}", trust, **fields)


async def check(url: str, trust: TlsContexts | None = None, **fields: Any) -> CheckResult:
    """The result of one check of `url`."""
    monitor = Monitor(id=1, name="m", url=url, **fields)
    return await run_check(
        monitor, location="local", scheduled_ms=1_700_000_000_000, clock=SystemClock(), tls=trust or TlsContexts()
    )
