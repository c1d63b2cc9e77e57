"""Endpoints over HTTP/2: the same answers, phases, limits and redirects as over HTTP/1.1."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from probes.credentials import BasicAuth
from probes.http.request import user_agent
from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import Handler, answers, endpoint, says
from tests.integration.probes.engines import RUSTLS, Knowing, looking
from tests.integration.probes.second import Asked, Script, frame, says2, second_endpoint, second_tls
from tests.integration.probes.test_asserting import asserting
from vedette.events.checks import CheckResult


async def look(script: Script, path: str = "/", *, tls: ssl.SSLContext | None = None, **fields: Any) -> CheckResult:
    """One check over HTTP/2: forced without TLS, and as `fields` say with it."""
    async with second_endpoint(script, tls) as port:
        if tls is None:
            fields.setdefault("http_version", "2")
        scheme = "http" if tls is None else "https"
        return await check(f"{scheme}://127.0.0.1:{port}{path}", **{"timeout_s": 5.0, "verify_tls": False, **fields})


@pytest.fixture(scope="session")
def both(certificate: Path) -> ssl.SSLContext:
    """A server that chooses HTTP/2 where it is offered."""
    return second_tls(certificate, "h2", "http/1.1")


@pytest.mark.usefixtures("quick")
def test_the_quick_engine_brings_it_too(certificate: Path, both: ssl.SSLContext) -> None:
    async def script() -> None:
        trust = Knowing(certificate)
        async with second_endpoint(says2(body=b"x" * 60_000), both) as port:
            result = await looking(trust, port, verify_tls=False)()
        assert (result.outcome, result.http_version, result.bytes) == ("up", "2", 60_000)
        assert trust.spoke == [RUSTLS]

    asyncio.run(script())


@pytest.mark.parametrize(
    ("script", "status", "size"),
    [
        (says2(), 200, 5),
        (says2(body=b""), 200, 0),
        (says2(body=b"x" * 60_000), 200, 60_000),
        (says2("204", body=b""), 204, 0),
        (says2("200", ("content-length", "5")), 200, 5),
    ],
)
def test_a_complete_answer_is_up(run: Run, script: Script, status: int, size: int) -> None:
    result = run(look(script))
    assert (result.outcome, result.error, result.status, result.bytes) == ("up", None, status, size)
    assert result.http_version == "2"
    phases = result.phases
    assert phases.tls is None
    assert None not in {phases.connect, phases.ttfb, phases.transfer}
    assert (phases.connect or 0) + (phases.ttfb or 0) + (phases.transfer or 0) <= result.total_ms


def test_over_tls_the_server_s_choice_is_spoken_and_told(run: Run, both: ssl.SSLContext) -> None:
    result = run(look(says2(), tls=both))
    assert (result.outcome, result.http_version, result.bytes) == ("up", "2", 5)
    assert result.phases.tls is not None
    assert result.tls_expires is not None


@pytest.mark.parametrize("protocols", [(), ("http/1.1",)])
def test_where_the_server_has_no_http2_the_older_version_is_spoken(
    run: Run, certificate: Path, protocols: tuple[str, ...]
) -> None:
    async def script() -> CheckResult:
        async with endpoint(answers(), second_tls(certificate, *protocols)) as port:
            return await check(f"https://127.0.0.1:{port}/", verify_tls=False)

    result = run(script())
    assert (result.outcome, result.http_version) == ("up", "1.1")


def test_a_monitor_that_wants_the_older_version_offers_nothing_else(run: Run, certificate: Path) -> None:
    async def script() -> CheckResult:
        async with endpoint(answers(), second_tls(certificate, "h2", "http/1.1")) as port:
            return await check(f"https://127.0.0.1:{port}/", verify_tls=False, http_version="1.1")

    result = run(script())
    assert (result.outcome, result.http_version) == ("up", "1.1")


@pytest.mark.parametrize("handler", [answers(), says(b"HTTP/1.1 400 No\r\n\r\n")])
def test_a_server_without_http2_is_down_where_it_is_wanted(run: Run, certificate: Path, handler: Handler) -> None:
    async def script(tls: ssl.SSLContext | None) -> CheckResult:
        async with endpoint(handler, tls) as port:
            scheme = "http" if tls is None else "https"
            return await check(f"{scheme}://127.0.0.1:{port}/", verify_tls=False, http_version="2", timeout_s=5.0)

    assert (run(script(None)).error or "").startswith("protocol: the server speaks HTTP/1")
    secured = run(script(second_tls(certificate, "http/1.1")))
    assert secured.error == "protocol: the server does not speak HTTP/2 (it chose nothing)"


def test_the_request_is_the_same_as_over_the_older_version(run: Run) -> None:
    seen: list[Asked] = []

    async def remember(asked: Asked) -> None:
        seen.append(asked)
        asked.answer("200")

    body = "ä" * 60_000  # more than a window
    fields: dict[str, Any] = {"method": "POST", "body": body, "headers": {"X-Key": "v", "Host": "shop.example"}}
    assert run(look(remember, "/a?b=c", auth=BasicAuth("u", "p"), **fields)).outcome == "up"
    (asked,) = seen
    wanted = {":method": "POST", ":scheme": "http", ":authority": "shop.example", ":path": "/a?b=c", "x-key": "v"}
    wanted |= {"authorization": "Basic dTpw", "user-agent": user_agent(), "content-length": "120000"}
    assert {name: asked.header(name) for name in wanted} == wanted
    assert asked.body == body.encode()
    assert not {"host", "connection", "cookie"} & {name for name, _ in asked.headers}


def test_redirects_are_followed_and_what_they_set_is_forgotten(run: Run) -> None:
    seen: list[Asked] = []

    async def moving(asked: Asked) -> None:
        seen.append(asked)
        if asked.header(":path") == "/":
            asked.answer("302", ("location", "/next"), ("set-cookie", "session=1"), body=b"moved")
        else:
            asked.answer("200", body=b"here at last")

    result = run(look(moving))
    assert (result.outcome, result.bytes) == ("up", 12)
    assert [asked.header("cookie") for asked in seen] == [None, None]
    assert (run(look(moving, max_redirects=0)).error or "") == "status: 302"


@pytest.mark.parametrize(
    ("assertion", "error"),
    [
        ({"type": "body", "op": "contains", "value": "hello"}, None),
        ({"type": "body", "op": "contains", "value": "bye"}, "assertion: body lacks 'bye'"),
        ({"type": "header", "name": "X-Tag", "op": "equals", "value": "b"}, None),
        ({"type": "header", "name": "X-Tag", "op": "equals", "value": "c"}, "assertion: header x-tag is 'a', not"),
        ({"type": "size", "max_bytes": 4}, "assertion: body has 5 bytes"),
    ],
)
def test_assertions_hold_or_do_not(run: Run, assertion: dict[str, Any], error: str | None) -> None:
    result = run(look(says2("200", ("x-tag", "a"), ("x-tag", "b")), **asserting(assertion)))
    assert result.outcome == ("up" if error is None else "down")
    assert (result.error or "").startswith(error or "")


def test_the_evidence_shows_the_answer_and_no_secret(run: Run) -> None:
    result = run(look(says2("500", ("x-echo", "hunter2"), body=b"oops hunter2"), headers={"X-Key": "hunter2"}))
    assert result.error == "status: 500"
    assert result.evidence is not None
    assert result.evidence["http_version"] == "2"
    assert result.evidence["headers"] == "x-echo: ***"
    assert result.evidence["first_bytes"] == "oops ***"


def test_a_head_request_ends_with_the_head(run: Run) -> None:
    async def slow(asked: Asked) -> None:
        asked.answer("200", ("content-length", "1000"), end=False)
        await asked.flush()
        await asyncio.Event().wait()

    result = run(look(slow, method="HEAD"))
    assert (result.outcome, result.bytes) == ("up", 0)


def test_a_server_may_say_goodbye_and_hint_before_it_answers(run: Run) -> None:
    async def parting(asked: Asked) -> None:
        await asked.raw(frame(7, (1).to_bytes(4, "big") + b"\0\0\0\0", stream=0))
        asked.connection.send_headers(1, [(":status", "103"), ("link", "x")])
        asked.answer("200", body=b"ok")

    result = run(look(parting))
    assert (result.outcome, result.error, result.bytes) == ("up", None, 2)
