"""Judging: all assertions of a monitor, made ready once, against one answer after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probes.assertions.answer import Answer, Unreadable
from probes.assertions.comparing import json_query, json_test
from probes.assertions.definitions import (
    Assertion,
    BodyAssertion,
    HeaderAssertion,
    JsonAssertion,
    Severity,
    SizeAssertion,
)
from probes.assertions.port import Test
from probes.assertions.searching import BUDGET, Pattern
from probes.faults import Fault
from vedette.monitors.jsonpath import MOST_LOOKS, Query

PLAIN_STEPS, HEAVY_STEPS = 8, 1_000_000
"""Steps per byte of what is no pattern, and the steps (some milliseconds) above which a thread does the work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold, and what the monitor is because of it."""

    severity: Severity
    fault: Fault


class Assertions:
    """The assertions of one monitor. `InvalidInput` for one that can never be judged."""

    def __init__(self, assertions: Sequence[Assertion]) -> None:
        patterns = [_pattern(assertion) for assertion in assertions]
        budget = BUDGET // max(1, sum(pattern is not None for pattern in patterns))
        queries = [json_query(each) if isinstance(each, JsonAssertion) else None for each in assertions]
        most = MOST_LOOKS // max(1, sum(map(_is_long, assertions, queries)))
        parts = zip(assertions, patterns, queries, strict=True)
        self._tests = [(each.severity, _test(each, pattern, query, budget, most)) for each, pattern, query in parts]
        self._steps = sum(map(_steps, patterns, queries))
        self.need_body = any(isinstance(assertion, BodyAssertion | JsonAssertion) for assertion in assertions)
        self.need_headers = self.need_body or any(isinstance(each, HeaderAssertion) for each in assertions)

    def __bool__(self) -> bool:
        return bool(self._tests)

    def are_heavy(self, size: int, *, packed: bool) -> bool:
        """Whether judging a body of `size` bytes may take so long that it belongs into a thread."""
        return self.need_body and (packed or size * self._steps > HEAVY_STEPS)

    def judge(self, answer: Answer) -> list[Finding]:
        """What does not hold, in the order of the definition. RE2 lets other threads run meanwhile."""
        found: list[Finding] = []
        for severity, test in self._tests:
            try:
                wrong = test(answer)
            except Unreadable as error:
                wrong = str(error)
            if wrong is not None:
                found.append(Finding(severity, Fault("assertion", wrong)))
        return found


def _test(assertion: Assertion, pattern: Pattern | None, query: Query | None, budget: int, most: int) -> Test:
    if isinstance(assertion, HeaderAssertion):
        return _header(assertion, pattern)
    if isinstance(assertion, BodyAssertion):
        return _body(assertion, pattern, budget)
    if isinstance(assertion, JsonAssertion):
        assert query is not None  # made for each of this kind
        return json_test(assertion, query, most)
    return _size(assertion)


def _is_long(assertion: Assertion, query: Query | None) -> bool:
    """Whether a path may need many looks: it names many values, or one in which something is looked for."""
    return isinstance(assertion, JsonAssertion) and (assertion.op == "contains" or not (query and query.singular))


def _steps(pattern: Pattern | None, query: Query | None) -> int:
    """Steps per byte, at worst. A query that names many values may look at more of them than the body has bytes."""
    if query is not None and not query.singular:
        return HEAVY_STEPS
    return PLAIN_STEPS if pattern is None else pattern.steps


def _pattern(assertion: Assertion) -> Pattern | None:
    wanted = isinstance(assertion, HeaderAssertion | BodyAssertion) and assertion.op in {"regex", "not_regex"}
    return Pattern(assertion.value) if wanted else None  # type: ignore[union-attr,arg-type] # `wanted` says which


def _header(assertion: HeaderAssertion, pattern: Pattern | None) -> Test:
    name, op, wanted = assertion.name.lower(), assertion.op, assertion.value

    def test(answer: Answer) -> str | None:
        values = [value for each, value in answer.headers if each == name]
        if not values:
            return f"header {name} is missing"
        if op == "not_regex" and pattern is not None:
            found = next((value for value in values if pattern.found(value)), None)
            return None if found is None else f"header {name} is {found[:60]!r}, which matches {wanted[:60]!r}"
        for value in values:
            if op == "equals" and value == wanted:
                return None
            if op == "contains" and wanted in value:
                return None
            if pattern is not None and pattern.found(value):
                return None
        return f"header {name} is {values[0][:60]!r}, not {op} {wanted[:60]!r}"

    return test


def _body(assertion: BodyAssertion, pattern: Pattern | None, budget: int) -> Test:
    op, wanted = assertion.op, assertion.value
    shown, needle = wanted[:80], wanted.encode()

    def test(answer: Answer) -> str | None:
        if pattern is not None:
            most = pattern.reach(budget)
            where = f" in its first {most} bytes" if len(answer.body) > most else ""
            if pattern.found(answer.body[:most]) is (op == "regex"):
                return None
            return f"body does not match {shown!r}{where}" if op == "regex" else f"body matches {shown!r}"
        if (needle in answer.body) is (op == "contains"):
            return None
        return f"body lacks {shown!r}" if op == "contains" else f"body contains {shown!r}"

    return test


def _size(assertion: SizeAssertion) -> Test:
    low, high = assertion.min_bytes, assertion.max_bytes

    def test(answer: Answer) -> str | None:
        if low is not None and answer.size < low:
            return f"body has {answer.size} bytes, fewer than {low}"
        if high is not None and answer.size > high:
            return f"body has {answer.size} bytes, more than {high}"
        return None

    return test
