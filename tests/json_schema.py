"""JSON Schema (draft 2020-12), as much as our schemas use of it; an unknown word is an error: none is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

_NOTES = {
    "$schema", "$defs", "title", "description", "default", "examples", "discriminator", "writeOnly", "deprecated",
    "then", "else",
}  # fmt: skip
"""Words that say nothing about what is valid themselves; `then` and `else` are judged with their `if`."""
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "integer": (int,), "number": (int, float),
}  # fmt: skip


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value, each with its path; empty if nothing is."""
    return list(_faults(schema, value, schema, "$"))


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _faults(schema: Any, value: Any, root: dict[str, Any], at: str) -> Iterator[str]:
    if schema is True:
        return
    if schema is False:
        yield f"{at}: nothing is allowed here"
        return
    for word, told in schema.items():
        if word == "format":
            yield from _format(told, value, at)
        elif word not in _NOTES:
            yield from _RULES[word](told, value, root, at, schema)


def _format(told: str, value: Any, at: str) -> Iterator[str]:
    kinds: dict[str, Any] = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}
    if told in kinds and isinstance(value, str):
        try:
            kinds[told](value)
        except ValueError as error:
            yield f"{at}: {error}"


def _ref(told: str, value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    assert told.startswith("#/"), told
    found: Any = root
    for part in told[2:].split("/"):
        found = found[part]
    yield from _faults(found, value, root, at)


def _type(told: Any, value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    wanted = told if isinstance(told, list) else [told]
    if not any(_is(one, value) for one in wanted):
        yield f"{at}: {value!r:.60} is no {' or '.join(wanted)}"


def _additional(told: Any, value: Any, root: dict[str, Any], at: str, schema: Any) -> Iterator[str]:
    for name in value.keys() - schema.get("properties", {}).keys() if isinstance(value, dict) else ():
        yield from _faults(told, value[name], root, f"{at}.{name}")


def _items(told: Any, value: Any, root: dict[str, Any], at: str, schema: Any) -> Iterator[str]:
    if isinstance(value, list):
        first = len(schema.get("prefixItems", ()))
        for number, one in enumerate(value[first:], first):
            yield from _faults(told, one, root, f"{at}[{number}]")


def _any_of(told: list[Any], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    found = [list(_faults(one, value, root, at)) for one in told]
    if all(found):
        yield f"{at}: fits none: {min(found, key=len)}"


def _one_of(told: list[Any], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    found = [list(_faults(one, value, root, at)) for one in told]
    if sum(not one for one in found) != 1:
        yield f"{at}: fits {sum(not one for one in found)} of those of which one is meant: {min(found, key=len)}"


def _all_of(told: list[Any], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    for one in told:
        yield from _faults(one, value, root, at)


def _if(told: Any, value: Any, root: dict[str, Any], at: str, schema: Any) -> Iterator[str]:
    holds = not list(_faults(told, value, root, at))
    yield from _faults(schema.get("then" if holds else "else", True), value, root, at)


def _not(told: Any, value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    if not list(_faults(told, value, root, at)):
        yield f"{at}: {value!r:.60} is what it must not be"


def _properties(told: dict[str, Any], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    for name, one in told.items() if isinstance(value, dict) else ():
        if name in value:
            yield from _faults(one, value[name], root, f"{at}.{name}")


def _required(told: list[str], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    for name in told if isinstance(value, dict) else ():
        if name not in value:
            yield f"{at}: {name} is missing"


def _prefix(told: list[Any], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    for number, (one, inner) in enumerate(zip(told, value, strict=False)) if isinstance(value, list) else ():
        yield from _faults(one, inner, root, f"{at}[{number}]")


def _simple(kind: type | tuple[type, ...], holds: Any) -> Any:
    def rule(told: Any, value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
        if isinstance(value, kind) and not isinstance(value, bool) and not holds(value, told):
            yield f"{at}: {value!r:.60} is refused by {told!r:.60}"

    return rule


def _same(value: Any, told: Any) -> bool:
    return bool(value == told and isinstance(value, bool) == isinstance(told, bool))


def _equal(told: Any, value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    if not _same(value, told):
        yield f"{at}: {value!r:.60} is not {told!r}"


def _enum(told: list[Any], value: Any, root: dict[str, Any], at: str, _: Any) -> Iterator[str]:
    if not any(_same(value, one) for one in told):
        yield f"{at}: {value!r:.60} is none of {told!r:.200}"


_NUMBER = (int, float)
_RULES: dict[str, Any] = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "allOf": _all_of,
    "if": _if,
    "not": _not,
    "properties": _properties,
    "required": _required,
    "prefixItems": _prefix,
    "items": _items,
    "additionalProperties": _additional,
    "const": _equal,
    "enum": _enum,
    "pattern": _simple(str, lambda value, told: re.search(told, value) is not None),
    "minLength": _simple(str, lambda value, told: len(value) >= told),
    "maxLength": _simple(str, lambda value, told: len(value) <= told),
    "minItems": _simple(list, lambda value, told: len(value) >= told),
    "maxItems": _simple(list, lambda value, told: len(value) <= told),
    "minProperties": _simple(dict, lambda value, told: len(value) >= told),
    "maxProperties": _simple(dict, lambda value, told: len(value) <= told),
    "minimum": _simple(_NUMBER, lambda value, told: value >= told),
    "maximum": _simple(_NUMBER, lambda value, told: value <= told),
    "multipleOf": _simple(_NUMBER, lambda value, told: value % told == 0),
    "exclusiveMinimum": _simple(_NUMBER, lambda value, told: value > told),
    "exclusiveMaximum": _simple(_NUMBER, lambda value, told: value < told),
}
