"""Assertions: JSON's comparisons, and bodies that cannot be read."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from probes.assertions import Answer, Assertions, BodyAssertion, JsonAssertion
from vedette.errors import InvalidInput

BODY = b'{"n": 5, "f": 1.5, "s": "berlin", "t": true, "z": null, "l": [1, "a", false], "o": {}}'


def holds(path: str, op: Any, value: Any = None, body: bytes = BODY) -> bool:
    return not Assertions([JsonAssertion(path, op, value)]).judge(Answer([], body, len(body)))


@pytest.mark.parametrize(
    ("path", "op", "value"),
    [
        ("$.n", "==", 5),
        ("$.n", "==", 5.0),
        ("$.n", "!=", "5"),
        ("$.n", "<", 6),
        ("$.n", "<=", 5),
        ("$.f", ">", 1),
        ("$.f", ">=", 1.5),
        ("$.s", "<", "bonn"),
        ("$.s", "contains", "erl"),
        ("$.l", "contains", "a"),
        ("$.l", "contains", False),
        ("$.t", "==", True),
        ("$.z", "==", None),
        ("$.z", "exists", None),
        ("$.o", "!=", None),
    ],
)
def test_a_comparison_that_is_true_holds(path: str, op: str, value: Any) -> None:
    assert holds(path, op, value)


@pytest.mark.parametrize(
    ("path", "op", "value"),
    [
        ("$.n", "==", "5"),
        ("$.t", "==", 1),
        ("$.n", "<", 5),
        ("$.n", ">", "4"),
        ("$.t", ">", 0),
        ("$.s", "contains", 1),
        ("$.l", "contains", 0),
        ("$.n", "contains", 5),
        ("$.missing", "exists", None),
        ("$.missing", "!=", 1),
    ],
)
def test_one_that_is_not_does_not_and_kinds_are_not_mixed(path: str, op: str, value: Any) -> None:
    assert not holds(path, op, value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    (finding,) = Assertions([JsonAssertion("$", "exists")]).judge(Answer([], body, len(body)))
    assert str(finding.fault).startswith("assertion: the body is no JSON")


@pytest.mark.parametrize(
    ("coding", "body", "error"),
    [("br", b"x", "encoded as br"), ("gzip", b"not packed", "is no gzip"), ("deflate", zlib.compress(b"a"), None)],
)
def test_a_body_is_unpacked_where_that_is_known_how(coding: str, body: bytes, error: str | None) -> None:
    found = Assertions([BodyAssertion("contains", "a")]).judge(Answer([("content-encoding", coding)], body, len(body)))
    assert (not found) if error is None else error in str(found[0].fault)


@pytest.mark.parametrize("bad", [BodyAssertion("regex", "(a"), JsonAssertion("a.b", "exists")])
def test_one_that_can_never_be_judged_is_refused_at_once(bad: Any) -> None:
    with pytest.raises(InvalidInput):
        Assertions([bad])
