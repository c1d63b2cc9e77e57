"""Minutes: which minutes of an hour or a day had a counted check, and in which one succeeded, a bit for each.

Counts of two locations can be added, but not "minutes in which at least one succeeded": for that it must be known
which minutes they were. Bit n (the lowest is 0) stands for the n-th minute of the window, so joining places is OR, and
adding an hour to a day is a shift. As bytes they are big-endian: 8 for an hour, 180 for a day.
"""

from __future__ import annotations

from typing import NamedTuple

MINUTE_MS = 60_000


class Minutes(NamedTuple):
    """Two sets of minutes: with a success, and with any check that counts."""

    good: int = 0
    counted: int = 0

    def __or__(self, other: Minutes) -> Minutes:
        """Those of either: what two places, or two parts of a window, saw together."""
        return Minutes(self.good | other.good, self.counted | other.counted)

    def later(self, minutes: int) -> Minutes:
        """The same, seen from a window that begins so many minutes earlier."""
        return Minutes(self.good << minutes, self.counted << minutes)

    def to_bytes(self, minutes: int) -> tuple[bytes, bytes]:
        """Both, as a window of so many minutes keeps them."""
        size = (minutes + 7) // 8
        return self.good.to_bytes(size, "big"), self.counted.to_bytes(size, "big")


def from_bytes(good: bytes, counted: bytes) -> Minutes:
    """What `to_bytes` gave."""
    return Minutes(int.from_bytes(good, "big"), int.from_bytes(counted, "big"))
