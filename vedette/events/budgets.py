"""Budget counts: how many checks there were in each of the fixed windows, and how many were not good, as text."""

from __future__ import annotations

from typing import NamedTuple

WINDOWS_S: dict[str, int] = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21_600, "1d": 86_400, "3d": 259_200}
"""The windows, in seconds, by their names."""
_DIGITS = 16


class Counts(NamedTuple):
    """Checks of a window: all that count, those that failed, and those that were not satisfied (failures too)."""

    checks: int = 0
    down: int = 0
    unsatisfied: int = 0


def counts_text(windows: dict[str, Counts]) -> str:
    """The counts as `5m=CHECKS/DOWN/UNSATISFIED`, with blanks between windows."""
    return " ".join(f"{name}={'/'.join(map(str, counts))}" for name, counts in windows.items())


def counts_of(text: object) -> dict[str, Counts]:
    """What `counts_text` wrote; what cannot be read is left out, and so are windows that are not known."""
    found: dict[str, Counts] = {}
    for part in text.split() if isinstance(text, str) else ():
        name, _, numbers = part.partition("=")
        counts = numbers.split("/")
        if (
            name in WINDOWS_S
            and len(counts) == len(Counts._fields)
            and all(c.isascii() and c.isdigit() and len(c) < _DIGITS for c in counts)
        ):
            found[name] = Counts(*map(int, counts))
    return found
