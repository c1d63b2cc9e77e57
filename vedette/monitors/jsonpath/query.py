"""Query: segments and their selectors, applied to a document (RFC 9535, sections 2.2, 2.3 and 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from vedette.monitors.jsonpath.looking import Look, TooMuchWork


class Selector(Protocol):
    """What chooses among the children of a value."""

    def of(self, value: Any, look: Look) -> Iterator[Any]:
        """The chosen children, in order; none of what has no children."""
        ...


class Test(Protocol):
    """A logical expression of a filter."""

    def holds(self, current: Any, look: Look) -> bool:
        """Whether it is true of that value (`@`)."""
        ...


@dataclass(frozen=True, slots=True)
class Name:
    """A member of an object."""

    name: str

    def of(self, value: Any, look: Look) -> Iterator[Any]:
        """The member, if there is one."""
        look.spend(1)
        if isinstance(value, dict) and self.name in value:
            yield value[self.name]


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list; a negative one counts from the end."""

    index: int

    def of(self, value: Any, look: Look) -> Iterator[Any]:
        """The item, if there is one."""
        look.spend(1)
        if isinstance(value, list) and -len(value) <= self.index < len(value):
            yield value[self.index]


@dataclass(frozen=True, slots=True)
class Slice:
    """Items of a list from `start` up to `end`, each `step`-th; backwards with a negative step."""

    start: int | None
    end: int | None
    step: int | None

    def of(self, value: Any, look: Look) -> Iterator[Any]:
        """These items; none with a step of zero."""
        look.spend(1)
        if isinstance(value, list) and self.step != 0:
            chosen = range(*slice(self.start, self.end, self.step).indices(len(value)))
            look.spend(len(chosen))
            yield from (value[at] for at in chosen)


@dataclass(frozen=True, slots=True)
class Every:
    """All members or items."""

    def of(self, value: Any, look: Look) -> Iterator[Any]:
        """All children."""
        yield from children(value, look)


@dataclass(frozen=True, slots=True)
class Filter:
    """The children of which an expression is true. `constant`: it is true of all of them, or of none."""

    test: Test
    constant: bool = False

    def of(self, value: Any, look: Look) -> Iterator[Any]:
        """These children."""
        if not self.constant:
            return (child for child in children(value, look) if self.test.holds(child, look))
        chosen = isinstance(value, list | dict) and value and self.test.holds(None, look)
        return children(value, look) if chosen else iter(())


@dataclass(frozen=True, slots=True)
class Segment:
    """Selectors, applied to each value, or (`deep`) to each value and all that is in it."""

    selectors: tuple[Selector, ...]
    deep: bool = False

    def of(self, values: list[Any], look: Look) -> list[Any]:
        """What is chosen, value by value, selector by selector."""
        found: list[Any] = []
        for value in values:
            for each in _within(value, look) if self.deep else (value,):
                for selector in self.selectors:
                    found.extend(selector.of(each, look))
        return found


@dataclass(frozen=True, slots=True)
class Query:
    """A path. `relative`: it begins at the value that a filter looks at, not at the document."""

    segments: tuple[Segment, ...]
    relative: bool = False

    @property
    def singular(self) -> bool:
        """Whether it names at most one value in any document."""
        return all(
            not each.deep and len(each.selectors) == 1 and isinstance(each.selectors[0], Name | Index)
            for each in self.segments
        )

    def of(self, current: Any, look: Look) -> list[Any]:
        """All values that it names, in order; those named twice are there twice."""
        look.spend(1)
        values = [current if self.relative else look.root]
        for segment in self.segments:
            values = segment.of(values, look)
        return values


def find(document: Any, query: Query, look: Look | None = None) -> list[Any]:
    """The values that a query names in a document; `TooMuchWork` where that takes more than `look` allows."""
    try:
        return query.of(document, Look(document) if look is None else look)
    except RecursionError:
        raise TooMuchWork("values too deep within each other would have to be compared") from None


def children(value: Any, look: Look) -> Iterator[Any]:
    """Members or items; none of a text, a number, a boolean and null."""
    look.spend(1)
    if isinstance(value, list | dict):
        look.spend(len(value))
        yield from value.values() if isinstance(value, dict) else value


def _within(value: Any, look: Look) -> Iterator[Any]:
    """The value and all that is in it, each before what is in it."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        yield value
        waiting.extend(reversed(list(children(value, look))))
