"""Conditions: Gatus's `[STATUS] == 200` and the like, as a monitor's fields."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest_api.importing.body_conditions import of_body
from ingest_api.importing.reading import seconds, statuses
from vedette.errors import InvalidInput

_CONDITION = re.compile(r"\s*(?P<left>.+?)\s+(?P<op>==|!=|<=|>=|<|>)\s+(?P<right>.*?)\s*")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CODES = range(100, 600)
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
        if left == "[STATUS]" and fields["url"].lower().startswith("http"):
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
            fields["down_above_ms"] = min(int(right), fields.get("down_above_ms", int(right)))
        return True
    if left == "[CERTIFICATE_EXPIRATION]" and op in {">", ">="}:
        days = seconds("conditions", right) / 86_400
        fields["certificate_down_days"] = max(days, fields.get("certificate_down_days", 0.0))
        return True
    if "record_type" in fields:
        if left == "[BODY]" and op == "==" and not right.startswith(("pat(", "any(")):
            return bool(fields.setdefault("expected_answers", [right]) == [right])
        return False
    found = of_body(left, op, right) if fields["url"].lower().startswith("http") else None
    if found is not None:
        fields.setdefault("assertions", []).append(found.assertion)
        notes.extend(f"the condition {left} {op} {right}: {note}" for note in found.notes)
    return found is not None
