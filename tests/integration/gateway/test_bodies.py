"""Bodies that cannot be read at all: refused as a whole with a clear error, by both intakes."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Literal

import pytest
import zstandard

from ingest_api.intake.bodies import INFLATION
from tests.integration.gateway.reports import fault, problem, report
from tests.integration.gateway.server import Gateway, Tail

What = Literal["samples", "checks"]
BODY = json.dumps([report()]).encode()
MEGABYTE = 1 << 20


@pytest.fixture(params=["samples", "checks"])
def what(request: pytest.FixtureRequest) -> What:
    """Either intake."""
    found: What = request.param
    return found


@pytest.fixture(autouse=True)
def _nothing_reaches_the_log(samples: Tail, checks: Tail) -> Iterator[None]:
    yield
    assert samples.read() == []
    assert checks.read() == []


@pytest.mark.parametrize(
    ("body", "near"),
    [
        (b"", "b''"),
        (b" ", "b' '"),
        (b"{", "b'{'"),
        (b"[{},]", "[{},]"),
        (b"nothing", "nothing"),
        (b'{"source": "web-1" "epoch": 1}', "epoch"),
        (b"\xff\xfe\xfa", r"\xff"),
        (b'{"source": "\xff"}', r"\xff"),
        (b"[" * 100_000, "[["),
        (b'{"values":' * 30_000, "values"),
        (b"\x1f\x8b", r"\x1f\x8b"),
    ],
)
def test_malformed_json_is_named_with_its_place(gateway: Gateway, what: What, body: bytes, near: str) -> None:
    found = fault(gateway.ingest(what, body), "body")
    assert near in found["value"]
    assert "valid JSON" in found["allowed"]


def test_deep_nesting_never_fails_the_gateway(gateway: Gateway, what: What) -> None:
    for depth in range(900, 1000, 7):
        for opening, closing in ((b"[", b"]"), (b'{"source":', b"}")):
            answer = gateway.ingest(what, opening * depth + b"1" + closing * depth)
            assert answer.status_code in {202, 422}
            assert answer.status_code == 422 or answer.json()["accepted"] == 0


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "nonsense"])
def test_an_unknown_encoding_is_named(gateway: Gateway, what: What, encoding: str) -> None:
    found = fault(gateway.ingest(what, BODY, Content_Encoding=encoding), "Content-Encoding")
    assert (found["value"], found["allowed"]) == (repr(encoding), "gzip, zstd, identity")


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "no gzip at all": ("gzip", BODY, "gzip data"),
    "nothing as gzip": ("gzip", b"", "ends too early"),
    "gzip cut off": ("gzip", gzip.compress(BODY)[:-9], "ends too early"),
    "gzip without its checksum": ("gzip", gzip.compress(BODY)[:-8], "ends too early"),
    "gzip with a wrong checksum": ("gzip", gzip.compress(BODY)[:-8] + b"\0" * 8, "gzip data"),
    "zlib as gzip": ("gzip", zlib.compress(BODY), "gzip data"),
    "gzip twice": ("gzip", gzip.compress(BODY) * 2, "bytes follow"),
    "no zstd at all": ("zstd", BODY, "zstd data"),
    "nothing as zstd": ("zstd", b"", "ends too early"),
    "zstd cut off": ("zstd", zstandard.compress(BODY)[:-5], "ends too early"),
    "zstd twice": ("zstd", zstandard.compress(BODY) * 2, "bytes follow"),
    "zstd and then something": ("zstd", zstandard.compress(BODY) + b"\0" * 5_000, "5000 bytes follow"),
    "gzip as zstd": ("zstd", gzip.compress(BODY), "zstd data"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_packing_is_named(gateway: Gateway, what: What, broken: str) -> None:
    encoding, body, allowed = BROKEN[broken]
    assert allowed in fault(gateway.ingest(what, body, Content_Encoding=encoding), "body")["allowed"]


def test_a_body_above_the_limit_is_refused_by_its_declared_length(gateway: Gateway, what: What) -> None:
    limit = gateway.settings.body_limit_mb * MEGABYTE
    found = problem(gateway.ingest(what, b" " * (limit + 1)), 413, "too-large")
    assert str(limit) in found["detail"]


def test_a_body_above_the_limit_is_refused_though_it_declares_no_length(gateway: Gateway, what: What) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(gateway.settings.body_limit_mb + 1):
            yield b" " * MEGABYTE

    answer = gateway.call("POST", f"/v1/ingest/{what}", "ingest", content=pieces())
    assert "the request's body is larger" in problem(answer, 413, "too-large")["detail"]


def test_a_body_in_pieces_within_the_limit_is_read(gateway: Gateway, what: What) -> None:
    pieces = iter([b" " * MEGABYTE, b"[", b"]"])
    assert gateway.call("POST", f"/v1/ingest/{what}", "ingest", content=pieces).status_code == 202


def test_bombs_are_refused(gateway: Gateway, what: What) -> None:
    unpacked = gateway.settings.body_limit_mb * MEGABYTE * INFLATION + 1
    bombs = {"gzip": gzip.compress(b" " * unpacked, 1), "zstd": zstandard.compress(b" " * unpacked)}
    for encoding, bomb in bombs.items():
        answer = gateway.ingest(what, bomb, Content_Encoding=encoding)
        assert "the unpacked body is larger" in problem(answer, 413, "too-large")["detail"]
