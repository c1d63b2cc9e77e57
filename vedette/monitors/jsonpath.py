"""JSON path: one place in a JSON document, `$.a.b[0]['c']`; a subset of RFC 9535 that names at most one value."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Step = str | int
MOST_STEPS = 50
FORM = "a path such as $.a.b[0]['c']: names, quoted names and indexes behind $, no wildcards, slices and filters"
_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff-]*)"
    r"|\[(?P<index>0|-?[1-9][0-9]{0,8})\]"
    r"|\['(?P<single>(?:[^'\\]|\\['\\])*)'\]"
    r'|\["(?P<double>(?:[^"\\]|\\["\\])*)"\]'
)


class Found(NamedTuple):
    """Whether there is a value at the path, and which."""

    exists: bool
    value: Any = None


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path; ValueError says what is allowed, and where this one stops being it."""
    if not text.startswith("$"):
        raise ValueError(f"{FORM}; it begins with $")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(f"{FORM}; not understood from character {at + 1}: {text[at : at + 20]!r}")
        steps.append(_step(match))
        at = match.end()
    if len(steps) > MOST_STEPS:
        raise ValueError(f"{FORM}; at most {MOST_STEPS} steps")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return int(match["index"])
    if match["name"] is not None:
        return match["name"]
    quoted = match["single"] if match["single"] is not None else match["double"]
    return re.sub(r"\\(.)", r"\1", quoted)


def find(document: Any, steps: tuple[Step, ...]) -> Found:
    """The value at the path. A negative index counts from a list's end; a name asks objects only, an index lists."""
    value = document
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return Found(False)
            value = value[step]
        else:
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return Found(False)
            value = value[step]
    return Found(True, value)
