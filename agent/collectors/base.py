"""The collector's port: what one reading of the host yields, as groups of named values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vedette.events.names import format_series
from vedette.events.samples import Kind

MAX_LABEL = 200
"""Longest label value in characters; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Group:
    """Values whose names live and die together; each group becomes one batch with one layout.

    `kinds` names the values that are not gauges. A value is in the unit that ends its name; ratios are 0..1.
    """

    values: dict[str, float]
    kinds: dict[str, Kind] = field(default_factory=dict)


class Collector(Protocol):
    """Reads one part of the host.

    `collect` may block and may raise anything: the round gives it a thread and a time limit, and a failure
    costs only its own groups. It is never called again before it has returned, so it may keep state.
    """

    name: str

    def collect(self, at: float) -> list[Group]:
        """The groups as they are now; `at` is the monotonic time in seconds at which the round began."""
        ...


def series(name: str, **labels: str) -> str:
    """The canonical series name; label values are cut to `MAX_LABEL` and made printable."""
    return format_series(name, tuple((key, label_text(labels[key])) for key in sorted(labels)))


def label_text(text: str, most: int = MAX_LABEL) -> str:
    """`text` as a label's value: at most `most` characters, what cannot be printed replaced by `?`.

    Paths and command names of the kernel are bytes, and may hold anything, even what is no UTF-8.
    """
    cut = text[:most]
    return cut if cut.isprintable() else "".join(char if char.isprintable() else "?" for char in cut)


def read_optional(path: Path) -> str | None:
    """The text of a file of the kernel's; None where it is not there or may not be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None


def counters(names: Iterable[str]) -> dict[str, Kind]:
    """`kinds` in which all `names` are counters: totals that only grow, until a restart."""
    return dict.fromkeys(names, "counter")


def increase(before: float, after: float) -> float:
    """How much a total grew; one that went back was reset (or wrapped) and counts from zero."""
    return after - before if after >= before else after
