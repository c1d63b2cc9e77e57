"""The text of expressions, as in `memory.used / memory.total > 0.9 and cpu.used_ratio > 0.5`.

    truth   = both { "or" both }                     both  = no { "and" no }
    no      = "not" no | "(" truth ")" | compare     compare = sum (">" | ">=" | "<" | "<=" | "==" | "!=") sum
    sum     = product { ("+" | "-") product }        product = sign { ("*" | "/") sign }
    sign    = "-" sign | number | "(" sum ")" | function "(" … ")" | selector

A name here has letters, digits, `_`, `.` and `:`. Nothing is evaluated by Python: what is not in this list is refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

from vedette.errors import InvalidInput
from vedette.events.selectors import Selector, parse_selector
from vedette.expressions.tree import (
    ARITHMETIC,
    CALLS,
    COMPARES,
    OVER,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Joint,
    Not,
    Number,
    Operand,
    Over,
    Readings,
    Truth,
)

MAX_TEXT, MAX_PARTS, MAX_DEPTH = 2000, 200, 30
"""Characters; numbers, selectors, signs and functions; brackets and signs within each other."""
_BRACES = r'\{(?:[^"{}]|"(?:[^"\\\n]|\\.)*")*\}'
_TOKEN = re.compile(
    rf"(?P<selector>[A-Za-z_][A-Za-z0-9_.:]*(?:{_BRACES})?|{_BRACES})"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.%])"
    r"|(?P<sign>>=|<=|==|!=|[-+*/()<>,])"
)
_WORDS = frozenset({"and", "or", "not"})
_FUNCTIONS = ", ".join(sorted({*OVER, *CALLS}))


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """One that was parsed. `selectors` are its operands: what is read of `readings` for each stands at its place."""

    text: str
    truth: Truth
    selectors: tuple[Selector, ...]
    names: tuple[str, ...]
    """The selectors as they were written."""

    def holds(self, readings: Readings) -> bool | None:
        """Whether it is true; None if that is not known."""
        return self.truth.holds(readings)

    def why(self, readings: Readings) -> str:
        """Why that is not known."""
        return self.truth.why(readings) or ""

    def measured(self, readings: Readings) -> float:
        """The left side of the first comparison that is known. One of what is known has such a one."""
        for one in self.truth.comparisons():
            left = one.left.value(readings)
            if left is not None and one.right.value(readings) is not None:
                return left
        return 0.0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Expression:
    """The expression in `text`; an `InvalidInput` for field `expression` tells what is wrong with it, and where."""
    if len(text) > MAX_TEXT:
        raise InvalidInput("expression", text, f"at most {MAX_TEXT} characters")
    parser = _Parser(text)
    found = parser.truth(0)
    parser.end()
    if not parser.selectors:
        raise InvalidInput("expression", text, "at least one series, as in cpu.used_ratio > 0.9")
    return Expression(text, found, tuple(parser.selectors), tuple(parser.names))


@dataclass(slots=True)
class _Parser:
    """Recursive descent over the tokens. Numbers and truths are told apart as they are read."""

    text: str
    tokens: list[_Token] = field(default_factory=list)
    next: int = 0
    selectors: list[Selector] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = 0
        while at < len(self.text):
            if self.text[at].isspace():
                at += 1
                continue
            found = _TOKEN.match(self.text, at)
            if found is None:
                raise self.fault(at, "numbers, series, + - * / > >= < <= == != and or not, and brackets")
            kind, word = str(found.lastgroup), found[0]
            self.tokens.append(_Token("word" if word in _WORDS else kind, word, at))
            at = found.end()
        if sum(one.text not in "()," for one in self.tokens) > MAX_PARTS:
            raise InvalidInput("expression", self.text, f"at most {MAX_PARTS} numbers, series, signs and functions")

    def fault(self, at: int, allowed: str) -> InvalidInput:
        found = self.text[at : at + 20] or "its end"
        return InvalidInput("expression", self.text, f"{allowed} (at character {at + 1}: {found})")

    def look(self) -> _Token:
        end = _Token("end", "", len(self.text))
        return self.tokens[self.next] if self.next < len(self.tokens) else end

    def take(self) -> _Token:
        token = self.look()
        self.next += 1
        return token

    def skip(self, text: str) -> None:
        token = self.take()
        if token.text != text or token.kind == "selector":
            raise self.fault(token.at, f"{text} here")

    def is_next(self, *texts: str) -> bool:
        token = self.look()
        return token.kind in {"sign", "word"} and token.text in texts

    def end(self) -> None:
        if self.look().kind != "end":
            token = self.look()
            hint = "one comparison after the other joined by and" if token.text in COMPARES else "and, or, or the end"
            raise self.fault(token.at, hint)

    def truth(self, depth: int) -> Truth:
        at = self.look().at
        return self.as_truth(self.anything(depth), at)

    def as_truth(self, found: Number | Truth, at: int) -> Truth:
        if not isinstance(found, Truth):
            raise self.fault(at, "a comparison, as in a / b > 0.9, where this is a number")
        return found

    def as_number(self, found: Number | Truth, at: int) -> Number:
        if isinstance(found, Truth):
            raise self.fault(at, "a number, where this is true or false")
        return found

    def anything(self, depth: int) -> Number | Truth:
        """`or`, the loosest."""
        return self.joint("or", depth)

    def joint(self, word: str, depth: int) -> Number | Truth:
        if depth > MAX_DEPTH:
            raise self.fault(self.look().at, f"at most {MAX_DEPTH} brackets and signs within each other")
        at = self.look().at
        found = self.joint("and", depth) if word == "or" else self.no(depth)
        if not self.is_next(word):
            return found
        parts = [self.as_truth(found, at)]
        while self.is_next(word):
            self.take()
            at = self.look().at
            parts.append(self.as_truth(self.joint("and", depth) if word == "or" else self.no(depth), at))
        return Joint(word == "or", tuple(parts))

    def no(self, depth: int) -> Number | Truth:
        if not self.is_next("not"):
            return self.compare(depth)
        if depth > MAX_DEPTH:
            raise self.fault(self.look().at, f"at most {MAX_DEPTH} brackets and signs within each other")
        at = self.take().at
        return Not(self.as_truth(self.no(depth + 1), at))

    def compare(self, depth: int) -> Number | Truth:
        at = self.look().at
        found = self.chain(("+", "-"), depth)
        if not self.is_next(*COMPARES):
            return found
        left, sign = self.as_number(found, at), self.take()
        at = self.look().at
        right = self.as_number(self.chain(("+", "-"), depth), at)
        return Comparison(sign.text, left, right)

    def chain(self, signs: tuple[str, ...], depth: int) -> Number | Truth:
        """Sums, and within them products: from left to right."""
        first = at = self.look().at
        found = self.chain(("*", "/"), depth) if "+" in signs else self.sign(depth)
        while self.is_next(*signs):
            left, sign = self.as_number(found, at), self.take()
            at = self.look().at
            right = self.as_number(self.chain(("*", "/"), depth) if "+" in signs else self.sign(depth), at)
            end = self.look().at
            assert sign.text in ARITHMETIC
            found = Arithmetic(sign.text, left, right, self.text[first:end].strip())
        return found

    def sign(self, depth: int) -> Number | Truth:
        if depth > MAX_DEPTH:
            raise self.fault(self.look().at, f"at most {MAX_DEPTH} brackets and signs within each other")
        token = self.take()
        if token.text == "-":
            inner = self.as_number(self.sign(depth + 1), token.at)
            return Arithmetic("-", Constant(0.0), inner, token.text)
        if token.text == "(" and token.kind == "sign":
            found = self.anything(depth + 1)
            self.skip(")")
            return found
        if token.kind == "number":
            if not math.isfinite(float(token.text)):
                raise self.fault(token.at, "a finite number")
            return Constant(float(token.text))
        if token.kind != "selector":
            raise self.fault(token.at, "a number, a series, a function or ( here")
        return self.call(token, depth) if self.is_next("(") else Operand(*self.operand(token))

    def call(self, token: _Token, depth: int) -> Number:
        self.take()
        if token.text not in OVER and token.text not in CALLS:
            raise self.fault(token.at, f"a function: {_FUNCTIONS}")
        first, parts = self.look(), list[Number]()
        while True:
            at = self.look().at
            parts.append(self.as_number(self.anything(depth + 1), at))
            if not self.is_next(","):
                break
            self.take()
        self.skip(")")
        one = parts[0]
        if len(parts) == 1 and token.text in OVER:
            if not isinstance(one, Operand):
                raise self.fault(first.at, f"{token.text} of one selector" + _SEVERAL.get(token.text, ""))
            return Over(token.text, one.at, one.text)
        if token.text not in CALLS or (token.text == "abs") != (len(parts) == 1):
            raise self.fault(first.at, f"{token.text} of one {'number' if token.text == 'abs' else 'selector'}")
        return Call(token.text, tuple(parts))

    def operand(self, token: _Token) -> tuple[int, str]:
        """Its place among the operands: the same text has the same."""
        if token.text in self.names:
            return self.names.index(token.text), token.text
        try:
            selector = parse_selector(token.text)
        except InvalidInput as error:
            raise self.fault(token.at, error.allowed) from error
        if any(one.label in {"source", "role"} for one in selector.matchers):
            raise self.fault(token.at, "labels other than source and role: which hosts are meant is said in hosts")
        self.selectors.append(selector)
        self.names.append(token.text)
        return len(self.names) - 1, token.text


_SEVERAL = {name: ", or of several numbers" for name in CALLS if name in OVER}
