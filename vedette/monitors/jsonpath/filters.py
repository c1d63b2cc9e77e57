"""Filters: the logical expressions behind `?`, and the functions in them (RFC 9535, sections 2.3.5 and 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from vedette.errors import InvalidInput
from vedette.monitors.jsonpath.looking import Look, compares
from vedette.monitors.jsonpath.query import Query, Test


class _Nothing:
    """No value: what a query that finds none stands for in a comparison. Nothing is equal to nothing."""


NOTHING = _Nothing()
_STEPS_PER_LOOK = 64
"""So many steps of RE2 take as long as a look at a value."""
_MATCH_LOOKS = 16
"""A match takes as long as so many looks, however short the text."""


class Side(Protocol):
    """What stands at one side of a comparison."""

    def value(self, current: Any, look: Look) -> Any:
        """Its value, or `NOTHING`."""
        ...


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    parts: tuple[Test, ...]

    def holds(self, current: Any, look: Look) -> bool:
        """`||`"""
        look.spend(1)
        return any(part.holds(current, look) for part in self.parts)


@dataclass(frozen=True, slots=True)
class All:
    """Each of them."""

    parts: tuple[Test, ...]

    def holds(self, current: Any, look: Look) -> bool:
        """`&&`"""
        look.spend(1)
        return all(part.holds(current, look) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: Test

    def holds(self, current: Any, look: Look) -> bool:
        """`!`"""
        look.spend(1)
        return not self.part.holds(current, look)


@dataclass(frozen=True, slots=True)
class Exists:
    """A query that finds something, whatever its value."""

    query: Query

    def holds(self, current: Any, look: Look) -> bool:
        """Whether it does."""
        return bool(self.query.of(current, look))


@dataclass(frozen=True, slots=True)
class Matches:
    """`match` (`whole`) and `search`: a text of which a pattern is true."""

    side: Side
    matcher: Callable[[str], bool]
    steps: int
    """Of the pattern, for each byte of a text, at worst."""

    def holds(self, current: Any, look: Look) -> bool:
        """Whether there is a text, and it matches."""
        look.spend(_MATCH_LOOKS)
        value = self.side.value(current, look)
        if not isinstance(value, str):
            return False
        look.spend(self.steps * (len(value) + 4) // _STEPS_PER_LOOK)
        return self.matcher(value)


def matches(side: Side, pattern: str, *, whole: bool) -> Matches:
    """The test of that pattern; ValueError for what is none, or without RE2."""
    try:
        from vedette.events import patterns  # a probe needs definitions, but perhaps no patterns
    except ImportError:
        raise ValueError("no patterns here: google-re2 is not installed") from None
    try:
        patterns.check_pattern("pattern", pattern)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    matcher = patterns.matches_whole if whole else patterns.matches_somewhere
    return Matches(side, partial(matcher, pattern), patterns.steps_per_byte(pattern))


@dataclass(frozen=True, slots=True)
class Compares:
    """`==`, `!=`, `<`, `<=`, `>`, `>=` between two values."""

    left: Side
    op: str
    right: Side

    def holds(self, current: Any, look: Look) -> bool:
        """By the kinds of the values."""
        return compares(self.left.value(current, look), self.op, self.right.value(current, look), look)


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false or null."""

    literal: Any

    def value(self, current: Any, look: Look) -> Any:
        """Itself."""
        return self.literal


@dataclass(frozen=True, slots=True)
class The:
    """The one value that a query finds (also the function `value`)."""

    query: Query

    def value(self, current: Any, look: Look) -> Any:
        """That value; nothing if there is none, or more than one."""
        found = self.query.of(current, look)
        return found[0] if len(found) == 1 else NOTHING


@dataclass(frozen=True, slots=True)
class Count:
    """The function `count`."""

    query: Query

    def value(self, current: Any, look: Look) -> Any:
        """How many values the query finds."""
        return len(self.query.of(current, look))


@dataclass(frozen=True, slots=True)
class Length:
    """The function `length`."""

    side: Side

    def value(self, current: Any, look: Look) -> Any:
        """Characters of a text, items of a list, members of an object; of other values nothing."""
        look.spend(1)
        value = self.side.value(current, look)
        return len(value) if isinstance(value, str | list | dict) else NOTHING
