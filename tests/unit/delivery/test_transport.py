"""Transports: what the gateway's answers mean, and what the log gets."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from pydantic import SecretStr

from vedette.delivery import Receipt, Report, open_transport
from vedette.delivery.logged import to_message
from vedette.delivery.transport import HttpTransport
from vedette.errors import (
    ConfigurationError,
    InvalidInput,
    NotAuthenticated,
    TooLarge,
    Unavailable,
    VedetteError,
)
from vedette.events.checks import CheckResult
from vedette.events.codec import decode_packed
from vedette.settings import SenderSettings

REPORTS = [Report(1, "samples", b'{"a":1}'), Report(2, "samples", b'{"a":2}')]


def post(answer: httpx.Response | Exception) -> tuple[Receipt, list[httpx.Request]]:
    """Send `REPORTS` to a gateway that gives `answer`."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def go() -> Receipt:
        transport = HttpTransport(SenderSettings.load(token=SecretStr("vdt_x")))
        await transport._client.aclose()
        transport._client = httpx.AsyncClient(
            base_url="http://gateway",
            headers=transport._client.headers,
            transport=httpx.MockTransport(handle),
        )
        try:
            return await transport.send(REPORTS)
        finally:
            await transport.close()

    return asyncio.run(go()), requests


def test_reports_are_posted_as_one_compressed_list_with_the_token() -> None:
    receipt, [request] = post(httpx.Response(202, json={"accepted": 2, "rejects": []}))
    assert receipt == Receipt(2, [])
    assert request.url.path == "/v1/ingest/samples"
    assert request.headers["Authorization"] == "Bearer vdt_x"
    assert request.headers["Content-Encoding"] == "zstd"
    assert zstandard.ZstdDecompressor().decompress(request.content) == b'[{"a":1},{"a":2}]'


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidInput),
        (401, NotAuthenticated),
        (403, NotAuthenticated),
        (404, Unavailable),
        (413, TooLarge),
        (422, InvalidInput),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (302, Unavailable),
    ],
)
def test_every_other_answer_is_an_error_that_knows_what_to_do(status: int, error: type[VedetteError]) -> None:
    with pytest.raises(error):
        post(httpx.Response(status))


@pytest.mark.parametrize(
    ("header", "wait"), [("7", 7.0), ("0.5", 0.5), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0), (None, 1.0)]
)
def test_an_overloaded_gateway_says_when_to_come_back(header: str | None, wait: float) -> None:
    headers = {"Retry-After": header} if header else {}
    with pytest.raises(Unavailable) as caught:
        post(httpx.Response(429, headers=headers))
    assert caught.value.retry_after_s == wait


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
def test_a_gateway_that_does_not_answer_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        post(error)


@pytest.mark.parametrize("body", [b"<html>welcome to the hotel</html>", b"[]", b'{"accepted": 1}', b"null"])
def test_a_202_that_is_not_the_gateway_s_acknowledges_nothing(body: bytes) -> None:
    with pytest.raises(Unavailable, match="not the gateway"):
        post(httpx.Response(202, content=body))


@pytest.mark.parametrize(
    ("values", "variable"),
    [({"transport": "http"}, "VEDETTE_TOKEN"), ({"transport": "log"}, "VEDETTE_LOG_URL")],
)
def test_a_missing_setting_is_named(values: dict[str, Any], variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        open_transport(SenderSettings.load(**values))


def test_the_log_gets_samples_packed_under_their_source() -> None:
    body = b'{"source":"web-1","epoch":5,"seq":2,"ts":1700000000000,"values":{"cpu":0.5}}'
    message = to_message(Report(1, "samples", body), account=9)
    packed = decode_packed(message.value)
    assert message.key == b"web-1"
    assert (packed.account, packed.epoch, packed.seq, packed.floats()) == (9, 5, 2, [0.5])


def test_the_log_gets_checks_under_their_monitor_and_with_the_sender_s_account() -> None:
    body = b'{"monitor":12,"location":"eu","scheduled_ms":1,"started_ms":2,"outcome":"up","account":1}'
    message = to_message(Report(1, "checks", body), account=9)
    assert message.key == b"12"
    assert msgspec.json.decode(message.value, type=CheckResult).account == 9


def test_a_body_that_is_no_event_can_never_be_accepted() -> None:
    with pytest.raises(InvalidInput):
        to_message(Report(1, "samples", b'{"source":1}'), account=9)
