"""The exception tree: every error knows its code, its status, and whether trying again helps."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from vedette import errors
from vedette.errors import (
    ConfigurationError,
    InvalidInput,
    LogUnavailable,
    NotFound,
    Overloaded,
    StoreUnavailable,
    TooLarge,
    Unavailable,
    VedetteError,
    shown,
)


def tree(kind: type[VedetteError]) -> Iterator[type[VedetteError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from tree(below)


EVERY = list(tree(VedetteError))


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_has_a_code_and_a_status_of_its_own_kind(kind: type[VedetteError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert 400 <= kind.status < 600


@pytest.mark.parametrize("kind", EVERY)
def test_only_what_is_unavailable_can_be_tried_again(kind: type[VedetteError]) -> None:
    assert kind.retriable is issubclass(kind, Unavailable)


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in EVERY]
    assert len(set(codes)) == len(codes)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    picture = (errors.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0]
    for line in picture.splitlines():
        found = re.match(r"([│├└─ ]*)(\w+)", line)
        assert found is not None, line
        depth = len(found[1]) // 4
        path[depth:] = [found[2]]
        drawn[found[2]] = path[depth - 1] if depth else ""
    assert drawn == {kind.__name__: kind.__base__.__name__ if kind is not VedetteError else "" for kind in EVERY}


def test_invalid_input_names_field_value_and_what_is_allowed() -> None:
    error = InvalidInput("port", 99_999, "0 to 65535")
    assert str(error) == "port: 99999 is not allowed; allowed: 0 to 65535"
    assert (error.field, error.value, error.allowed) == ("port", 99_999, "0 to 65535")
    assert isinstance(ConfigurationError("A", 1, "2"), InvalidInput)


def test_a_long_value_is_cut_and_a_short_one_is_shown_whole() -> None:
    assert shown("x" * 78) == repr("x" * 78)
    assert len(shown("x" * 79)) == 80
    assert shown("x" * 10_000).endswith("…")


def test_too_large_tells_the_limit() -> None:
    assert TooLarge("the body", 5).limit == 5
    assert "limit of 5 bytes" in str(TooLarge("the body", 5))


@pytest.mark.parametrize("kind", [Unavailable, Overloaded, LogUnavailable, StoreUnavailable])
def test_what_is_unavailable_says_when_to_come_back(kind: type[Unavailable]) -> None:
    assert kind("away").retry_after_s == 1.0
    assert kind("away", 7.5).retry_after_s == 7.5


def test_what_is_not_there_says_nothing_of_coming_back() -> None:
    assert not hasattr(NotFound("no such thing"), "retry_after_s")
