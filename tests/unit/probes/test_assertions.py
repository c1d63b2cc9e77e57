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
    assert str(finding.fault).startswith("assertion: json $..*..*..*: more than 500000 looks")


@pytest.mark.parametrize(
    ("document", "path", "op", "value"),
    [
        ([[[[[[[0] * 1000]]]]]], "$" + "[0,0,0]" * 6, "contains", "b"),
        ([[[[["a" * 1_000_000]]]]], "$" + "[0,0,0,0,0]" * 5, "contains", "bbbbb"),
        ([0] * 490_000, "$[?" + "&&".join(["!@||@"] * 12) + "]", "absent", None),
        (["a"] * 29_000, "$[?" + "&&".join(["search(@,'a')"] * 16) + "]", "exists", None),
        ([""] * 10_000, "$[?search(@,'(.?){900}')]", "exists", None),
    ],
)
def test_what_is_compared_is_looked_at_too(document: Any, path: str, op: Any, value: Any) -> None:
    body = json.dumps(document).encode()
    (finding,) = Assertions([JsonAssertion(path, op, value)]).judge(Answer([], body, len(body)))
    assert finding.fault.detail.endswith("more than 500000 looks at values would be needed")


def test_the_queries_of_a_monitor_share_what_they_may_look_at() -> None:
    body = json.dumps([0] * 40_000).encode()
    answer = Answer([], body, len(body))
    assert not Assertions([JsonAssertion("$[?@ == 0]", "exists")]).judge(answer)
    found = Assertions([JsonAssertion("$[?@ == 0]", "exists"), JsonAssertion("$[0]", "==", 0)] * 5).judge(answer)
    assert [str(each.fault) for each in found] == [
        "assertion: json $[?@ == 0]: more than 100000 looks at values would be needed"
    ] * 5


def test_what_is_looked_for_in_one_value_is_shared_too() -> None:
    body = json.dumps({"a": [*[0] * 50_000, 1]}).encode()
    answer = Answer([], body, len(body))
    assert not Assertions([JsonAssertion("$.a", "contains", 1)] * 5).judge(answer)
    assert len(Assertions([JsonAssertion("$.a", "contains", 1)] * 20).judge(answer)) == 20


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
