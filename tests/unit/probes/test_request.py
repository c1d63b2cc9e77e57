"""Requests: honest, complete, and not to be broken by a monitor's headers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.http.request import request_bytes, user_agent
from probes.http.target import parse_target
from vedette.errors import InvalidInput

TARGET = parse_target("http://x:81/a?b")


def test_a_request_says_who_asks_and_that_the_connection_ends() -> None:
    assert request_bytes("GET", TARGET, {}) == (
        b"GET /a?b HTTP/1.1\r\nHost: x:81\r\nUser-Agent: " + user_agent().encode() + b"\r\n"
        b"Accept: */*\r\nConnection: close\r\n\r\n"
    )


def test_the_user_agent_names_program_and_version() -> None:
    assert re.fullmatch(r"Vedette/[^ ]+ \(\+monitoring\)", user_agent())


def test_a_monitors_header_replaces_ours_whatever_its_case() -> None:
    text = request_bytes("GET", TARGET, {"ACCEPT": "text/html", "X-Key": " v "})
    assert b"\r\nACCEPT: text/html\r\n" in text
    assert b"\r\nX-Key: v\r\n" in text
    assert b"*/*" not in text


@pytest.mark.parametrize(("method", "has"), [("POST", True), ("PUT", True), ("GET", False), ("HEAD", False)])
def test_only_methods_with_a_body_say_that_it_is_empty(method: str, has: bool) -> None:
    assert (b"Content-Length: 0" in request_bytes(method, TARGET, {})) is has


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nEvil: 1"},
        {"X": "a\nb"},
        {"X": "a\0"},
        {"X y": "a"},
        {"": "a"},
        {"X\r\nY": "a"},
        {"X": "€"},
        {"Connection": "keep-alive"},
        {"Transfer-Encoding": "chunked"},
        {"X": "a" * 8001},
    ],
)
def test_a_header_that_would_break_the_message_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        request_bytes("GET", TARGET, headers)
    assert caught.value.field.startswith("headers.")


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\n", "CONNECT"])
def test_a_method_that_is_none_is_refused(method: str) -> None:
    with pytest.raises(InvalidInput):
        request_bytes(method, TARGET, {})


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4))
def test_no_headers_can_smuggle_a_second_request(headers: dict[str, str]) -> None:
    try:
        text = request_bytes("GET", TARGET, headers)
    except InvalidInput:
        return
    assert text.count(b"\r\n\r\n") == 1
    assert text.endswith(b"\r\n\r\n")
    assert text.count(b"\r\n") == len({name.lower() for name in headers} | {"host", "user-agent", "accept"}) + 3
