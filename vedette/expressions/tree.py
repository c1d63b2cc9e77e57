"""What an expression is made of, and what it says: numbers, and truth of three values.

A number that nobody knows (no series, no finite value, a division by zero) is None, and so is a comparison with one.
`and`, `or` and `not` are Kleene's: what is known decides where it can, so `false and unknown` is false. Source: Kleene,
Introduction to Metamathematics (1952), § 64.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Readings = Sequence[Sequence[float]]
"""By operand, the values of the series that it means; NaN where a series has none."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that stands there."""

    number: float

    def value(self, readings: Readings) -> float | None:
        """The number."""
        return self.number

    def why(self, readings: Readings) -> str | None:
        """It is known always."""
        return None


@dataclass(frozen=True, slots=True)
class Operand:
    """The value of the one series that a selector means."""

    at: int
    text: str

    def value(self, readings: Readings) -> float | None:
        """Its value, if there is one series and that has a finite one."""
        mine = readings[self.at]
        return mine[0] if len(mine) == 1 and math.isfinite(mine[0]) else None

    def why(self, readings: Readings) -> str | None:
        """None of it, or too many."""
        count = len(readings[self.at])
        if count > 1:
            return f"{self.text} means {count} series"
        if not count:
            return f"there is no value of {self.text}"
        return None if math.isfinite(readings[self.at][0]) else f"{self.text} is no finite number"


@dataclass(frozen=True, slots=True)
class Over:
    """`sum`, `avg`, `min`, `max` or `count` of all series that a selector means."""

    function: str
    at: int
    text: str

    def value(self, readings: Readings) -> float | None:
        """Of no series only the count is known; of some that have no value, none is."""
        mine = readings[self.at]
        if self.function == "count":
            return float(len(mine))
        return _finite(_OVER[self.function](mine)) if mine else None

    def why(self, readings: Readings) -> str | None:
        """None of them, or no number."""
        if self.value(readings) is not None:
            return None
        said = f"{self.function}({self.text})"
        return f"{said} is no finite number" if readings[self.at] else f"there is no value of {self.text}"


def _total(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else sum(values)


def _least(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else min(values)


def _most(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


_OVER: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": _total,
    "avg": lambda values: _total(values) / len(values),
    "min": _least,
    "max": _most,
}
OVER = frozenset({*_OVER, "count"})
CALLS: dict[str, Callable[[Sequence[float]], float]] = {
    "abs": lambda values: abs(values[0]),
    "min": min,
    "max": max,
}
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
COMPARES: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Call:
    """A function of numbers."""

    function: str
    parts: tuple[Number, ...]

    def value(self, readings: Readings) -> float | None:
        """Known if all parts are."""
        values = []
        for part in self.parts:
            value = part.value(readings)
            if value is None:
                return None
            values.append(value)
        return CALLS[self.function](values)

    def why(self, readings: Readings) -> str | None:
        """What the first part says that is not known."""
        return next((why for part in self.parts if (why := part.why(readings))), None)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers and what is between them; `text` is how it was written."""

    sign: str
    left: Number
    right: Number
    text: str

    def value(self, readings: Readings) -> float | None:
        """None for a division by zero, and for what is too large for a number."""
        left, right = self.left.value(readings), self.right.value(readings)
        if left is None or right is None or (self.sign == "/" and right == 0):
            return None
        return _finite(ARITHMETIC[self.sign](left, right))

    def why(self, readings: Readings) -> str | None:
        """What is wrong with a side, or with both together."""
        inner = self.left.why(readings) or self.right.why(readings)
        if inner or self.value(readings) is not None:
            return inner
        if self.sign == "/" and self.right.value(readings) == 0:
            return f"division by zero in {self.text}"
        return f"{self.text} is too large a number"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether two numbers are as the sign says."""

    sign: str
    left: Number
    right: Number

    def holds(self, readings: Readings) -> bool | None:
        """Known if both sides are."""
        left, right = self.left.value(readings), self.right.value(readings)
        return None if left is None or right is None else COMPARES[self.sign](left, right)

    def why(self, readings: Readings) -> str | None:
        """What is wrong with a side."""
        return self.left.why(readings) or self.right.why(readings)

    def comparisons(self) -> Iterator[Comparison]:
        """This one."""
        yield self


@dataclass(frozen=True, slots=True)
class Joint:
    """`and` or `or` of several parts: `decides` is what any one part must be to decide alone."""

    decides: bool
    parts: tuple[Truth, ...]

    def holds(self, readings: Readings) -> bool | None:
        """Kleene's: one part that decides is enough, whatever the others."""
        found: bool | None = not self.decides
        for part in self.parts:
            one = part.holds(readings)
            if one is self.decides:
                return one
            if one is None:
                found = None
        return found

    def why(self, readings: Readings) -> str | None:
        """What the first part says that is not known, if no other decides."""
        if self.holds(readings) is not None:
            return None
        return next((why for part in self.parts if (why := part.why(readings))), None)

    def comparisons(self) -> Iterator[Comparison]:
        """Those of the parts."""
        for part in self.parts:
            yield from part.comparisons()


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: Truth

    def holds(self, readings: Readings) -> bool | None:
        """Known if the part is."""
        found = self.part.holds(readings)
        return None if found is None else not found

    def why(self, readings: Readings) -> str | None:
        """What the part says."""
        return self.part.why(readings)

    def comparisons(self) -> Iterator[Comparison]:
        """Those of the part."""
        return self.part.comparisons()


Number = Constant | Operand | Over | Call | Arithmetic
"""A part that is a number."""
Truth = Comparison | Joint | Not
"""A part that is true or false."""
