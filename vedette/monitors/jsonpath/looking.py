"""Looking: how much one evaluation of a query may look at, and the comparison that is counted with it."""

from __future__ import annotations

from typing import Any

MOST_LOOKS = 500_000
"""Looks at values that one evaluation may take: some tenths of a second, in a thread."""
_TEXT_LOOK = 256
"""Characters of a text that count as one value."""


class TooMuchWork(Exception):
    """The query looks at too many values of this document."""


class Look:
    """One evaluation: the document, and what is left of the work allowed. `TooMuchWork` when nothing is."""

    __slots__ = ("_most", "left", "root")

    def __init__(self, root: Any, most: int = MOST_LOOKS) -> None:
        self.root = root
        self._most = self.left = most

    def spend(self, values: int) -> None:
        """So many values are about to be looked at."""
        self.left -= values
        if self.left < 0:
            raise TooMuchWork(f"more than {self._most} looks at values would be needed")

    def read(self, text: str) -> None:
        """So much text is about to be looked at."""
        self.spend(1 + len(text) // _TEXT_LOOK)


def same(one: Any, other: Any, look: Look) -> bool:
    """JSON's equality: numbers by value, true is no number, lists item by item, objects name by name."""
    look.spend(1)
    if one is other or isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        look.read(one)
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b, look) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(_same_member(name, one, other, look) for name in one)
    return bool(one == other)


def _same_member(name: str, one: dict[str, Any], other: dict[str, Any], look: Look) -> bool:
    look.read(name)
    return name in other and same(one[name], other[name], look)


def less(one: Any, other: Any, look: Look) -> bool:
    """Whether two numbers or two texts are in this order; nothing else has one."""
    look.spend(1)
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, str) and isinstance(other, str):
        look.read(one)
        return one < other
    return isinstance(one, int | float) and isinstance(other, int | float) and one < other


def compares(one: Any, op: str, other: Any, look: Look) -> bool:
    """`==`, `!=`, `<`, `<=`, `>` or `>=`, by the kinds of the values: what has no order is neither less nor greater."""
    if op in {"==", "!="}:
        return same(one, other, look) is (op == "==")
    if op in {">", ">="}:
        one, other = other, one
    return less(one, other, look) or (op in {"<=", ">="} and same(one, other, look))
