"""Body conditions: Gatus's `[BODY].name == x` and the like, as assertions.

Gatus compares what is written: a number, a truth value and the text that looks like it are the same, what is not there
is another text, and null is as good as not there. Where that cannot be said in an assertion, it is told.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from vedette.monitors.jsonpath import parse_path

_PATTERN = re.compile(r"pat\(\*(?P<text>[^*?]+)\*\)")
_PATH = re.compile(r"\[BODY\](?P<path>[.\[].+)")
_HAS = re.compile(r"has\(\[BODY\](?P<path>[.\[].+)\)")
_LENGTH = re.compile(r"len\(\[BODY\](?P<path>[.\[].+)\)")
_ANY_PATH = re.compile(r"\[BODY\](?P<path>[.\[][^)]+)")
_FUNCTION = re.compile(r"(?P<name>any|pat)\((?P<of>[^()]+)\)")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST_PATH = 500
TYPED = "compares with a number or a truth value, not with a text that looks like it"
_TEXTS = "holds for texts only, not for numbers"
_LENGTHS = "counts a text's characters, a list's items and an object's members; what is not there has no length"


class Found(NamedTuple):
    """An assertion, and how it differs from the condition."""

    assertion: dict[str, Any]
    notes: tuple[str, ...] = ()


def of_body(left: str, op: str, right: str) -> Found | None:
    """The assertion; None if there is nothing for this condition."""
    contained = _PATTERN.fullmatch(right)
    if left == "[BODY]" and contained is not None and op in {"==", "!="}:
        return Found({"type": "body", "op": "contains" if op == "==" else "not_contains", "value": contained["text"]})
    if (has := _HAS.fullmatch(left)) is not None and op in {"==", "!="} and right in {"true", "false"}:
        path = "$" + has["path"]
        return _filtered(left, f"{path} && {path} != null", "exists" if (op == "==") is (right == "true") else "absent")
    if (length := _LENGTH.fullmatch(left)) is not None and _NUMBER.fullmatch(right):
        value = f"length(${length['path']})"
        test = (f"{value} == {right}", "absent") if op == "!=" else (f"{value} {op} {right}", "exists")
        return _filtered(left, *test, _LENGTHS)
    found = _PATH.fullmatch(left)
    return None if found is None else _of_value(left, "$" + found["path"], op, right)


def _of_value(left: str, path: str, op: str, right: str) -> Found | None:
    function = _FUNCTION.fullmatch(right)
    if function is not None and op in {"==", "!="}:
        return _of_function(left, path, op, function["name"], function["of"])
    value = scalar(right)
    if "(" in right or right.startswith("[") or not _names_one(path):
        return None
    if op == "!=":
        return _filtered(left, _equals(path, [right]), "absent")
    if op != "==" and isinstance(value, bool | str):
        return None  # Gatus takes spans of time for milliseconds, and texts for 0
    assertion = {"type": "json", "path": path, "op": op, "value": value}
    return Found(assertion, () if isinstance(value, str) else (TYPED,))


def _of_function(left: str, path: str, op: str, name: str, of: str) -> Found | None:
    values = [each.strip() for each in of.split(",")]
    if name == "any" and not any(each.startswith("[") for each in values):
        return _filtered(left, _equals(path, values), "exists" if op == "==" else "absent")
    if name == "pat" and op == "==" and not set(of) & set("[\\/"):
        parts = re.split(r"([*?])", of)
        pattern = "".join({"*": "(?s:.*)", "?": "(?s:.)"}.get(part, re.escape(part)) for part in parts)
        return _filtered(
            left, f"match({path}, {json.dumps(pattern)})", "exists", "holds for texts only, not for numbers"
        )
    return None


def _equals(path: str, values: list[str]) -> str:
    """The test that the value at a path is one of those that are written."""
    readings = [
        reading for value in values for reading in dict.fromkeys((json.dumps(scalar(value)), json.dumps(value)))
    ]
    return " || ".join(f"{path} == {reading}" for reading in readings)


def _filtered(left: str, test: str, op: str, *notes: str) -> Found | None:
    """The assertion with that test; None where `left` names several values, or too many are wanted."""
    inner, path = _ANY_PATH.search(left), f"$[?{test}]"
    if inner is None or not _names_one("$" + inner["path"]) or not _is_path(path):
        return None
    return Found({"type": "json", "path": path, "op": op}, notes)


def _names_one(path: str) -> bool:
    """Whether it names one value. Of several Gatus looks at each element, also at those without the member."""
    return _is_path(path) and parse_path(path).singular


def _is_path(path: str) -> bool:
    try:
        parse_path(path)
    except ValueError:
        return False
    return len(path) <= _LONGEST_PATH


def scalar(written: str) -> bool | int | float | str:
    """The number or truth value that is written, or else the text."""
    if written in {"true", "false"}:
        return written == "true"
    if _JSON_NUMBER.fullmatch(written) is None:
        return written
    try:
        number: int | float = json.loads(written)
    except ValueError:
        return written  # thousands of digits
    return number if abs(number) < 1e300 else written
