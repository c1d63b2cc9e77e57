"""Comparing: a value in a JSON body with the one that is wanted."""

from __future__ import annotations

from typing import Any

import msgspec

from probes.assertions.answer import Answer
from probes.assertions.definitions import JsonAssertion
from probes.assertions.port import Test
from vedette.errors import InvalidInput
from vedette.monitors.jsonpath import find, parse_path


def json_test(assertion: JsonAssertion) -> Test:
    """The test of a JSON assertion; `InvalidInput` for a path that is none."""
    path, op, wanted = assertion.path, assertion.op, assertion.value
    try:
        steps = parse_path(path)
    except ValueError as error:
        raise InvalidInput("assertions.path", path, str(error)) from error

    def test(answer: Answer) -> str | None:
        found = find(answer.document, steps)
        if not found.exists:
            return f"json {path} does not exist"
        if op == "exists" or _compares(found.value, op, wanted):
            return None
        return f"json {path} is {_shown(found.value)}, not {op} {_shown(wanted)}"

    return test


def _compares(value: Any, op: str, wanted: bool | int | float | str | None) -> bool:
    """JSON's own comparison: numbers with numbers, texts with texts; true is no number, and other kinds are unequal."""
    if op == "contains":
        if isinstance(value, str):
            return isinstance(wanted, str) and wanted in value
        return isinstance(value, list) and any(_same(item, wanted) for item in value)
    if op in {"==", "!="}:
        return _same(value, wanted) is (op == "==")
    if isinstance(value, bool) or isinstance(wanted, bool):
        return False
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return _ordered(value, op, wanted)
    return isinstance(value, str) and isinstance(wanted, str) and _ordered(value, op, wanted)


def _ordered(value: Any, op: str, wanted: Any) -> bool:
    if op in {"<", "<="}:
        return bool(value < wanted or (op == "<=" and value == wanted))
    return bool(value > wanted or (op == ">=" and value == wanted))


def _same(value: Any, wanted: bool | int | float | str | None) -> bool:
    return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def _shown(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (msgspec.MsgspecError, UnicodeEncodeError):
        text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
