"""Webhooks: configuration and signature. What a receiver does to them is tried in `tests/integration/alerting`."""

from __future__ import annotations

import hmac
from typing import Any

import pytest

from alerting.channels import CHANNELS
from alerting.channels.webhook import Webhook, sign
from alerting.worker import FIRST_WAIT_S, LONGEST_WAIT_S, backoff_s, retry_s
from vedette.errors import InvalidInput

SECRET = "0123456789abcdef"


def test_the_signature_is_the_hmac_of_timestamp_dot_body() -> None:
    independent = hmac.new(SECRET.encode(), b"1700000000." + b'{"a":1}', "sha256").hexdigest()
    assert sign(SECRET, 1_700_000_000, b'{"a":1}') == f"sha256={independent}"


@pytest.mark.parametrize(
    ("secret", "at", "body"), [("x" * 16, 1_700_000_000, b"{}"), (SECRET, 1, b"{}"), (SECRET, 1_700_000_000, b"[]")]
)
def test_another_secret_time_or_body_has_another_signature(secret: str, at: int, body: bytes) -> None:
    assert sign(secret, at, body) != sign(SECRET, 1_700_000_000, b"{}")


def test_a_secret_is_made_where_none_is_given_and_kept_where_one_is() -> None:
    first, second = (Webhook.from_config({"url": "https://hook.example/x"}) for _ in range(2))
    assert first.secret != second.secret
    assert len(first.secret) >= 32
    assert Webhook.from_config(first.config()).config() == first.config()


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example", "http://a.example:65535/", "https://a.example:8443/x?y=z"),
        *("http://xn--bcher-kva.example/", "http://[::1]:8080/"),
    ],
)
def test_an_http_address_is_taken(url: str) -> None:
    assert Webhook.from_config({"url": url, "secret": SECRET}).url == url


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "url"),
        ({"url": 5}, "url"),
        ({"url": "ftp://a.example"}, "url"),
        ({"url": "a.example"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://a:x/"}, "url"),
        ({"url": "http://\0/"}, "url"),
        ({"url": "http://a:0/"}, "url"),
        ({"url": "http://a:-1/"}, "url"),
        ({"url": "http://a:65536/"}, "url"),
        ({"url": "http://a:99999/"}, "url"),
        ({"url": "http://xn--a/"}, "url"),
        ({"url": "http://a/\ud800"}, "url"),
        ({"url": "http://\ud800/"}, "url"),
        ({"url": "http://a", "secret": "short"}, "secret"),
        ({"url": "http://a", "secret": "x" * 201}, "secret"),
        ({"url": "http://a", "secret": 5}, "secret"),
        ({"url": "http://a", "colour": "red"}, "colour"),
    ],
)
def test_a_bad_configuration_is_refused_by_field_and_without_its_secret(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Webhook.from_config(config)
    assert caught.value.field == field
    assert "short" not in str(caught.value)


def test_webhooks_are_registered() -> None:
    assert CHANNELS["webhook"] is Webhook


def test_waits_double_up_to_the_longest_and_jitter_keeps_the_upper_half() -> None:
    whole = [backoff_s(attempts, 1.0) for attempts in range(1, 12)]
    assert whole[:4] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S, 8 * FIRST_WAIT_S]
    assert whole[-1] == LONGEST_WAIT_S
    assert [backoff_s(attempts, 0.0) for attempts in range(1, 12)] == [wait / 2 for wait in whole]
    assert backoff_s(10_000, 1.0) == LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("attempts", "left_s", "asked_s", "wait_s"),
    [
        (1, 86_400, 0, 1),
        (20, 86_400, 0, LONGEST_WAIT_S),
        (20, 45, 0, 45),  # the last try, when the time is over
        (20, 0.2, 0, FIRST_WAIT_S),
        (20, 45, 120, 120),  # not before the receiver wants it
        (1, 86_400, 4000, LONGEST_WAIT_S),
    ],
)
def test_the_last_try_comes_when_the_time_is_over(attempts: int, left_s: float, asked_s: float, wait_s: float) -> None:
    assert retry_s(attempts, 1.0, left_s, asked_s) == wait_s
