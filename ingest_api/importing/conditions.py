"""Conditions: Gatus's `[STATUS] == 200` and the like, as a monitor's fields."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest_api.importing.reading import seconds, statuses
from vedette.errors import InvalidInput
from vedette.monitors.jsonpath import parse_path

_CONDITION = re.compile(r"\s*(?P<left>.+?)\s+(?P<op>==|!=|<=|>=|<|>)\s+(?P<right>.*?)\s*")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CODES = range(100, 600)
_LONGEST_PATH = 500
_PATTERN = re.compile(r"pat\(\*(?P<text>[^*?]+)\*\)")
_PATH = re.compile(r"\[BODY\](?P<path>[.\[].+)")
_HAS = re.compile(r"has\(\[BODY\](?P<path>[.\[].+)\)")
_LENGTH = re.compile(r"len\(\[BODY\](?P<path>[.\[].+)\)")
_ANY_PATH = re.compile(r"\[BODY\](?P<path>[.\[][^)]+)")
_FUNCTION = re.compile(r"(?P<name>any|pat)\((?P<of>[^()]+)\)")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MILLISECONDS = re.compile(r"[1-9][0-9]{0,4}")
_HOLDS_ALREADY = frozenset({("[CONNECTED]", "==", "true"), ("[DNS_RCODE]", "==", "NOERROR")})


def apply_conditions(fields: dict[str, Any], conditions: Sequence[str], notes: list[str]) -> None:
    """Add to `fields` what the conditions ask for; those that there is nothing for are noted."""
    codes = set(_CODES)
    for condition in conditions:
        match = _CONDITION.fullmatch(condition)
        if match is None:
            raise InvalidInput("conditions", condition, "a condition such as [STATUS] == 200")
        left, op, right = match["left"], match["op"], match["right"]
        if left == "[STATUS]":
            codes &= _codes(condition, op, right)
        elif not _apply(fields, left, op, right, notes):
            notes.append(f"the condition {condition}: not carried over")
    if fields["url"].lower().startswith("http"):
        if not codes:
            raise InvalidInput("conditions", "[STATUS]", "conditions that some status from 100 to 599 meets")
        fields["expected_status"] = statuses(codes)


def _codes(condition: str, op: str, right: str) -> set[int]:
    wanted = right[4:-1].split(",") if right.startswith("any(") and right.endswith(")") else [right]
    try:
        numbers = [int(one) for one in wanted]
    except ValueError as error:
        raise InvalidInput("conditions", condition, "status codes from 100 to 599") from error
    if op == "!=":
        return {code for code in _CODES if code not in numbers}
    return {code for code in _CODES if any(_COMPARE[op](code, number) for number in numbers)}


def _apply(fields: dict[str, Any], left: str, op: str, right: str, notes: list[str]) -> bool:
    """Whether there is something for this condition."""
    if (left, op, right) in _HOLDS_ALREADY:
        return True
    if left == "[RESPONSE_TIME]" and op in {"<", "<="} and _MILLISECONDS.fullmatch(right):
        # Nothing is slower than the time-out: that is a failure anyway.
        if int(right) < fields["timeout_s"] * 1000:
            fields["down_above_ms"] = int(right)
        return True
    if left == "[CERTIFICATE_EXPIRATION]" and op in {">", ">="}:
        fields["certificate_down_days"] = seconds("conditions", right) / 86_400
        return True
    if "record_type" in fields:
        if left == "[BODY]" and op == "==" and not right.startswith(("pat(", "any(")):
            fields["expected_answers"] = [right]
            return True
        return False
    assertion = _assertion(left, op, right, notes) if fields["url"].lower().startswith("http") else None
    if assertion is not None:
        fields.setdefault("assertions", []).append(assertion)
        if "match(" in assertion.get("path", ""):
            notes.append(f"the condition {left} {op} {right}: holds for texts only, not for numbers")
    return assertion is not None


def _assertion(left: str, op: str, right: str, notes: list[str]) -> dict[str, Any] | None:
    contained = _PATTERN.fullmatch(right)
    if left == "[BODY]" and contained is not None and op in {"==", "!="}:
        return {"type": "body", "op": "contains" if op == "==" else "not_contains", "value": contained["text"]}
    tested = _tested(left, op, right)
    if tested is not None:
        return _filtered(left, *tested)
    path = _PATH.fullmatch(left)
    if path is None or "(" in right or right.startswith("["):
        return None
    return {"type": "json", "path": "$" + path["path"], "op": op, "value": _scalar(right)}


def _tested(left: str, op: str, right: str) -> tuple[str, str] | None:
    """What only a filter has: its expression, and whether it must hold (`exists`) or not (`absent`).

    A length, one of several values, a pattern, or whether there is a value; null is none.
    """
    if (has := _HAS.fullmatch(left)) is not None and op in {"==", "!="} and right in {"true", "false"}:
        path = "$" + has["path"]
        return f"{path} && {path} != null", "exists" if (op == "==") is (right == "true") else "absent"
    if (length := _LENGTH.fullmatch(left)) is not None and _NUMBER.fullmatch(right):
        value = f"length(${length['path']})"
        return (f"{value} == {right}", "absent") if op == "!=" else (f"{value} {op} {right}", "exists")
    found, function = _PATH.fullmatch(left), _FUNCTION.fullmatch(right)
    if found is None or function is None or op not in {"==", "!="}:
        return None
    path, name, of = "$" + found["path"], function["name"], function["of"]
    if name == "any" and not any(each.strip().startswith("[") for each in of.split(",")):
        written = [json.dumps(value) for each in of.split(",") for value in _readings(each.strip())]
        return " || ".join(f"{path} == {value}" for value in written), "exists" if op == "==" else "absent"
    if name == "pat" and op == "==" and not set(of) & set("[\\/"):
        parts = re.split(r"([*?])", of)
        pattern = "".join({"*": "(?s:.*)", "?": "(?s:.)"}.get(part, re.escape(part)) for part in parts)
        return f"match({path}, {json.dumps(pattern)})", "exists"
    return None


def _filtered(left: str, test: str, op: str) -> dict[str, Any] | None:
    """The assertion; None where `left` names several values, which Gatus takes one by one, or too many are wanted."""
    inner, path = _ANY_PATH.search(left), f"$[?{test}]"
    try:
        fits = inner is not None and parse_path("$" + inner["path"]).singular and len(path) <= _LONGEST_PATH
        return {"type": "json", "path": path, "op": op} if fits and parse_path(path) else None
    except ValueError:
        return None


def _readings(written: str) -> list[bool | int | float | str]:
    """Gatus compares what is written: a number, a truth value and the text that looks like it are the same."""
    value = _scalar(written)
    return [value] if isinstance(value, str) else [value, written]


def _scalar(written: str) -> bool | int | float | str:
    if written in {"true", "false"}:
        return written == "true"
    if _JSON_NUMBER.fullmatch(written) is None:
        return written
    try:
        number: int | float = json.loads(written)
    except ValueError:
        return written  # thousands of digits
    return number if abs(number) < 1e300 else written
