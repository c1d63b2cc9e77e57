"""Performance data: the numbers after the `|` of a Nagios check's output (Nagios plugin development guidelines)."""

from __future__ import annotations

import re
from dataclasses import dataclass

INFINITY = float("inf")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_VALUE = re.compile(rf"({_NUMBER}|U)([A-Za-zµ%/]*)")
_RANGE = re.compile(rf"(@?)(?:(~|{_NUMBER})?(:))?({_NUMBER})?")
_UNITS = {
    "": ("value", 1.0),
    "s": ("value_s", 1.0),
    "ms": ("value_s", 1e-3),
    "us": ("value_s", 1e-6),
    "µs": ("value_s", 1e-6),
    "ns": ("value_s", 1e-9),
    "%": ("value_ratio", 1e-2),
    "B": ("value_bytes", 1.0),
    "KB": ("value_bytes", 2.0**10),
    "MB": ("value_bytes", 2.0**20),
    "GB": ("value_bytes", 2.0**30),
    "TB": ("value_bytes", 2.0**40),
    "PB": ("value_bytes", 2.0**50),
    "c": ("total", 1.0),
}


@dataclass(frozen=True, slots=True)
class Range:
    """A threshold: alert outside `low`..`high`, both included, or inside if `inside`."""

    low: float
    high: float
    inside: bool = False

    def alerts(self, value: float) -> bool:
        """Whether `value` is beyond the threshold."""
        return (self.low <= value <= self.high) == self.inside


@dataclass(frozen=True, slots=True)
class Item:
    """One number. `value` is None where the check wrote `U`: it could not be found out."""

    label: str
    value: float | None
    unit: str
    warning: Range | None = None
    critical: Range | None = None

    def metric(self) -> tuple[str, float]:
        """The metric's name and the factor to its unit: seconds, bytes, ratios; counters are totals."""
        return _UNITS.get(self.unit, _UNITS[""])

    def level(self) -> int | None:
        """0 good, 1 beyond the warning's range, 2 beyond the critical one; None without value or ranges."""
        if self.value is None or (self.warning is None and self.critical is None):
            return None
        if self.critical is not None and self.critical.alerts(self.value):
            return 2
        return int(self.warning is not None and self.warning.alerts(self.value))


def split_output(output: str) -> tuple[str, str]:
    """Text and performance data of a check's output.

    The first line may have data after its `|`. Of the lines that follow, all are text up to one with a `|`; what is
    behind that, and all further lines, are data again.
    """
    first, _, rest = output.partition("\n")
    text, _, data = first.partition("|")
    longer, _, more = rest.partition("|")
    return f"{text.strip()}\n{longer}".strip(), f"{data} {more}".replace("\n", " ").strip()


def parse_perfdata(data: str) -> tuple[list[Item], list[str]]:
    """The items, and what could not be read of them. One bad item does not cost the others."""
    items, bad = [], []
    for label, rest in _pairs(data):
        item = _item(label, rest) if label else None
        if item is None:
            bad.append(f"{label}={rest}"[:100])
        else:
            items.append(item)
    return items, bad


def _pairs(data: str) -> list[tuple[str, str]]:
    """Label and what follows its `=` up to the next space; a label in single quotes may hold spaces, and '' is one."""
    found = []
    at = 0
    while at < len(data):
        if data[at].isspace():
            at += 1
            continue
        label, at = _quoted(data, at + 1) if data[at] == "'" else _bare(data, at)
        end = at
        while end < len(data) and not data[end].isspace():
            end += 1
        rest = data[at:end]
        found.append((label, rest[1:]) if rest.startswith("=") else ("", label + rest))
        at = end
    return found


def _quoted(data: str, at: int) -> tuple[str, int]:
    label = []
    while at < len(data):
        if data[at] != "'":
            label.append(data[at])
            at += 1
        elif data[at + 1 : at + 2] == "'":
            label.append("'")
            at += 2
        else:
            return "".join(label), at + 1
    return "".join(label), at


def _bare(data: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(data) and data[end] != "=" and not data[end].isspace():
        end += 1
    return data[at:end], end


def _item(label: str, rest: str) -> Item | None:
    parts = rest.split(";")
    match = _VALUE.fullmatch(parts[0])
    if match is None or len(parts) > 5:
        return None
    try:
        ranges = [parse_range(part) if part else None for part in [*parts[1:3], "", ""][:2]]
    except ValueError:
        return None
    return Item(label, None if match[1] == "U" else float(match[1]), match[2], *ranges)


def parse_range(text: str) -> Range:
    """`10` (0..10), `10:` (from 10 on), `~:10` (up to 10), `10:20`, and with `@` before it, inside instead of outside.

    Raises `ValueError` for anything else, also where the lower end is above the upper one.
    """
    match = _RANGE.fullmatch(text)
    if match is None or text in ("", "@", ":", "@:"):
        raise ValueError(f"{text!r} is no range")
    low = -INFINITY if match[2] == "~" else float(match[2] or 0)
    high = INFINITY if match[4] is None else float(match[4])
    if low > high or (match[3] is None and match[4] is None):
        raise ValueError(f"{text!r} is no range")
    return Range(low, high, bool(match[1]))
