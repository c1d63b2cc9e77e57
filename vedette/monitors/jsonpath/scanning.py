"""Scanner: a query's text and how far it was read; names, numbers and texts in quotes."""

from __future__ import annotations

import json
import math
import re
from typing import Any

MOST_STEPS = 50
"""Selectors and parts of filters in one query."""
_DEEPEST = 10
"""Brackets within brackets, in filters."""
FORM = "a JSON path such as $.a.b[0]['c'], $.items[*].state or $.items[?@.size > 3] (RFC 9535)"
_MOST = (1 << 53) - 1
_BLANK = re.compile(r"[ \t\n\r]*")
_INT = re.compile(r"0|-?[1-9][0-9]{0,15}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TEXT = re.compile(r"""'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)\"""", re.DOTALL)
_QUOTE = re.compile(r"""\\.|\"""", re.DOTALL)
_QUOTES = {r"\'": "'", '"': r"\"", r"\"": r"\x"}
"""Of a text in single quotes, what is otherwise in double ones; the last has no meaning there."""


class Scanner:
    """A text, and how far it was read (`at`)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._steps = 0
        self.depth = 0

    def fault(self, why: str = "not understood") -> ValueError:
        """What is wrong, from here on."""
        return ValueError(f"{FORM}; {why} from character {self.at + 1}: {self.text[self.at : self.at + 20]!r}")

    def taken(self, what: str) -> bool:
        """Read just that, if it is next."""
        found = self.text.startswith(what, self.at)
        self.at += len(what) if found else 0
        return found

    def quoted(self) -> str:
        """A text in quotes: JSON's escapes, and the one of the quote that it stands in."""
        begin = self.at
        found = _TEXT.match(self.text, begin)
        if found is None:
            raise self.fault("no end of the quotes")
        inner: str | None = found["double"]
        if inner is None:
            inner = _QUOTE.sub(lambda each: _QUOTES.get(each[0], each[0]), found["single"])
        try:
            text: str = json.loads(f'"{inner}"', strict=False)
            text.encode()
        except ValueError as error:
            raise self.fault("no such escape") from error
        self.at = found.end()
        return text

    def number(self) -> Any:
        """A finite number."""
        begin = self.at
        number = json.loads(self.expected(_NUMBER))
        if isinstance(number, float) and not math.isfinite(number):
            self.at = begin
            raise self.fault("too large a number")
        return number

    def integer(self) -> int | None:
        """An integer, if one is next."""
        found = _INT.match(self.text, self.at)
        if found is None:
            return None
        number = int(found[0])
        if abs(number) > _MOST:
            raise self.fault("too large a number")
        self.at = found.end()
        return number

    def expected(self, form: re.Pattern[str]) -> str:
        """What must be next."""
        found = form.match(self.text, self.at)
        if found is None:
            raise self.fault()
        self.at = found.end()
        return found[0]

    def sign(self, sign: str) -> bool:
        """Read a sign with blanks around it, if it is next."""
        before = self.at
        self.blank()
        if self.taken(sign):
            self.blank()
            return True
        self.at = before
        return False

    def blank(self) -> None:
        """Read blanks."""
        found = _BLANK.match(self.text, self.at)
        self.at = self.at if found is None else found.end()

    def step(self) -> None:
        """One selector or part of a filter more."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise self.fault(f"more than {MOST_STEPS} steps")

    def deeper(self) -> None:
        """One bracket more is open."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.fault(f"more than {_DEEPEST} brackets within each other")
