"""Comparing: values in a JSON body with the one that is wanted."""

from __future__ import annotations

from typing import Any

import msgspec

from probes.assertions.answer import Answer
from probes.assertions.definitions import JsonAssertion
from probes.assertions.port import Test
from vedette.errors import InvalidInput
from vedette.monitors.jsonpath import MOST_LOOKS, Look, Query, TooMuchWork, find, parse_path


def json_query(assertion: JsonAssertion) -> Query:
    """The path of a JSON assertion, read; `InvalidInput` for one that is none."""
    try:
        return parse_path(assertion.path)
    except ValueError as error:
        raise InvalidInput("assertions.path", assertion.path, str(error)) from error


def json_test(assertion: JsonAssertion, query: Query, most: int = MOST_LOOKS) -> Test:
    """The test of a JSON assertion: the path names a value, and each value that it names compares; or it names none.

    `most`: looks at values that it may take.
    """
    path = assertion.path

    def test(answer: Answer) -> str | None:
        look = Look(answer.document, most)
        try:
            return judged(find(answer.document, query, look), look)
        except TooMuchWork as error:
            return f"json {path}: {error}"

    def judged(found: list[Any], look: Look) -> str | None:
        op, wanted = assertion.op, assertion.value
        if op == "absent":
            return f"json {path} is {_shown(found[0])}{_beside(found)}, not absent" if found else None
        if not found:
            return f"json {path} does not exist"
        if op == "exists":
            return None
        wrong = [value for value in found if not _compares(value, op, wanted, look)]
        return f"json {path} is {_shown(wrong[0])}{_beside(wrong)}, not {op} {_shown(wanted)}" if wrong else None

    return test


def _beside(values: list[Any]) -> str:
    return f" (and {len(values) - 1} more)" if len(values) > 1 else ""


def _compares(value: Any, op: str, wanted: bool | int | float | str | None, look: Look) -> bool:
    """JSON's own comparison: numbers with numbers, texts with texts; true is no number, and other kinds are unequal."""
    look.spend(1)
    if op == "contains":
        if isinstance(value, str):
            look.read(value)
            return isinstance(wanted, str) and wanted in value
        if not isinstance(value, list):
            return False
        look.spend(len(value))
        return any(_same(item, wanted) for item in value)
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
