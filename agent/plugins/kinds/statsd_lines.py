"""StatsD lines: `name:value|type|@rate|#tags`, with DogStatsD's tags and several values at once."""

from __future__ import annotations

import math
import re

TYPES = {"c": "counter", "g": "gauge", "ms": "timer", "h": "timer", "d": "timer", "s": "set"}
MOST_LINE = 8192
_ODD = re.compile(r"[^A-Za-z0-9_.:/\-]")
_ODD_TAG = re.compile(r"[^A-Za-z0-9_]")

Tags = tuple[tuple[str, str], ...]


class Line:
    """One metric of a packet. `values` are as they were written; `rate` is the share of events that were sent."""

    __slots__ = ("kind", "name", "rate", "tags", "values")

    def __init__(self, name: str, kind: str, values: list[str], rate: float, tags: Tags) -> None:
        self.name = name
        self.kind = kind
        self.values = values
        self.rate = rate
        self.tags = tags


def is_foreign(text: str) -> bool:
    """Whether this is a DogStatsD event or service check: not a metric, and no fault either."""
    return text.startswith(("_e{", "_sc|"))


def parse_line(text: str) -> Line:
    """The metric in a line; `ValueError` says what is wrong with it."""
    if len(text) > MOST_LINE:
        raise ValueError(f"longer than {MOST_LINE} characters")
    name, colon, rest = text.partition(":")
    written, bar, rest = rest.partition("|")
    if not (name and colon and bar):
        raise ValueError("not name:value|type")
    kind, *extras = rest.split("|")
    if kind not in TYPES:
        raise ValueError(f"type {kind[:20]!r} is not allowed; allowed: {', '.join(TYPES)}")
    values = written.split(":")
    if kind != "s":
        for value in values:
            check_number(value)
    rate = 1.0
    tags: Tags = ()
    for extra in extras:
        if extra.startswith("@"):
            rate = _rate(extra[1:])
        elif extra.startswith("#"):
            tags = parse_tags(extra[1:])
    return Line(clean_name(name), TYPES[kind], values, rate, tags)


def check_number(text: str) -> float:
    """A finite number, with the sign that a gauge may have."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]!r} is not finite")
    return number


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate <= 1:
        raise ValueError(f"rate {text[:20]!r} is not allowed; allowed: above 0, at most 1")
    return rate


def parse_tags(text: str) -> Tags:
    """`env:prod,canary`: sorted, each key once (the last counts); a tag without value is `true`."""
    found = {}
    for tag in text.split(","):
        key, colon, value = tag.partition(":")
        if key:
            key = _ODD_TAG.sub("_", key)
            found[key if not key[0].isdigit() else f"_{key}"] = value if colon else "true"
    if "instance" in found:
        found["exported_instance"] = found.pop("instance")
    return tuple(sorted(found.items()))


def clean_name(name: str) -> str:
    """`name` with what no series name may hold replaced by `_`."""
    return _ODD.sub("_", name)
