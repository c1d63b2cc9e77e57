"""The judge of JSON Schema that other tests lean on finds what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.json_schema import faults


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer"}, 1, True),
        ({"type": ["string", "null"]}, None, 1),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 2}, 2, 0),
        ({"multipleOf": 60}, 120, 90),
        ({"enum": [1, "a"]}, "a", "b"),
        ({"const": 1}, 1, True),
        ({"type": "string", "pattern": "^a+$", "minLength": 2}, "aa", "a"),
        ({"format": "date"}, "2026-11-30", "30.11.2026"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, ["a"], []),
        ({"items": {"type": "string"}}, ["a"], ["a", 1]),
        ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, ["a", 1], ["a", "b"]),
        ({"properties": {"a": {"type": "integer"}}, "additionalProperties": False}, {"a": 1}, {"b": 1}),
        ({"additionalProperties": {"type": "integer"}}, {"b": 1}, {"b": "1"}),
        ({"required": ["a"]}, {"a": None}, {}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, 1),
        ({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]}, 1, 7),
        ({"not": {"type": "null"}}, 1, None),
        ({"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"type": "null"}}, None, ""),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, None, 0),
    ],
)
def test_good_values_pass_and_bad_ones_do_not(schema: dict[str, Any], good: Any, bad: Any) -> None:
    assert faults(schema, good) == []
    assert faults(schema, bad)


def test_a_word_that_it_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError, match="dependentRequired"):
        faults({"dependentRequired": {}}, {})
