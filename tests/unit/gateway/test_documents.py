"""Documents: JSON and YAML read with lines and limits, and YAML written so that it is read as it was meant."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.importing import documents
from ingest_api.importing.documents import has_yaml, parse_any, parse_json, parse_yaml
from ingest_api.importing.emitting import write_json, write_yaml
from ingest_api.importing.rows import read_cell, read_rows, write_cell, write_rows
from vedette.errors import InvalidInput

needs_yaml = pytest.mark.skipif(not has_yaml(), reason="PyYAML is not installed")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["", "null", "~", "yes", "on", "1e3", "1:30", "2001-01-01", "a: b", "#", "<<", "=", "\u2028", "\ufeff", "a\rb"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=6,
)
DEFINITIONS = st.lists(st.dictionaries(TEXT, VALUES, min_size=1, max_size=3), max_size=2)


@given(DEFINITIONS)
def test_what_is_written_as_json_is_read_again(definitions: list[dict[str, Any]]) -> None:
    assert parse_json(write_json(definitions)).value == {"monitors": definitions}


@needs_yaml
@given(DEFINITIONS)
def test_what_is_written_as_yaml_is_read_again(definitions: list[dict[str, Any]]) -> None:
    (document,) = parse_yaml(write_yaml(definitions))
    assert document.value == {"monitors": definitions}


@given(VALUES)
def test_what_is_written_into_a_cell_is_read_again(value: Any) -> None:
    cell = write_cell(value)
    assert "\n" not in cell
    if isinstance(value, bool | int | float):
        assert json.loads(read_cell("field", cell)) == value  # the definition's own reader takes texts for numbers
    else:
        assert read_cell("field", cell) == value


@given(TEXT)
def test_no_cell_is_a_formula(text: str) -> None:
    assert write_cell(text)[:1] not in set("=+-@\t\r")


@given(st.lists(st.tuples(TEXT.filter(bool), TEXT, st.lists(TEXT)), max_size=5))
def test_rows_are_read_as_they_were_written(rows: list[tuple[str, str, list[str]]]) -> None:
    definitions = [{"name": name, "url": url, "locations": places} for name, url, places in rows]
    parsed = read_rows(write_rows([*definitions, {"name": "last", "other": None}]))
    assert parsed.faults == []
    assert [entry.fields for entry in parsed.entries] == [*definitions, {"name": "last", "other": None}]


def test_without_a_library_yaml_is_refused_and_json_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_yaml", lambda: None)
    with pytest.raises(InvalidInput, match=r"format: 'yaml' is not allowed; allowed: JSON or CSV.*PyYAML"):
        parse_yaml("monitors: []")
    assert parse_yaml('{"monitors": []}')[0].value == parse_any('{"monitors": []}')[0].value == {"monitors": []}
    with pytest.raises(InvalidInput, match="JSON"):
        parse_any("{a: b}")


@needs_yaml
def test_parts_of_yaml_know_their_lines() -> None:
    first, second = parse_any("# a comment\nmonitors:\n  - name: a\n  - {name: b}\n---\n[1,\n 2]\n")
    assert first.value == {"monitors": [{"name": "a"}, {"name": "b"}]}
    assert [first.line(("monitors", n)) for n in (0, 1)] == [3, 4]
    assert (first.line(("nothing",)), first.line(("monitors", 0, "name", "deeper")), second.line((1,))) == (
        None,
        None,
        7,
    )


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _merging(levels: int) -> str:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, levels)]
    return "\n".join(lines)


FAULTS = {
    "a tab": ("a:\n\t- b", "line 2"),
    "an open bracket": ("a: [1", "line"),
    "a key twice": ("a: 1\nb: 2\na: 3", "stands once"),
    "a key twice, deep inside": ("m:\n  - {n: 1, 'n': 2}", "stands once"),
    "a Python object": ("a: !!python/object/apply:os.getcwd []", "YAML (line 1"),
    "a ring": ("&a [*a]", "lead back"),
    "aliases without end": (_bomb(9), "aliases written out"),
    "merges without end": (_merging(9), "aliases written out"),
    "a key that is a list": ("? [a]\n: b", "YAML"),
    "depth": ("[" * 50_000, "at most 100 levels"),
    "depth in blocks": ("- " * 50_000, "at most 100 levels"),
    "a date that is none": ("a: 2001-99-99", "YAML"),
    "a control character": ("a: \x01", "YAML"),
}


@needs_yaml
@pytest.mark.parametrize("wrong", FAULTS)
def test_bad_yaml_is_refused_with_its_place(wrong: str) -> None:
    text, allowed = FAULTS[wrong]
    with pytest.raises(InvalidInput) as caught:
        parse_yaml(text)
    assert allowed in f"{caught.value.value} {caught.value.allowed}"


@needs_yaml
def test_anchors_and_merges_are_read() -> None:
    (document,) = parse_yaml("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n")
    assert document.value["y"] == {"a": 1, "b": 3}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_any, parse_json, parse_yaml, read_rows):
        with suppress(InvalidInput):
            read(text)
