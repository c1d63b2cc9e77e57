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


@lru_cache(maxsize=1024)
def grouped(question: Question, names: tuple[str, ...]) -> tuple[Group, ...]:
    """The combinations among the series `names`, in the order of their labels; none where none has all of `per`."""
    parsed = {name: dict(parse_series(name)[1]) for name in names}
    wanted = sorted(question.per)
    found = {
        tuple((label, labels[label]) for label in wanted)
        for labels in parsed.values()
        if all(label in labels for label in wanted)
    }
    return tuple(
        Group(
            combination,
            tuple(
                tuple(
                    name
                    for name in names
                    if all(parsed[name].get(label, value) == value for label, value in combination)
                    and selector.matches_series(name)
                )
                for selector in question.expression.selectors
            ),
        )
        for combination in sorted(found)
    )


def _concerns(expression: Expression, name: str) -> bool:
    return any(selector.matches_series(name) for selector in expression.selectors)
