"""Expressions mean what they say, in three values, and what is no expression is refused with its place."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.expressions import parse_expression

Read = dict[str, float]
Part = tuple[str, Callable[[Read], float | None]]
Said = tuple[str, Callable[[Read], bool | None]]
SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARES = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq}
VALUES = st.sampled_from([0.0, 1.0, -2.0, 3.5, 1e200, math.nan])


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def joined(left: Part, sign: str, right: Part) -> Part:
    def value(read: Read) -> float | None:
        a, b = left[1](read), right[1](read)
        if a is None or b is None or (sign == "/" and b == 0):
            return None
        return finite(SIGNS[sign](a, b))

    return f"({left[0]} {sign} {right[0]})", value


def compared(left: Part, sign: str, right: Part) -> Said:
    def holds(read: Read) -> bool | None:
        a, b = left[1](read), right[1](read)
        return None if a is None or b is None else bool(COMPARES[sign](a, b))

    return f"{left[0]} {sign} {right[0]}", holds


def both(left: Said, word: str, right: Said) -> Said:
    def holds(read: Read) -> bool | None:
        """Of -1, 0 and 1 for false, unknown and true, `and` is the least and `or` the greatest."""
        rank = {False: -1, None: 0, True: 1}
        found = (min if word == "and" else max)(rank[left[1](read)], rank[right[1](read)])
        return {-1: False, 0: None, 1: True}[found]

    return f"({left[0]} {word} {right[0]})", holds


def opposite(part: Said) -> Said:
    def holds(read: Read) -> bool | None:
        found = part[1](read)
        return None if found is None else not found

    return f"not ({part[0]})", holds


def series(name: str) -> Part:
    return name, lambda read: finite(read.get(name))


def number(value: float) -> Part:
    return repr(value), lambda read: value


numbers = st.recursive(
    st.sampled_from(["a", "b.c", "d"]).map(series) | st.sampled_from([0.0, 1.0, 2.5, 1e200]).map(number),
    lambda inner: st.builds(joined, inner, st.sampled_from(sorted(SIGNS)), inner),
    max_leaves=6,
)
truths = st.recursive(
    st.builds(compared, numbers, st.sampled_from(sorted(COMPARES)), numbers),
    lambda inner: st.builds(both, inner, st.sampled_from(["and", "or"]), inner) | inner.map(opposite),
    max_leaves=5,
)


@given(truths, st.dictionaries(st.sampled_from(["a", "b.c", "d"]), VALUES))
def test_an_expression_says_what_its_parts_say(said: Said, read: Read) -> None:
    text, oracle = both(said, "or", compared(series("a"), ">", number(3)))
    expression = parse_expression(text)
    readings = [[read[name]] if name in read else [] for name in expression.names]
    found = expression.holds(readings)
    assert found is oracle(read)
    assert (expression.why(readings) == "") == (found is not None)


@given(st.text(alphabet='ab.(){}"=~<>!+-*/,0159e \norandot', max_size=40))
def test_any_text_is_an_expression_or_refused_with_a_reason(text: str) -> None:
    try:
        expression = parse_expression(text)
    except InvalidInput as error:
        refused = error.field, bool(error.allowed)
    else:
        assert expression.holds([[1.0]] * len(expression.names)) in {True, False, None}
        return
    assert refused == ("expression", True)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", "a number, a series, a function or ( here"),
        ("cpu", "a comparison, as in a / b > 0.9, where this is a number (at character 1: cpu)"),
        ("cpu > 1 and mem", "a comparison, as in a / b > 0.9, where this is a number (at character 13: mem)"),
        ("1 < cpu < 2", "one comparison after the other joined by and (at character 9: < 2)"),
        ("a > (b > c)", "a number, where this is true or false"),
        ("a > 10k", "(at character 5: 10k)"),
        ("a > 5%", "(at character 5: 5%)"),
        ("a > 1e999", "a finite number"),
        ("1 > 0", "at least one series"),
        ("exec(a) > 1", "a function: abs, avg, count, max, min, sum"),
        ("a.__class__('x') > 1", "(at character 13: 'x') > 1)"),
        ("sum(a + b) > 1", "sum of one selector"),
        ("sum(a, b) > 1", "sum of one selector"),
        ("min(1) > a", "min of one selector, or of several numbers"),
        ("abs(a, b) > 1", "abs of one number"),
        ("a > 1)", "and, or, or the end"),
        ("(a > 1", ") here (at character 7: its end)"),
        ('a{role="db"} > 1', "which hosts are meant is said in hosts"),
        ('a{b=~"("} > 1', "a regular expression"),
        ("a{b} > 1", 'name{label="value"'),
        ("(" * 31 + "a" + ")" * 31 + " > 1", "at most 30 brackets and signs within each other"),
        ("not " * 40 + "a > 1", "at most 30 brackets and signs within each other"),
        ("-" * 40 + "a > 1", "at most 30 brackets and signs within each other"),
        ("+".join(["a"] * 120) + " > 1", "at most 200 numbers, series, signs and functions"),
        ("a > 1" + " " * 2000, "at most 2000 characters"),
    ],
)
def test_what_is_no_expression_is_refused_with_what_is_allowed(text: str, allowed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_expression(text)
    assert caught.value.field == "expression"
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a + b * 2 == 8", True),
        ("(a + b) * 2 == 10", True),
        ("a - b - 1 == -2", True),
        ("12 / b / a == 2", True),
        ("-a < 0 and not b < 3", True),
        ("a > 5 or b > 2 and a > 5", False),
        ("not a > 5 and b > 2", True),
        ("abs(a - b) == 1 and max(a, b, 1) == 3 and min(a, b) == 2", True),
        ('a{x="}\\""} > 5 or b != 2.', True),
        ("a/b-b/a < 0", True),
        ("1e3>=a", True),
    ],
)
def test_signs_bind_as_in_arithmetic(text: str, holds: bool) -> None:
    expression = parse_expression(text)
    values = {"a": 2.0, "b": 3.0}
    assert expression.holds([[values[name[0]]] for name in expression.names]) is holds


def test_functions_look_at_all_series_of_a_selector() -> None:
    read = [[1.0, 2.0, 6.0]]
    for text in ("sum(a) == 9", "avg(a) == 3", "min(a) == 1", "max(a) == 6", "count(a) == 3"):
        assert parse_expression(text).holds(read) is True
    assert parse_expression("count(a) == 0").holds([[]]) is True
    for text in ("sum(a) > 0", "min(a) > 0", "avg(a) > 0"):
        assert parse_expression(text).holds([[]]) is None
        assert parse_expression(text).holds([[1.0, math.nan]]) is None


@pytest.mark.parametrize(
    ("text", "read", "why"),
    [
        ("a / b > 1", [[1.0], [0.0]], "division by zero in a / b"),
        ("1 + a / (b - b) > 1", [[1.0], [5.0]], "division by zero in a / (b - b)"),
        ("a > b", [[1.0], []], "there is no value of b"),
        ("a > b", [[1.0, 2.0], [1.0]], "a means 2 series"),
        ("a > b", [[math.nan], [1.0]], "a is no finite number"),
        ("a * b > 1", [[1e200], [1e200]], "a * b is too large a number"),
        ("max(a, b) > 1", [[1.0], []], "there is no value of b"),
        ("sum(a) > b", [[], [1.0]], "there is no value of a"),
        ("sum(a) > b", [[math.nan], [1.0]], "sum(a) is no finite number"),
        ("b > 1 or a > 1 and not b / a > 1", [[0.0], [1.0]], ""),
    ],
)
def test_what_is_not_known_says_why(text: str, read: list[list[float]], why: str) -> None:
    expression = parse_expression(text)
    assert expression.why(read) == why
    assert (expression.holds(read) is None) == bool(why)


def test_a_guard_decides_before_a_division_by_zero_can() -> None:
    guarded = parse_expression("requests > 0 and errors / requests > 0.1")
    assert guarded.holds([[0.0], [0.0]]) is False
    assert guarded.holds([[10.0], [2.0]]) is True


def test_the_number_that_is_told_is_what_is_compared_first_of_what_is_known() -> None:
    expression = parse_expression("a / b > 0.5 or c < 7")
    assert expression.measured([[3.0], [4.0], [9.0]]) == 0.75
    assert expression.measured([[3.0], [0.0], [2.0]]) == 2.0
