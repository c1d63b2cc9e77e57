"""JSON paths: what is understood, what is refused, what is found, and how much work that may be (RFC 9535)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.monitors.jsonpath import Look, TooMuchWork, find, parse_path

DOCUMENT = {"a": {"b": [{"c": 1}, {"c": None}]}, "x y": 2, "it's": [[3]], "ü": 4, "content-type": 5}
SERVICES = {
    "least": 2,
    "kinds": {"db": True, "web": False},
    "services": [
        {"name": "web", "state": "up", "nodes": 3, "tags": ["a"]},
        {"name": "db", "state": "down", "nodes": 1},
        {"name": "mail", "state": "up", "nodes": 2, "note": None},
    ],
}


def found(document: Any, path: str) -> list[Any]:
    return find(document, parse_path(path))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$", [DOCUMENT]),
        ("$.a.b[0]['c']", [1]),
        ("$.a.b[-1].c", [None]),
        ('$["x y"]', [2]),
        (r"$['it\'s'][0][0]", [3]),
        (r"$['\u00fc']", [4]),
        ("$.ü", [4]),
        ("$.content-type", [5]),
        ("$ .a\n[ 'b' ] [ 0 ] .c", [1]),
        ("$.a.b[2]", []),
        ("$.a.b[-3]", []),
        ("$.a.b.c", []),
        ("$.a[0]", []),
        ("$.nothing", []),
        ("$.a.b[*].c", [1, None]),
        ("$.a.*[0].*", [1]),
        ("$..c", [1, None]),
        ("$..[0]", [{"c": 1}, [3], 3]),
        ("$['x y', 'ü', 'x y']", [2, 4, 2]),
    ],
)
def test_a_path_finds_its_values(path: str, values: list[Any]) -> None:
    assert found(DOCUMENT, path) == values


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("1:3", [1, 2]), (":2", [0, 1]), ("-2:", [5, 6]), ("::3", [0, 3, 6]), ("5:1:-2", [5, 3]),
        ("::-1", [6, 5, 4, 3, 2, 1, 0]),
        ("1:5:0", []), ("5:1", []), (" 1 : 3 : 1 ", [1, 2]), ("100:", []), (":-100", []),
    ],
)  # fmt: skip
def test_a_slice_takes_its_items(part: str, values: list[int]) -> None:
    assert found([0, 1, 2, 3, 4, 5, 6], f"$[{part}]") == values


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("@.state == 'up'", ["web", "mail"]),
        ("@.state != \"up\"", ["db"]),
        ("@.nodes >= $.least", ["web", "mail"]),
        ("2 > @.nodes", ["db"]),
        ("@.nodes > 1.5e0 && @.nodes < 3", ["mail"]),
        ("@.name == 'db' || @.name == 'web' && @.nodes == 1", ["db"]),
        ("(@.name == 'db' || @.name == 'web') && @.nodes == 3", ["web"]),
        ("@.note", ["mail"]),
        ("!@.tags", ["db", "mail"]),
        ("!(@.tags || @.note)", ["db"]),
        ("@.note == null", ["mail"]),
        ("@.note == @.nothing", ["web", "db"]),
        ("@.nodes < 'x'", []),
        ("true < 2 || true <= false", []),
        ("! @.tags && ! ( @.note )", ["db"]),
        ("@.tags[?@ == 'a']", ["web"]),
        ("@.tags == $.services[0].tags", ["web"]),
        ("$.kinds.db == true", ["web", "db", "mail"]),
        ("$.kinds.db == 1", []),
        ("length(@.name) == 3", ["web"]),
        ("length(@.tags) == 1", ["web"]),
        ("length(@.nodes) == 1", []),
        ("count(@.*) > 3", ["web", "mail"]),
        ("value(@..tags) == $.services[0].tags", ["web"]),
        ("match(@.name, 'w..')", ["web"]),
        ("match(@.name, 'e')", []),
        ("search(@.name, '[el]') && !match(@.nodes, '3')", ["web", "mail"]),
    ],
)  # fmt: skip
def test_a_filter_chooses_by_its_expression(test: str, names: list[str]) -> None:
    assert found(SERVICES, f"$.services[?{test}].name") == names


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("$a", 2), ("$.", 3), ("$..", 4), ("$.a b", 4), ("$ ", 2), ("$[01]", 4), ("$['a]", 3), ("$[a]", 3), ("$.a.", 5),
        ("$[]", 3), ("$[1 2]", 5), ("$[1:2:3:4]", 8), ("$[9007199254740992]", 3), (r"$['\x']", 3),
        (r"$['\"']", 3), (r'$["\ud800"]', 3), ("$[?]", 4), ("$[?@.a == ]", 11), ("$[?@.a = 1]", 8),
        ("$[?1]", 4), ("$[?!1 == 1]", 7),
        ("$[?@.* == 1]", 4), ("$[?1 == @..a]", 8), ("$[?(@.a]", 8), ("$[?@.a == 1e999]", 11), ("$[?@.a == b]", 11),
        ("$[?nothing(@)]", 4),
        ("$[?length(@.*) == 1]", 11), ("$[?length(@)]", 4),
        ("$[?count(1) == 1]", 10), ("$[?match(@.a, @.b)]", 15), ("$[?match(@.a, '(')]", 15),
        ("$[?match(@, 'a') == true]", 18),
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused_and_the_place_told(path: str, at: int) -> None:
    with pytest.raises(ValueError, match="a JSON path such as") as caught:
        parse_path(path)
    assert f"from character {at}:" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "begins with"),
        ("a", "begins with"),
        ("$" + ".a" * 51, "more than 50 steps"),
        ("$[?" + "(" * 11 + "@" + ")" * 11 + "]", "more than 10 brackets"),
        ("$" + "[?@" * 11 + "]" * 11, "more than 10 brackets"),
    ],
)
def test_neither_long_nor_deep_paths_are_taken(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_path(path)


@pytest.mark.parametrize(
    ("path", "singular"),
    [
        ("$", True), ("$.a[0]['b']", True), ("$.*", False), ("$..a", False), ("$['a','b']", False), ("$[:1]", False),
        ("$[?@]", False),
    ],
)  # fmt: skip
def test_paths_of_one_value_are_known_as_such(path: str, singular: bool) -> None:
    assert parse_path(path).singular is singular


@pytest.mark.parametrize("path", ["$..*..*..*", "$..[?@..[?@..x]]", "$..[?count($..*) > 9]"])
def test_no_query_looks_at_more_values_than_it_may(path: str) -> None:
    document: Any = 1
    for n in range(400):
        document = [document, n, {"x": n}]
    with pytest.raises(TooMuchWork, match="more than 500000 looks"):
        found(document, path)


@pytest.mark.parametrize(
    ("document", "path", "looks"),
    [
        ([1, 2, 3], "$", 1),
        ({"a": [1]}, "$.a[0]", 3),
        ([1, 2, 3, 4], "$[::2]", 4),
        ([1, 2, 3, 4], "$[*]", 6),
        ([[1, 2], 3], "$..x", 15),
        ([1, 2], "$[?@]", 6),
        ([1, 2], "$[?@ && !@]", 12),
        ([1, 2], "$[?@ || @]", 8),
        ([1, 2], "$[?$[0] == 1]", 7),
        ([1, 2], "$[?@ == 1]", 8),
        ([1, 2], "$[?@ < 1]", 8),
        ([1, 2], "$[?length(@) == 1]", 10),
        ([1, 2], "$[?count(@) == 1]", 8),
        (["a" * 2560], "$[?@ == $[0]]", 7),
        ([["a" * 2560], ["a" * 2561][0][1:]], "$[?@[0] == $[1]]", 25),
        (["a" * 2560, "b"], "$[?@ < $[1]]", 24),
        ([{"k" * 2560: 1}, {("k" * 2561)[1:]: 1}], "$[?@ == $[1]]", 24),
        ([{"a": 1, "b": 2}, {"b": 2, "c": 1}], "$[?@ == $[1]]", 13),
        ([[1, 2], [1, 2]], "$[?@ == $[1]]", 14),
        (["a"], "$[?match(@, 'a')]", 20),
    ],
)
def test_each_look_is_counted(document: Any, path: str, looks: int) -> None:
    query = parse_path(path)
    assert find(document, query, Look(document, 1000)) == found(document, path)
    find(document, query, Look(document, looks))
    with pytest.raises(TooMuchWork, match=f"more than {looks - 1} looks"):
        find(document, query, Look(document, looks - 1))


def test_a_test_that_is_the_same_for_all_is_made_once() -> None:
    document = ["ab", *[0] * 200_000]
    assert len(found(document, "$[?match($[0], 'a.')]")) == 200_001
    assert found(document, "$[?match($[0], 'b.')]") == []
    assert found([], "$[?1 == 1]") == []
    assert found({"a": {"b": 1}, "c": 2}, "$[?@[?$.c == 2]]") == [{"b": 1}]


def test_values_deep_within_each_other_are_found_but_not_compared_for_ever() -> None:
    deep = json.loads("[" * 900 + "]" * 900)
    assert len(found(deep, "$..*")) == 899
    with pytest.raises(TooMuchWork, match="too deep"):
        found([deep, json.loads("[" * 900 + "]" * 900)], "$[?@ == $[1]]")


@given(st.text(max_size=30) | st.text(alphabet="$@.[]*?:,'\"()!=<>&| 01abe-", max_size=30).map("$".__add__))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        query = parse_path(text)
    except ValueError:
        return
    find(DOCUMENT, query)


@given(st.lists(st.text(max_size=5) | st.integers(-3, 3), max_size=10), st.sampled_from("'\""))
def test_quoting_gives_any_name(steps: list[str | int], quote: str) -> None:
    def quoted(step: Any) -> str:
        return (
            f"[{step}]"
            if isinstance(step, int)
            else "[" + quote + step.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote + "]"
        )

    document: Any = "found"
    for step in reversed(steps):
        document = {step: document} if isinstance(step, str) else [document] * 4
    assert found(document, "$" + "".join(map(quoted, steps))) == ["found"]
