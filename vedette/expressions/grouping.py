"""Which series of a source an expression is about: one answer for each combination of the values of some labels.

A combination is that of a series that has all these labels. A series belongs to each combination with which the labels
that it has of them agree: one that has none of them belongs to all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vedette.events.names import format_series, parse_series
from vedette.events.samples import layout_series
from vedette.events.selectors import Selector
from vedette.expressions.parsing import Expression

Labels = tuple[tuple[str, str], ...]

MOST_SERIES = 500
"""Of one source and expression."""
MOST_READINGS = 20_000
"""Of one source and expression: those of all operands in all combinations, an operand without any as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """An expression that is to be looked at, on which hosts (None: all), and once for each combination of the labels
    `per`. A value counts for `within_ms`; `mark` is its name in subjects, the same for the same question."""

    expression: Expression
    per: tuple[str, ...]
    hosts: Selector | None
    within_ms: int
    mark: str

    def subject(self, source: str, labels: Labels) -> str:
        """`expression:SOURCE/MARK{LABELS}`."""
        return f"expression:{source}/{format_series(self.mark, labels)}"


@dataclass(frozen=True, slots=True)
class Group:
    """One combination: by operand, the names of its series."""

    labels: Labels
    names: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1 << 16)
def is_asked_of(question: Question, source: str) -> bool:
    """Whether it is asked of the source, whatever roles that has."""
    return question.hosts is None or question.hosts.matches_source(source)


def columns(expression: Expression, layout: bytes) -> tuple[tuple[int, str], ...]:
    """Columns and canonical names of the layout's series that the expression is about."""
    return tuple((at, name) for at, name in enumerate(layout_series(layout)[0]) if _concerns(expression, name))


@lru_cache(maxsize=256)
def grouped(question: Question, names: tuple[str, ...]) -> tuple[Group, ...] | None:
    """The combinations among the series `names`, in the order of their labels; none where none has all of `per`, and
    None where they have more than `MOST_READINGS`."""
    wanted = tuple(sorted(question.per))
    values = [_values_of(name, wanted) for name in names]
    operands = [_Operand(selector, names, values) for selector in question.expression.selectors]
    found, readings = list[Group](), 0
    for combination in sorted({tuple(text for text in one if text is not None) for one in values if None not in one}):
        places = [operand.places(combination) for operand in operands]
        readings += sum(max(1, len(some)) for some in places)
        if readings > MOST_READINGS:
            return None
        labels = tuple(zip(wanted, combination, strict=True))
        found.append(Group(labels, tuple(tuple(names[place] for place in some) for some in places)))
    return tuple(found)


_Values = tuple[str | None, ...]
"""Of the labels `per`, in their order; None where a series has not the label."""


def _values_of(name: str, wanted: tuple[str, ...]) -> _Values:
    labels = dict(parse_series(name)[1])
    return tuple(labels.get(label) for label in wanted)


class _Operand:
    """Places of the series that a selector means, by which of the labels they have, and by the values of those."""

    def __init__(self, selector: Selector, names: tuple[str, ...], values: list[_Values]) -> None:
        self._places: dict[tuple[bool, ...], dict[_Values, list[int]]] = {}
        for place, (name, mine) in enumerate(zip(names, values, strict=True)):
            if selector.matches_series(name):
                has = tuple(text is not None for text in mine)
                self._places.setdefault(has, {}).setdefault(mine, []).append(place)

    def places(self, combination: tuple[str, ...]) -> list[int]:
        """Those that agree with the combination."""
        found = [
            by_values.get(tuple(text if here else None for text, here in zip(combination, has, strict=True)), [])
            for has, by_values in self._places.items()
        ]
        return found[0] if len(found) == 1 else sorted(place for some in found for place in some)


def _concerns(expression: Expression, name: str) -> bool:
    return any(selector.matches_series(name) for selector in expression.selectors)
