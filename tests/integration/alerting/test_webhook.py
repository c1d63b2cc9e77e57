"""Webhooks against a real receiver: signed, tried once, every answer understood."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable

import httpx
import pytest

from alerting.channels.base import DeliveryError, Outward
from alerting.channels.webhook import Webhook
from tests.integration.alerting.receiver import OK, Answer, Received, Receiver, answer, receiving

SECRET = "a secret of the channel"
NOW = 1_700_000_000
BODY = {"id": "7", "event": "start", "alert": {"title": "ü is down"}}


def deliver(
    rule: Callable[[Received], Answer] = lambda request: OK, timeout_s: float = 10
) -> tuple[str | DeliveryError, Receiver]:
    """The answer or the error of one delivery, and the receiver."""

    async def run() -> tuple[str | DeliveryError, Receiver]:
        async with receiving(rule) as receiver, httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
            channel = Webhook.from_config({"url": receiver.url, "secret": SECRET})
            try:
                return await channel.deliver(Outward(client), "7", BODY, NOW), receiver
            except DeliveryError as error:
                return error, receiver

    return asyncio.run(run())


def failure(rule: Callable[[Received], Answer], timeout_s: float = 10) -> DeliveryError:
    found, receiver = deliver(rule, timeout_s)
    assert isinstance(found, DeliveryError)
    assert len(receiver.got) == 1
    return found


def test_a_receiver_can_verify_the_signature_on_its_own() -> None:
    found, receiver = deliver()
    (request,) = receiver.got
    assert found == "200 thanks"
    signed = request.headers["x-vedette-timestamp"].encode() + b"." + request.content
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(request.headers["x-vedette-signature"], f"sha256={expected}")
    other = hmac.new(b"another secret", signed, hashlib.sha256).hexdigest()
    assert request.headers["x-vedette-signature"] != f"sha256={other}"


def test_the_request_holds_the_notification_its_key_and_its_time() -> None:
    (request,) = deliver()[1].got
    assert request.body == BODY
    assert (request.path, request.key) == ("/hook", "7")
    assert request.headers["x-vedette-timestamp"] == str(NOW)
    assert request.headers["content-type"] == "application/json"
    assert SECRET not in str(request)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    assert deliver(lambda request: answer(status))[0] == f"{status}"


@pytest.mark.parametrize("status", [400, 401, 404, 408, 429, 500, 502, 503])
def test_other_answers_fail_and_may_pass(status: int) -> None:
    error = failure(lambda request: answer(status, b"not now"))
    assert (error.answer, error.permanent, error.retry_after_s) == (f"{status} not now", False, None)


def test_gone_is_for_ever() -> None:
    assert failure(lambda request: answer(410)).permanent


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    error = failure(lambda request: answer(status, Location="/elsewhere"))
    assert error.answer.startswith(str(status))
    assert not error.permanent


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("1.5", None), ("\xb2", None)],
)
def test_the_receiver_may_say_when_to_come_back(value: str, seconds: float | None) -> None:
    assert failure(lambda request: answer(503, Retry_After=value)).retry_after_s == seconds


def test_a_receiver_that_never_answers_is_a_failure_that_may_pass() -> None:
    error = failure(lambda request: None, timeout_s=0.05)
    assert "ReadTimeout" in error.answer
    assert not error.permanent


@pytest.mark.parametrize("nonsense", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"])
def test_an_answer_that_is_no_http_is_a_failure_that_may_pass(nonsense: bytes) -> None:
    assert not failure(lambda request: nonsense).permanent


def test_a_receiver_that_is_not_there_is_a_failure_that_may_pass() -> None:
    async def run() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await Webhook.from_config({"url": "http://127.0.0.1:1/"}).deliver(Outward(client), "7", BODY, NOW)

    with pytest.raises(DeliveryError, match="ConnectError"):
        asyncio.run(run())


def test_an_answers_text_is_cut_and_printable() -> None:
    found, _ = deliver(lambda request: answer(200, b"a\0b\n\xff" + b"x" * 10_000))
    assert isinstance(found, str)
    assert found.startswith("200 a b \N{REPLACEMENT CHARACTER}xxx")
    assert found.isprintable()
    assert len(found) <= 210


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    found, _ = deliver(lambda request: head + b"y" * 100_000)
    assert found == "200 " + "y" * 200
