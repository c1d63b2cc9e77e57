"""Assertions: JSON's comparisons, and bodies that cannot be read."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from probes.assertions import Answer, Assertions, BodyAssertion, JsonAssertion
from vedette.errors import InvalidInput

BODY = b'{"n": 5, "f": 1.5, "s": "berlin", "t": true, "z": null, "l": [1, "a", false], "o": {}, '
BODY += b'"p": [{"name": "a", "n": 1, "up": true}, {"name": "b", "n": 2, "up": true}]}'


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
        ("$.l[*]", "exists", None),
        ("$.p[*].up", "==", True),
        ("$.p[?@.up == false]", "absent", None),
        ("$.p[?@.name == 'b'].n", ">", 1),
        ("$.missing", "absent", None),
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
        ("$.p[*].n", "<", 2),
        ("$.p[*].n", "!=", 2),
        ("$.p[?@.n > 5].n", ">", 5),
        ("$.p[*].missing", "exists", None),
        ("$.z", "absent", None),
    ],
)
def test_one_that_is_not_does_not_and_kinds_are_not_mixed(path: str, op: str, value: Any) -> None:
    assert not holds(path, op, value)


def test_what_is_wrong_is_told_with_the_first_value_and_how_many_more() -> None:
    def said(path: str, op: Any, value: Any = None) -> str:
        body = json.dumps({"p": [{"n": n} for n in (1, 2, 3, 4)]}).encode()
        return str(Assertions([JsonAssertion(path, op, value)]).judge(Answer([], body, len(body)))[0].fault)

    assert said("$.p[*].n", "<", 3) == "assertion: json $.p[*].n is 3 (and 1 more), not < 3"
    assert said("$.p[?@.n > 3]", "absent") == 'assertion: json $.p[?@.n > 3] is {"n":4}, not absent'
    deep = b"[" * 300 + b"]" * 300
    (finding,) = Assertions([JsonAssertion("$..*..*..*", "exists")]).judge(Answer([], deep, len(deep)))
    assert str(finding.fault).startswith("assertion: json $..*..*..*: more than 500000 values")


def test_queries_for_many_values_are_judged_in_a_thread() -> None:
    assert Assertions([JsonAssertion("$..n", "exists")]).are_heavy(100, packed=False)
    assert not Assertions([JsonAssertion("$.p[0].n", "exists")]).are_heavy(100, packed=False)


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
