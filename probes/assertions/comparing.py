"""Comparing: values in a JSON body with the one that is wanted."""

from __future__ import annotations

from typing import Any

import msgspec

from probes.assertions.answer import Answer
from probes.assertions.definitions import JsonAssertion
from probes.assertions.port import Test
from vedette.errors import InvalidInput
from vedette.monitors.jsonpath import MOST_LOOKS, Look, Query, TooMuchWork, compares, find, parse_path, same


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
        wrong = [value for value in found if not _holds(value, op, wanted, look)]
        return f"json {path} is {_shown(wrong[0])}{_beside(wrong)}, not {op} {_shown(wanted)}" if wrong else None

    return test


def _beside(values: list[Any]) -> str:
    return f" (and {len(values) - 1} more)" if len(values) > 1 else ""


def _holds(value: Any, op: str, wanted: bool | int | float | str | None, look: Look) -> bool:
    if op != "contains":
        return compares(value, op, wanted, look)
    if isinstance(value, str):
        look.read(value)
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list) and any(same(item, wanted, look) for item in value)


def _shown(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (msgspec.MsgspecError, UnicodeEncodeError):
        text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
