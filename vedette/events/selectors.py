"""Selectors: which series are meant, as in `disk.used_ratio{mount="/",source=~"web-.*"}`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from vedette.errors import InvalidInput
from vedette.events.names import NAME_RULE, parse_series
from vedette.events.patterns import check_pattern, matches_whole

MAX_SELECTOR = 1000
_PART = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)')
_ESCAPED = re.compile(r'\\(["\\])')
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/\-]*")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
FORM = 'name{label="value",label=~"regex"}, with source, role and __name__ as labels'


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: `=`, `!=`, `=~` or `!~`. A label that a series lacks counts as empty text."""

    label: str
    operator: str
    text: str

    def matches(self, value: str) -> bool:
        """Whether `value` meets the condition; regular expressions must match the whole of it."""
        if self.operator in {"=", "!="}:
            return (value == self.text) == (self.operator == "=")
        return matches_whole(self.text, value) == (self.operator == "=~")


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that a series' name, source and labels must all meet."""

    matchers: tuple[Matcher, ...]

    def source(self) -> str | None:
        """The one source that is asked for, if it is exactly one."""
        return next((m.text for m in self.matchers if m.label == "source" and m.operator == "="), None)

    def matches_source(self, source: str) -> bool:
        """Whether series of `source` can match."""
        return all(m.matches(source) for m in self.matchers if m.label == "source")

    def names_role(self) -> bool:
        """Whether it asks for a host's roles."""
        return any(m.label == "role" for m in self.matchers)

    def matches_series(self, canonical: str, roles: Collection[str] | None = ()) -> bool:
        """Whether the series matches, whatever its source, on a host with `roles` (None: whatever they are).

        `role` is the series' own label where it has one of that name. Else `=` and `=~` ask for any role of the host,
        `!=` and `!~` that it has no such role.
        """
        name, labels = parse_series(canonical)
        known = {**dict(labels), "__name__": name}
        return all(
            _matches_role(m, roles) if m.label == "role" and "role" not in known else m.matches(known.get(m.label, ""))
            for m in self.matchers
            if m.label != "source"
        )


def _matches_role(matcher: Matcher, roles: Collection[str] | None) -> bool:
    if roles is None:
        return True
    if matcher.operator in {"=", "=~"}:
        return any(matcher.matches(role) for role in roles or ("",))
    return all(matcher.matches(role) for role in roles or ("",))


@lru_cache(maxsize=4096)
def parse_selector(text: str) -> Selector:
    """The selector in `text`; an `InvalidInput` for field `series` tells what is wrong with it."""
    if len(text) > MAX_SELECTOR:
        raise InvalidInput("series", text, f"at most {MAX_SELECTOR} characters")
    if _UNSTORABLE.search(text) is not None:
        raise InvalidInput("series", text, f"{FORM}, without NUL and halves of surrogate pairs")
    name, brace, rest = text.strip().partition("{")
    matchers: list[Matcher] = []
    if name:
        if _NAME.fullmatch(name) is None:
            raise InvalidInput("series", text, f"a name ({NAME_RULE}), then {{…}}")
        matchers.append(Matcher("__name__", "=", name))
    if brace:
        if not rest.endswith("}"):
            raise InvalidInput("series", text, FORM)
        matchers += _matchers(rest[:-1], text)
    if not matchers:
        raise InvalidInput("series", text, FORM)
    return Selector(tuple(matchers))


def _matchers(inner: str, text: str) -> list[Matcher]:
    found: list[Matcher] = []
    at = 0
    while at < len(inner):
        part = _PART.match(inner, at)
        if part is None:
            raise InvalidInput("series", text, FORM)
        value = part[3] if "~" in part[2] else _ESCAPED.sub(r"\1", part[3])
        matcher = Matcher(part[1], part[2], value)
        if "~" in matcher.operator:
            check_pattern("series", value)
        found.append(matcher)
        at = part.end()
    return found
