"""Grammar: from a query's text to what it stands for (RFC 9535).

Beside the standard's form a name behind a dot may hold hyphens (`$.content-type`), and quoted names control characters.
"""

from __future__ import annotations

import re

from vedette.monitors.jsonpath.filters import (
    All,
    Compares,
    Count,
    Either,
    Exists,
    Length,
    Literal,
    Matches,
    Not,
    Side,
    The,
    matches,
)
from vedette.monitors.jsonpath.query import Every, Filter, Index, Name, Query, Segment, Selector, Slice, Test
from vedette.monitors.jsonpath.scanning import FORM, Scanner

_NAME = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff-]*")
_COMPARE = re.compile(r"==|!=|<=|>=|<|>")
_CALL = re.compile(r"[a-z][a-z_0-9]*(?=\()")
_WORD = re.compile(r"true|false|null")
_FUNCTIONS = ("length", "count", "value", "match", "search")
_WORDS = {"true": True, "false": False, "null": None}


def parse_path(text: str) -> Query:
    """What a query's text stands for; ValueError says what is allowed, and where this one stops being it."""
    reading = _Reading(text)
    if not reading.taken("$"):
        raise ValueError(f"{FORM}; it begins with $")
    query = reading.query(relative=False)
    if reading.at < len(text):
        raise reading.fault()
    return query


class _Reading(Scanner):
    """Reads a query part by part. `blank` is called where the grammar allows blanks, and nowhere else."""

    _relatives = 0
    """How many queries began with `@`."""

    def query(self, *, relative: bool) -> Query:
        """Segments behind `$` or `@`."""
        segments: list[Segment] = []
        while True:
            before = self.at
            self.blank()
            segment = self._segment()
            if segment is None:
                self.at = before
                return Query(tuple(segments), relative)
            segments.append(segment)

    def _segment(self) -> Segment | None:
        if self.taken("["):
            return Segment(self._bracketed())
        if self.taken(".."):
            return Segment(self._bracketed() if self.taken("[") else self._short(), deep=True)
        return Segment(self._short()) if self.taken(".") else None

    def _short(self) -> tuple[Selector, ...]:
        self.step()
        if self.taken("*"):
            return (Every(),)
        return (Name(self.expected(_NAME)),)

    def _bracketed(self) -> tuple[Selector, ...]:
        selectors: list[Selector] = []
        while True:
            self.blank()
            selectors.append(self._selector())
            self.blank()
            if self.taken("]"):
                return tuple(selectors)
            if not self.taken(","):
                raise self.fault()

    def _selector(self) -> Selector:
        self.step()
        if self.taken("*"):
            return Every()
        if self.taken("?"):
            self.blank()
            self.deeper()
            before = self._relatives
            test = self._either()
            self.depth -= 1
            return Filter(test, constant=self._relatives == before)
        if self.text[self.at : self.at + 1] in {"'", '"'}:
            return Name(self.quoted())
        start = self.integer()
        before = self.at
        self.blank()
        if self.taken(":"):
            return self._slice(start)
        self.at = before
        if start is None:
            raise self.fault()
        return Index(start)

    def _slice(self, start: int | None) -> Slice:
        self.blank()
        end = self.integer()
        before = self.at
        self.blank()
        if not self.taken(":"):
            self.at = before
            return Slice(start, end, None)
        self.blank()
        return Slice(start, end, self.integer())

    def _either(self) -> Test:
        parts = [self._all()]
        while self.sign("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Test:
        parts = [self._basic()]
        while self.sign("&&"):
            parts.append(self._basic())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _basic(self) -> Test:
        self.step()
        if self.taken("!"):
            self.blank()
            return Not(self._grouped() if self.taken("(") else self._test(negated=True))
        return self._grouped() if self.taken("(") else self._test()

    def _grouped(self) -> Test:
        self.deeper()
        self.blank()
        found = self._either()
        self.blank()
        if not self.taken(")"):
            raise self.fault()
        self.depth -= 1
        return found

    def _test(self, *, negated: bool = False) -> Test:
        """A comparison, or (the only thing that `!` may stand before) a query or a function that is true or false."""
        begin = self.at
        left = self._side()
        if isinstance(left, Matches):
            return left
        end = self.at
        self.blank()
        operator = _COMPARE.match(self.text, self.at)
        if operator is None:
            self.at = end
            if isinstance(left, Query):
                return Exists(left)
            self.at = begin
            raise self.fault("neither a comparison nor a query")
        if negated:
            raise self.fault("! before a comparison needs brackets")
        self.at = operator.end()
        self.blank()
        right = self._side()
        return Compares(self._single(left, begin), operator[0], self._single(right, operator.end()))

    def _single(self, side: Side | Query | Matches, at: int) -> Side:
        """What may be compared."""
        if isinstance(side, Query) and side.singular:
            return The(side)
        if isinstance(side, Query | Matches):
            self.at = at
            raise self.fault("no single value")
        return side

    def _side(self) -> Side | Query | Matches:
        """What may stand at one side of a comparison, or alone."""
        self.step()
        if self.text[self.at : self.at + 1] in {"'", '"'}:
            return Literal(self.quoted())
        if self.taken("$"):
            return self.query(relative=False)
        if self.taken("@"):
            self._relatives += 1
            return self.query(relative=True)
        call = _CALL.match(self.text, self.at)
        if call is not None:
            return self._call(call[0])
        word = _WORD.match(self.text, self.at)
        if word is not None:
            self.at = word.end()
            return Literal(_WORDS[word[0]])
        return Literal(self.number())

    def _call(self, name: str) -> Side | Matches:
        """A function and its arguments."""
        if name not in _FUNCTIONS:
            raise self.fault(f"no such function (there are {', '.join(_FUNCTIONS)})")
        self.at += len(name) + 1
        self.deeper()
        self.blank()
        begin = self.at
        argument = self._side()
        found: Side | Matches
        if name in {"count", "value"}:
            if not isinstance(argument, Query):
                self.at = begin
                raise self.fault(f"{name} takes a query")
            found = Count(argument) if name == "count" else The(argument)
        elif name == "length":
            found = Length(self._single(argument, begin))
        else:
            found = self._matches(self._single(argument, begin), whole=name == "match")
        self.blank()
        if not self.taken(")"):
            raise self.fault()
        self.depth -= 1
        return found

    def _matches(self, side: Side, *, whole: bool) -> Matches:
        """The pattern is checked here, so it has to stand here: one from the document might be anything."""
        self.blank()
        if not self.taken(","):
            raise self.fault()
        self.blank()
        begin = self.at
        if self.text[begin : begin + 1] not in {"'", '"'}:
            raise self.fault("no pattern in quotes")
        pattern = self.quoted()
        try:
            return matches(side, pattern, whole=whole)
        except ValueError as error:
            self.at = begin
            raise self.fault(str(error)) from error
