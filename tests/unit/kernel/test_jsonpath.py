"""JSON paths: what is understood, what is refused, and what is found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.monitors.jsonpath import Found, Step, find, parse_path

DOCUMENT = {"a": {"b": [{"c": 1}, {"c": None}]}, "x y": 2, "it's": [[3]], "ü": 4}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", Found(True, DOCUMENT)),
        ("$.a.b[0]['c']", Found(True, 1)),
        ("$.a.b[-1].c", Found(True, None)),
        ('$["x y"]', Found(True, 2)),
        (r"$['it\'s'][0][0]", Found(True, 3)),
        ("$.ü", Found(True, 4)),
        ("$.a.b[2]", Found(False)),
        ("$.a.b[-3]", Found(False)),
        ("$.a.b.c", Found(False)),
        ("$.a[0]", Found(False)),
        ("$.nothing", Found(False)),
    ],
)
def test_a_path_finds_its_value(path: str, found: Found) -> None:
    assert find(DOCUMENT, parse_path(path)) == found


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "$a",
        "$.",
        "$..a",
        "$[*]",
        "$.a[1:2]",
        "$[?(@.a)]",
        "$.a b",
        "$[01]",
        "$['a]",
        "$[a]",
        "$.a.",
        "$" + ".a" * 51,
    ],
)
def test_what_is_no_path_is_refused_and_the_place_told(path: str) -> None:
    with pytest.raises(ValueError, match="a path such as"):
        parse_path(path)


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        steps = parse_path(text)
    except ValueError:
        return
    find(DOCUMENT, steps)


STEPS = st.lists(st.text(max_size=5) | st.integers(-100, 100), max_size=10)


@given(STEPS)
def test_quoting_gives_any_name(steps: list[Step]) -> None:
    def quoted(step: Any) -> str:
        return f"[{step}]" if isinstance(step, int) else "['" + step.replace("\\", "\\\\").replace("'", "\\'") + "']"

    assert parse_path("$" + "".join(map(quoted, steps))) == tuple(steps)
