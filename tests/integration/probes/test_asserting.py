"""Answers that are complete but not right, slow ones, and what the requests for them carry."""

from __future__ import annotations

import asyncio
import gzip
import time
from typing import Any

import msgspec
import pytest

from probes.credentials import BasicAuth, BearerAuth
from probes.monitors import Monitor
from tests.integration.probes.conftest import Run, visit
from tests.integration.probes.endpoint import Handler, answers, floods, routes, says
from vedette.events.checks import CheckResult

JSON = answers("200 OK", "Content-Type: application/json", "X-Tag: a", "X-Tag: b", body=b'{"ok": true, "n": [7]}')
PACKED = gzip.compress(b'{"ok": true}')
ZIPPED = answers("200 OK", "Content-Encoding: gzip", body=PACKED)
BOMB = answers("200 OK", "Content-Encoding: gzip", body=gzip.compress(b"x" * (80 << 20)))


def asserting(*assertions: dict[str, Any]) -> dict[str, Any]:
    """The fields of a monitor with these assertions, as a probe reads them."""
    raw = msgspec.json.encode({"id": 1, "name": "m", "url": "http://x/", "assertions": assertions})
    return {"assertions": msgspec.json.decode(raw, type=Monitor).assertions}


HEADER = {"type": "header", "name": "X-Tag", "op": "equals", "value": "b"}
BODY = {"type": "body", "op": "regex", "value": r'"n": *\[\d+\]'}
VALUE = {"type": "json", "path": "$.n[0]", "op": ">=", "value": 7}
ALL = {"type": "json", "path": "$.*[?@ > 6]", "op": "==", "value": 7}
NONE = {"type": "json", "path": "$[?@ == false]", "op": "absent"}
SIZE = {"type": "size", "min_bytes": 10, "max_bytes": 100}


@pytest.mark.parametrize("handler", [JSON], ids=["json"])
def test_an_answer_that_holds_all_is_up(run: Run, handler: Handler) -> None:
    result = run(visit(handler, **asserting(HEADER, BODY, VALUE, SIZE)))
    assert (result.outcome, result.error) == ("up", None)


@pytest.mark.parametrize(
    ("assertion", "error"),
    [
        (HEADER | {"value": "c"}, "assertion: header x-tag is 'a', not equals 'c'"),
        (HEADER | {"name": "X-None"}, "assertion: header x-none is missing"),
        (BODY | {"value": "sorry"}, "assertion: body does not match 'sorry'"),
        (BODY | {"op": "not_contains", "value": "ok"}, "assertion: body contains 'ok'"),
        (VALUE | {"op": "<"}, "assertion: json $.n[0] is 7, not < 7"),
        (VALUE | {"path": "$.missing"}, "assertion: json $.missing does not exist"),
        (ALL | {"op": "!="}, "assertion: json $.*[?@ > 6] is 7, not != 7"),
        (NONE | {"path": "$[?@ == true]"}, "assertion: json $[?@ == true] is true, not absent"),
        (SIZE | {"min_bytes": 90}, "assertion: body has 22 bytes, fewer than 90"),
    ],
)
@pytest.mark.parametrize("severity", ["down", "degraded"])
def test_what_does_not_hold_decides_with_its_severity(
    run: Run, assertion: dict[str, Any], error: str, severity: str
) -> None:
    result = run(visit(JSON, **asserting(HEADER, assertion | {"severity": severity})))
    assert (result.outcome, result.error) == (severity, error)
    assert result.evidence is not None
    assert result.evidence["first_bytes"].startswith('{"ok"')
    assert "x-tag: a" in result.evidence["headers"]


def test_a_compressed_body_is_unpacked_for_its_assertions(run: Run) -> None:
    result = run(visit(ZIPPED, **asserting({"type": "json", "path": "$.ok", "op": "==", "value": True})))
    assert (result.outcome, result.bytes) == ("up", len(PACKED))


def test_a_bomb_of_a_body_is_unpacked_only_so_far(run: Run) -> None:
    result = run(visit(BOMB, **asserting({"type": "body", "op": "not_contains", "value": "y"})))
    assert result.outcome == "up"


PATTERNS = ["^(a+)+$", "(a?){900}b", "(?:a|b|ab){1,1000}c"]
QUERIES = ["$..*..*..*", "$..[?count($..*) > 1 && count($..*) > 2]", "$..[?search(@, '(a?){900}b')]"]
NESTED = b"[" * 400 + b'"' + b"a" * 400_000 + b'"' + b"]" * 400


