"""Monitors of each kind: which fields they have, and which are refused with their reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from probes.monitors import read_each, read_list
from vedette.monitors import KINDS, MonitorSpec, masked

GOOD: list[dict[str, Any]] = [
    {"url": "http://x/"},
    {"url": "tcp://mail.example:25", "send": "HELO x\r\n", "expect": "220"},
    {"url": "tcp://[::1]:25"},
    {"url": "tls://x", "server_name": "y", "certificate_degraded_days": 14, "certificate_down_days": 3},
    {"url": "dns://x.example", "record_type": "MX", "resolver": "[::1]:5353", "expected_answers": ["10 m.x.example"]},
    {"url": "wss://x/chat?room=1", "headers": {"Origin": "https://x"}, "verify_tls": False},
    {"url": "icmp://192.0.2.1", "packets": 5},
    {"url": "https://x/", "method": "POST", "body": "{}", "auth": {"type": "basic", "username": "u", "password": "p"}},
    {"url": "https://x/", "auth": {"type": "bearer", "token": "t"}, "ip_version": "6"},
    {"url": "grpc://x.example:50051", "service": "shop.Orders"},
    {"url": "grpcs://[::1]:443", "verify_tls": False, "certificate_down_days": 3},
    {
        "url": "https://x/",
        "http_version": "2",
        "proxy": "http://proxy.example:3128",
        "proxy_auth": {"type": "basic", "username": "u", "password": "hunter2"},
    },
    {
        "url": "https://x/",
        "degraded_above_ms": 500,
        "down_above_ms": 2000,
        "assertions": [
            {"type": "header", "name": "Content-Type", "op": "contains", "value": "json"},
            {"type": "body", "op": "regex", "value": "^ok$", "severity": "degraded"},
            {"type": "json", "path": "$.a[0]", "op": "==", "value": 1},
            {"type": "json", "path": "$.a", "op": "exists"},
            {"type": "json", "path": "$..a[?@.b > 1]", "op": "absent"},
            {"type": "size", "max_bytes": 100},
        ],
    },
]


def spec(**fields: Any) -> MonitorSpec:
    return MonitorSpec.model_validate({"name": "m", **fields})


@pytest.mark.parametrize("fields", GOOD)
def test_a_definition_is_stored_and_read_by_probes_as_it_is(fields: dict[str, Any]) -> None:
    made = spec(**fields)
    stored = {"name": made.name, "url": made.url, "paused": made.paused, **made.config()}
    assert spec(**{key: value for key, value in stored.items() if key != "name"}).config() == made.config()
    (monitor,), problems = read_each(read_list(msgspec.json.encode({"monitors": [{"id": 1, **stored}]})).monitors)
    assert problems == []
    for name, value in stored.items():
        held = msgspec.to_builtins(getattr(monitor, name, value))
        if name == "assertions":
            assert [each["type"] for each in held] == [each["type"] for each in value]
        else:
            assert held == value


def test_a_definition_of_before_there_were_kinds_is_read() -> None:
    old = {
        "name": "m",
        "url": "http://x/",
        "kind": "http",
        "method": "GET",
        "headers": {},
        "interval_s": 60,
        "timeout_s": 10.0,
        "expected_status": ["2xx"],
        "max_redirects": 5,
        "body_limit_bytes": 1048576,
        "verify_tls": True,
        "apdex_t_ms": 500,
        "locations": [],
    }
    assert old.items() <= MonitorSpec.model_validate(old).model_dump().items()


def test_the_scheme_tells_the_kind_and_a_kind_needs_its_scheme() -> None:
    assert [spec(**fields).kind for fields in GOOD[1:7]] == ["tcp", "tcp", "tls", "dns", "ws", "icmp"]
    with pytest.raises(ValidationError, match="tcp://host:port"):
        spec(url="https://x/", kind="tcp")


def test_a_stored_definition_has_only_the_fields_of_its_kind() -> None:
    assert {"send", "expect"} <= spec(url="tcp://x:1").config().keys()
    assert not {"headers", "method", "resolver", "packets"} & spec(url="tcp://x:1").config().keys()
    assert set(KINDS) == {"http", "tcp", "tls", "dns", "ws", "icmp", "grpc", "heartbeat"}


@pytest.mark.parametrize(
    ("field", "fields", "message"),
    [
        ("method", {"url": "tcp://x:1", "method": "POST"}, "only with kind http; this monitor's kind is tcp"),
        ("expect", {"url": "http://x/", "expect": "220"}, "only with kind tcp"),
        ("resolver", {"url": "icmp://x", "resolver": "8.8.8.8"}, "only with kind dns"),
        ("url", {"url": "tcp://x"}, "tcp://host:port"),
        ("url", {"url": "tcp://x:1/path"}, "nothing behind it"),
        ("url", {"url": "icmp://x:1"}, "icmp://host"),
        ("url", {"url": "dns://a b"}, "spaces"),
        ("url", {"url": "dns://ü.example"}, "xn--"),
        ("url", {"url": "tls://" + "a" * 64}, "a host name"),
        ("kind", {"url": "http://x/", "kind": "smtp"}, "'http', 'tcp'"),
        ("resolver", {"url": "dns://x", "resolver": "dns.example"}, "an IP address"),
        ("resolver", {"url": "dns://x", "resolver": "8.8.8.8:0"}, "a port from 1"),
        ("url", {"url": "ftp://x"}, "or tcp://host:port, tls://host"),
        ("url", {"url": "shop.example"}, "an http:// or https:// URL with a host; or tcp://"),
        ("record_type", {"url": "dns://x", "record_type": "ANY"}, "'A', 'AAAA'"),
        ("expected_answers", {"url": "dns://x", "expected_answers": ["::1"]}, "such as 192.0.2.1"),
        ("expected_answers", {"url": "dns://x", "record_type": "MX", "expected_answers": ["m"]}, "such as 10 mail"),
        ("expected_answers", {"url": "dns://x", "record_type": "SRV", "expected_answers": ["m"]}, "such as 10 60 5060"),
        ("expected_answers", {"url": "dns://x", "record_type": "SOA", "expected_answers": ["a b"]}, "such as ns1"),
        ("expected_answers", {"url": "dns://x", "record_type": "CAA", "expected_answers": ["ca"]}, "such as 0 issue"),
        ("server_name", {"url": "tls://x", "server_name": "a b"}, "match pattern"),
        ("headers", {"url": "http://x/", "headers": {"Connection": "close"}}, "the probe sets it itself"),
        ("headers", {"url": "http://x/", "headers": {"X": "€"}}, "Latin-1"),
        ("packets", {"url": "icmp://x", "packets": 11}, "less than or equal to 10"),
        ("body", {"url": "http://x/", "body": "x"}, "none with method GET"),
        ("auth", {"url": "http://x/", "auth": {"type": "digest"}}, "'basic', 'bearer'"),
        ("auth", {"url": "http://x/", "auth": {"type": "bearer", "token": "a\nb"}}, "match pattern"),
        (
            "certificate_down_days",
            {"url": "tcp://x:1", "certificate_down_days": 3},
            "only with kind http or tls or ws or grpc",
        ),
        ("url", {"url": "grpc://x"}, "grpc://host:port"),
        ("url", {"url": "grpc://x:1/a.B/C"}, "nothing behind it"),
        ("service", {"url": "grpc://x:1", "service": "a b"}, "match pattern"),
        ("service", {"url": "http://x/", "service": "a"}, "only with kind grpc"),
        ("http_version", {"url": "http://x/", "http_version": "3"}, "'auto', '1.1' or '2'"),
        ("http_version", {"url": "ws://x/", "http_version": "2"}, "only with kind http"),
        ("proxy", {"url": "http://x/", "proxy": "socks5://p:1"}, "http://host:port"),
        ("proxy", {"url": "http://x/", "proxy": "http://u:p@h:1"}, "proxy_auth"),
        ("url", {"url": "http://user:pw@h.example/"}, "without user and password"),
        ("url", {"url": "wss://user@h.example/"}, "without user and password"),
        ("url", {"url": "http://foo..bar/"}, "a host name or an IP address"),
        ("url", {"url": "https://-x.example/"}, "a host name or an IP address"),
        ("url", {"url": "http://a%20b/"}, "a host name or an IP address"),
        ("proxy", {"url": "http://x/", "proxy": "http://h:1/path"}, "nothing behind it"),
        (
            "proxy_auth",
            {"url": "http://x/", "proxy_auth": {"type": "basic", "username": "u", "password": "p"}},
            "beside",
        ),
        ("ip_version", {"url": "http://x/", "ip_version": "5"}, "'any', '4' or '6'"),
    ],
)
def test_a_field_that_is_not_allowed_is_named_with_what_is(field: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    (error,) = caught.value.errors()
    assert error["loc"][0] == field
    assert message in error["msg"]


@pytest.mark.parametrize(
    ("assertion", "message"),
    [
        ({"type": "cookie"}, "'header', 'body', 'json', 'size'"),
        ({"type": "header", "name": "a b", "op": "equals", "value": ""}, "match pattern"),
        ({"type": "body", "op": "regex", "value": "(a"}, "RE2's syntax"),
        ({"type": "body", "op": "regex", "value": r"(a)\1"}, "RE2's syntax"),
        ({"type": "body", "op": "regex", "value": "((a{100}){100}){100}"}, "RE2's syntax"),
        ({"type": "body", "op": "contains", "value": ""}, "at least 1 character"),
        ({"type": "json", "path": "$.a b", "op": "exists"}, "not understood from character 4"),
        ({"type": "json", "path": "$[?@ == " + "1" * 400 + "x]", "op": "exists"}, "not understood"),
        ({"type": "json", "path": "$[?match(@.a, '(')]", "op": "exists"}, "RE2's syntax"),
        ({"type": "json", "path": "$.a", "op": "absent", "value": 1}, "no value with op absent"),
        ({"type": "json", "path": "$.a", "op": "exists", "value": 1}, "no value with op exists"),
        ({"type": "json", "path": "$.a", "op": "<"}, "a number or a text"),
        ({"type": "json", "path": "$.a", "op": "~"}, "'=='"),
        ({"type": "json", "path": "$.a", "op": "==", "value": [1]}, "valid"),
        ({"type": "size"}, "min_bytes, max_bytes or both"),
        ({"type": "size", "min_bytes": 2, "max_bytes": 1}, "at most max_bytes"),
    ],
)
def test_an_assertion_that_can_never_be_judged_is_refused(assertion: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(url="http://x/", assertions=[assertion])
    assert caught.value.errors()[0]["loc"][:2] == ("assertions", 0)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"degraded_above_ms": 20_000}, "must be below timeout_s"),
        ({"degraded_above_ms": 500, "down_above_ms": 500}, "must be below down_above_ms"),
        ({"certificate_degraded_days": 3, "certificate_down_days": 14}, "must be above certificate_down_days"),
        ({"auth": {"type": "bearer", "token": "t"}, "headers": {"authorization": "x"}}, "not both"),
        ({"method": "HEAD", "assertions": [{"type": "size", "max_bytes": 1}]}, "which HEAD has none of"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(url="http://x/", **fields)


def test_a_masked_definition_holds_no_secret_of_a_proxy() -> None:
    shown = masked({"name": "m", **spec(**GOOD[11]).config()})
    assert shown["proxy_auth"] == {"type": "basic", "username": "u", "password": "***"}
    assert shown["proxy"] == "http://proxy.example:3128"


def test_a_masked_definition_holds_no_secret() -> None:
    made = spec(**GOOD[7], headers={"X-Key": "hunter2"})
    text = str(masked({"name": "m", **made.config()}))
    assert "hunter2" not in text
    assert "'password': '***'" in text
    assert "'body': '***'" in text
    assert "'username': 'u'" in text
