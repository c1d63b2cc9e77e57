"""Targets: URLs taken apart, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.http.target import Target, parse_target
from vedette.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com", Target("http", "example.com", 80, "/", False)),
        ("https://example.com/a?b=c#d", Target("https", "example.com", 443, "/a?b=c", False)),
        ("HTTP://Example.COM:8080/A", Target("http", "example.com", 8080, "/A", False)),
        ("http://127.0.0.1:80/", Target("http", "127.0.0.1", 80, "/", True)),
        ("http://[::1]:81/x", Target("http", "::1", 81, "/x", True)),
        ("http://my_host.local./", Target("http", "my_host.local.", 80, "/", False)),
        ("http://bücher.example/ü b", Target("http", "xn--bcher-kva.example", 80, "/%C3%BC%20b", False)),
        ("http://x/already%20quoted", Target("http", "x", 80, "/already%20quoted", False)),
    ],
)
def test_a_clean_url_is_taken_apart(url: str, expected: Target) -> None:
    assert parse_target(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "http://",
        "http:///path",
        "http://user:secret@example.com/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://exa mple.com/",
        "http://-x.example/",
        "http://[::1/",
        "http://a..b/",
        "http://x/" + "a" * 5000,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        parse_target(url)


@pytest.mark.parametrize(
    ("url", "authority"),
    [("http://x/", "x"), ("http://x:443/", "x:443"), ("https://x:443/", "x"), ("http://[::1]:81/", "[::1]:81")],
)
def test_the_authority_leaves_out_only_the_schemes_own_port(url: str, authority: str) -> None:
    assert parse_target(url).authority == authority


@given(st.text(max_size=60))
def test_no_path_can_break_the_request_line(path: str) -> None:
    try:
        target = parse_target(f"http://x/{path}")
    except InvalidInput:
        return
    assert target.path.isascii()
    assert not set(target.path) & set(" \r\n\t\0")


@given(st.text(max_size=80))
def test_any_text_is_either_a_target_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except InvalidInput:
        return
    assert parse_target(target.url) == target
