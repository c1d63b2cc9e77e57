"""gRPC servers that tell their health, truly or not: grpcio's own, and ones that misbehave."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import answers, closed_port, endpoint
from tests.integration.probes.second import Asked, Script, says2, second_endpoint, sends
from tests.integration.probes.test_http2_faults import drop, goaway, hang
from tests.integration.probes.test_tls import TrustingThis
from vedette.events.checks import CheckResult

STATUS = health_pb2.HealthCheckResponse
SERVICES = {
    "": STATUS.SERVING,
    "shop.Orders": STATUS.SERVING,
    "shop.Stock": STATUS.NOT_SERVING,
    "shop.New": STATUS.UNKNOWN,
}


@contextlib.contextmanager
def grpc_server(certificate: Path | None = None, *, healthy: bool = True) -> Iterator[int]:
    """grpcio's server with its health service on a loopback port."""
    pool = ThreadPoolExecutor(2)
    server = grpc.server(pool)
    if healthy:
        servicer = health.HealthServicer(experimental_non_blocking=False)
        for service, status in SERVICES.items():
            servicer.set(service, status)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if certificate is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        key_and_chain = (certificate.read_bytes(), certificate.with_suffix(".crt").read_bytes())
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([key_and_chain]))
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()
        pool.shutdown()


def ask(run: Run, port: int, service: str = "", scheme: str = "grpc", **fields: Any) -> CheckResult:
    return run(
        check(f"{scheme}://127.0.0.1:{port}", **{"kind": "grpc", "service": service, "timeout_s": 5.0, **fields})
    )


@pytest.mark.parametrize(
    ("service", "outcome", "error", "code"),
    [
        ("", "up", None, 0),
        ("shop.Orders", "up", None, 0),
        ("shop.Stock", "down", "answer: shop.Stock is NOT_SERVING", 0),
        ("shop.New", "down", "answer: shop.New is UNKNOWN", 0),
        ("shop.None", "down", "answer: grpc-status 5 (NOT_FOUND):", 5),
    ],
)
def test_a_server_is_as_well_as_it_says(run: Run, service: str, outcome: str, error: str | None, code: int) -> None:
    with grpc_server() as port:
        result = ask(run, port, service)
    assert (result.outcome, (result.error or "").rstrip()) == (outcome, error or "")
    assert (result.status, result.http_version) == (code, "2")
    assert None not in {result.phases.connect, result.phases.ttfb}


def test_over_tls_the_certificate_is_verified_and_its_end_known(run: Run, certificate: Path) -> None:
    with grpc_server(certificate) as port:
        refused = ask(run, port, scheme="grpcs")
        trusted = run(check(f"grpcs://127.0.0.1:{port}", TrustingThis(certificate), kind="grpc", timeout_s=5.0))
        blind = ask(run, port, scheme="grpcs", verify_tls=False)
    assert (refused.outcome, (refused.error or "").partition(":")[0]) == ("down", "tls_certificate")
    assert [result.outcome for result in (trusted, blind)] == ["up", "up"]
    assert trusted.phases.tls is not None
    assert trusted.tls_expires is not None


def test_a_server_without_the_health_service_is_down_and_says_why(run: Run) -> None:
    with grpc_server(healthy=False) as port:
        result = ask(run, port)
    assert (result.outcome, result.status) == ("down", 12)
    assert (result.error or "").startswith("answer: grpc-status 12 (UNIMPLEMENTED): ")


def test_a_port_where_nothing_listens_is_down(run: Run) -> None:
    assert (ask(run, closed_port()).error or "").partition(":")[0] == "connect_refused"


def test_a_server_of_http1_alone_is_down(run: Run) -> None:
    async def script() -> CheckResult:
        async with endpoint(answers()) as port:
            return await check(f"grpc://127.0.0.1:{port}", kind="grpc", timeout_s=5.0)

    assert run(script()).error == "protocol: the server speaks HTTP/1, not HTTP/2"


def says_grpc(message: bytes, *trailers: tuple[str, str]) -> Script:
    """A gRPC server with these bytes as its message."""

    async def script(asked: Asked) -> None:
        assert asked.header(":path") == "/grpc.health.v1.Health/Check"
        assert (asked.header("te"), asked.header("content-type")) == ("trailers", "application/grpc")
        asked.answer("200", ("content-type", "application/grpc"), body=message, end=False)
        if trailers:
            asked.connection.send_headers(1, trailers, end_stream=True)
        else:
            asked.connection.end_stream(1)

    return script


GOOD = b"\0\0\0\0\2\x08\1"
OK, AWAY = ("grpc-status", "0"), ("grpc-status", "14")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (says_grpc(GOOD, OK), None),
        (says_grpc(b"\0\0\0\0\x0b\x12\2hi\x08\1\x1d\1\2\3\4", OK), None),  # fields of a newer server
        (says_grpc(b"\0\0\0\0\0", OK), "answer: the server is UNKNOWN"),
        (says_grpc(b"\0\0\0\0\2\x08\7", OK), "answer: the server is status 7"),
        (says_grpc(GOOD[:6], OK), "protocol: no health message"),
        (says_grpc(b"", OK), "protocol: no health message: 0 bytes"),
        (says_grpc(b"\1\0\0\0\2\x08\1", OK), "protocol: no health message: a compressed"),
        (says_grpc(b"\0\0\0\0\2\x08\xff", OK), "protocol: no health message: a number is cut"),
        (says_grpc(b"\0\0\0\0\2\x12\x7f", OK), "protocol: no health message: a field is longer"),
        (says_grpc(b"\0\0\0\0\2\x0b\1", OK), "protocol: no health message: a field of the wire type 3"),
        (says_grpc(GOOD), "protocol: no grpc-status in an answer of the type application/grpc"),
        (says_grpc(GOOD, ("grpc-status", "x")), "protocol: grpc-status is 'x'"),
        (
            says_grpc(b"", AWAY, ("grpc-message", "try%20later")),
            "answer: grpc-status 14 (UNAVAILABLE): try later",
        ),
        (says_grpc(b"", ("grpc-status", "99")), "answer: grpc-status 99 (unknown)"),
        (says2("502", ("content-type", "text/html")), "status: 502"),
        (says2("200", ("content-type", "text/html")), "protocol: no grpc-status in an answer of the type text/html"),
        (hang, "timeout_ttfb"),
        (drop, "truncated"),
        (sends(goaway(0, 0)), "truncated: the server ended the connection"),
    ],
)
def test_only_a_whole_and_good_answer_is_up(run: Run, script: Script, error: str | None) -> None:
    async def one() -> CheckResult:
        async with second_endpoint(script) as port:
            timeout_s = 0.4 if (error or "").startswith("timeout") else 5.0
            return await check(f"grpc://127.0.0.1:{port}", kind="grpc", timeout_s=timeout_s)

    result = run(one())
    assert result.outcome == ("up" if error is None else "down")
    assert (result.error or "").startswith(error or "")
    assert (result.evidence or {}).get("http_version") == (None if error is None else "2")
