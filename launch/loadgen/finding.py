"""A finding: what one part of the store holds of a load, beside what it must hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_EXAMPLES = 3


@dataclass(slots=True)
class Finding:
    """One tier, table or kind of archived events. `unit` says what is counted: rows, or events.

    `missing` should be there and are not, `extra` are there and should not be; `short` and `doubled` hold fewer or
    more reports than they should (or were archived more often than they were sent); `different` have the right count
    and wrong values.
    """

    part: str
    unit: str = "rows"
    right: int = 0
    missing: int = 0
    extra: int = 0
    short: int = 0
    doubled: int = 0
    different: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether all is as it must be."""
        return not (self.missing or self.extra or self.short or self.doubled or self.different)

    def note(self, what: str, place: str, found: Any = None, expected: Any = None) -> None:
        """Count something that is wrong (`missing`, `extra`, …), and keep the first few as examples."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < _EXAMPLES:
            detail = "" if found is None and expected is None else f": found {found}, expected {expected}"
            self.examples.append(f"{what} {place}{detail}")

    def count(self, found: int, expected: int, place: str) -> bool:
        """Compare how many reports there are; whether they are as many as they should be."""
        if found != expected:
            self.note("short" if found < expected else "doubled", place, f"{found} reports", expected)
        return found == expected

    def describe(self) -> str:
        """One line, and one more for each example."""
        counts = [f"{self.right} {self.unit} right"]
        counts += [
            f"{number} {name}"
            for name in ("missing", "extra", "short", "doubled", "different")
            if (number := getattr(self, name))
        ]
        return "\n".join([f"{self.part}: {', '.join(counts)}", *(f"    {example}" for example in self.examples)])
