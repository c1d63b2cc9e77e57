"""Monitor definitions: what is allowed, and that the rest is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from vedette.monitors import MonitorSpec


def spec(**fields: Any) -> MonitorSpec:
    return MonitorSpec.model_validate({"name": "shop", "url": "https://shop.example/health", **fields})


def test_a_name_and_an_url_are_enough() -> None:
    assert spec().expected_status == ["2xx", "3xx"]
    assert spec().config().keys().isdisjoint({"name", "url", "paused"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://[::1]:8080/x?y=z#f"),
        ("url", "https://shop.example:8443/a@b"),
        ("method", "HEAD"),
        ("headers", {"X-Token": "a b", "Accept": ""}),
        ("interval_s", 1),
        ("interval_s", 86_400),
        ("timeout_s", 60),
        ("expected_status", ["2xx", "301", "400-404"]),
        ("max_redirects", 0),
        ("body_limit_bytes", 0),
        ("apdex_t_ms", 2499),
        ("locations", ["berlin", "eu-west-1"]),
        ("paused", True),
    ],
)
def test_a_value_within_its_limits_is_kept(field: str, value: object) -> None:
    assert getattr(spec(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("url", "ftp://shop.example"),
        ("url", "shop.example"),
        ("url", "http://"),
        ("url", "http://a b/"),
        ("url", "http://a/\n"),
        ("url", "http://a:0/"),
        ("url", "http://a:99999/"),
        ("url", "http://[::1"),
        ("url", "http://a/" + "x" * 2000),
        ("kind", "smtp"),
        ("method", "get"),
        ("url", "https://user@shop.example"),
        ("headers", {"X Token": "a"}),
        ("headers", {"": "a"}),
        ("headers", {"X": "a\r\nY: b"}),
        ("headers", {f"X{n}": "" for n in range(51)}),
        ("interval_s", 0),
        ("interval_s", 86_401),
        ("timeout_s", 0),
        ("timeout_s", 61),
        ("expected_status", []),
        ("expected_status", ["6xx"]),
        ("expected_status", ["20"]),
        ("expected_status", ["200-"]),
        ("expected_status", ["300-200"]),
        ("max_redirects", 21),
        ("body_limit_bytes", -1),
        ("locations", ["Berlin"]),
        ("locations", ["-x"]),
        ("colour", "red"),
    ],
)
def test_a_value_beyond_its_limits_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(**{field: value})
    assert caught.value.errors()[0]["loc"][0] == field


def test_the_timeout_must_exceed_four_times_the_apdex_target() -> None:
    assert spec(timeout_s=2.001, apdex_t_ms=500)
    with pytest.raises(ValidationError, match="must exceed four times"):
        spec(timeout_s=2.0, apdex_t_ms=500)