@pytest.mark.parametrize(
    ("body", "assertion", "error"),
    [
        *(
            (b"a" * 900_000 + b"!", {"type": "body", "op": "regex", "value": each}, "does not match")
            for each in PATTERNS
        ),
        *((NESTED, {"type": "json", "path": each, "op": "exists"}, "more than 500000 looks") for each in QUERIES),
    ],
)
def test_a_pattern_or_path_that_would_explode_elsewhere_holds_nobody_up(
    run: Run, body: bytes, assertion: dict[str, Any], error: str
) -> None:
    async def script() -> CheckResult:
        looking = asyncio.ensure_future(visit(answers(body=body), **asserting(assertion)))
        longest, last = 0.0, time.monotonic()
        while not looking.done():
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        assert longest < 1.0  # a busy machine may take a moment; the search alone would take half a minute
        return await looking

    begin = time.monotonic()
    result = run(script())
    assert (result.error or "").startswith("assertion: ")
    assert error in (result.error or "")
    assert time.monotonic() - begin < 15


def test_a_body_that_never_ends_is_searched_as_far_as_it_was_read(run: Run) -> None:
    endless = floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nspam\r\n")
    found = run(visit(endless, body_limit_bytes=1000, **asserting({"type": "body", "op": "contains", "value": "spam"})))
    assert (found.outcome, (found.error or "").partition(":")[0]) == ("degraded", "body_too_large")
    lacking = run(visit(endless, body_limit_bytes=1000, **asserting(VALUE)))
    assert lacking.error == "assertion: the body is longer than body_limit_bytes"


def test_no_assertion_is_judged_on_an_answer_that_is_bad_already(run: Run) -> None:
    assert run(visit(answers("500 Oops"), **asserting(VALUE))).error == "status: 500"
    assert (run(visit(says(b""), **asserting(VALUE))).error or "").startswith("truncated")


async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
    """An answer after a while."""
    await asyncio.sleep(0.12)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"degraded_above_ms": 4000}, "up"),
        ({"degraded_above_ms": 50}, "degraded"),
        ({"degraded_above_ms": 50, "down_above_ms": 4000}, "degraded"),
        ({"degraded_above_ms": 50, "down_above_ms": 80}, "down"),
    ],
)
def test_a_slow_answer_is_degraded_above_one_limit_and_down_above_another(
    run: Run, limits: dict[str, int], outcome: str
) -> None:
    result = run(visit(slow, **limits))
    assert result.outcome == outcome
    assert (result.error or "too_slow").startswith("too_slow")


def test_a_body_and_credentials_travel_and_the_body_ends_where_a_redirect_turns_to_get(run: Run) -> None:
    heads: list[bytes] = []

    async def remember(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.1 303 See\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n" if len(heads) == 1 else OK)

    site = routes(login=remember, next=remember)
    auth = BasicAuth("u", "pä")
    result = run(visit(site, "/login", method="POST", body='{"a": "ü"}', auth=auth))
    assert result.outcome == "up"
    assert heads[0].startswith(b"POST /login ")
    assert b"\r\nAuthorization: Basic dTpww6Q=\r\n" in heads[0]
    assert b"\r\nContent-Length: 11\r\n" in heads[0]
    assert heads[1].startswith(b"GET /next ")
    assert b"Content-Length" not in heads[1]


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_the_evidence_of_a_server_that_echoes_holds_no_secrets(run: Run) -> None:
    async def echo(head: bytes, writer: asyncio.StreamWriter) -> None:
        body = b"you sent " + head
        writer.write(
            b"HTTP/1.1 500 No\r\nSet-Cookie: session=abcdef\r\nX-Echo: " + head.split(b"X-Key: ")[1][:7] + b"\r\n"
        )
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    auth = BearerAuth("t0ken-t0ken")
    result = run(visit(echo, headers={"X-Key": "hunter2"}, auth=auth))
    assert result.evidence is not None
    text = str(result.evidence)
    assert result.evidence["status"] == "500"
    assert "you sent GET / HTTP/1.1" in text
    assert "***" in text
    assert not any(secret in text for secret in ("hunter2", "t0ken-t0ken", "abcdef"))
