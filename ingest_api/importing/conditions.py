"""Conditions: Gatus's `[STATUS] == 200` and the like, as a monitor's fields."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest_api.importing.reading import seconds, statuses
from vedette.errors import InvalidInput

_CONDITION = re.compile(r"\s*(?P<left>.+?)\s+(?P<op>==|!=|<=|>=|<|>)\s+(?P<right>.*?)\s*")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CODES = range(100, 600)
_PATTERN = re.compile(r"pat\(\*(?P<text>[^*?]+)\*\)")
_PATH = re.compile(r"\[BODY\](?P<path>[.\[].+)")
_HAS = re.compile(r"has\(\[BODY\](?P<path>[.\[].+)\)")
_LENGTH = re.compile(r"len\(\[BODY\](?P<path>[.\[].+)\)")
_FUNCTION = re.compile(r"(?P<name>any|pat)\((?P<of>[^()]+)\)")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
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
        elif not _apply(fields, left, op, right):
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


def _apply(fields: dict[str, Any], left: str, op: str, right: str) -> bool:
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
    assertion = _assertion(left, op, right) if fields["url"].lower().startswith("http") else None
    if assertion is not None:
        fields.setdefault("assertions", []).append(assertion)
    return assertion is not None


def _assertion(left: str, op: str, right: str) -> dict[str, Any] | None:
    contained = _PATTERN.fullmatch(right)
    if left == "[BODY]" and contained is not None and op in {"==", "!="}:
        return {"type": "body", "op": "contains" if op == "==" else "not_contains", "value": contained["text"]}
    has = _HAS.fullmatch(left)
    if has is not None and op in {"==", "!="} and right in {"true", "false"}:
        return {
            "type": "json",
            "path": "$" + has["path"],
            "op": "exists" if (op == "==") is (right == "true") else "absent",
        }
    test = _test(left, op, right)
    if test is not None:
        return {"type": "json", "path": f"$[?{test}]", "op": "exists"}
    path = _PATH.fullmatch(left)
    if path is None or "(" in right:
        return None
    return {"type": "json", "path": "$" + path["path"], "op": op, "value": _scalar(right)}


def _test(left: str, op: str, right: str) -> str | None:
    """What a JSON path has in a filter only: a length, one of several values, a pattern; of a part of the body."""
    length = _LENGTH.fullmatch(left)
    if length is not None and _NUMBER.fullmatch(right):
        return f"length(${length['path']}) {op} {right}"
    path, function = _PATH.fullmatch(left), _FUNCTION.fullmatch(right)
    if path is None or function is None or op not in {"==", "!="}:
        return None
    if function["name"] == "any":
        values = [json.dumps(_scalar(value.strip())) for value in function["of"].split(",")]
        tests = [f"${path['path']} {op} {value}" for value in values]
        return (" || " if op == "==" else " && ").join(tests)
    pattern = "".join(
        {"*": "(?s:.*)", "?": "(?s:.)"}.get(part, re.escape(part)) for part in re.split(r"([*?])", function["of"])
    )
    return f"{'' if op == '==' else '!'}match(${path['path']}, {json.dumps(pattern)})"


def _scalar(written: str) -> bool | int | float | str:
    if written in {"true", "false"}:
        return written == "true"
    for kind in (int, float):
        try:
            number = kind(written)
        except ValueError:
            continue
        if abs(number) < 1e300:
            return number
    return written
