"""Which values a reference does not know: names and counts of those that came, exact and bounded.

Of all unseen values those with the least hashes are kept. A value that is among them in the end was among them in every
part of the data, so its count is exact, and any split into batches gives the same. With fewer than `KEPT` distinct
values all are there. Source for the number of distinct ones: Bar-Yossef et al., Counting distinct elements in a data
stream, RANDOM 2002.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
KEPT = 32
"""Distinct values that are kept: the number of distinct ones is told with an error of about 18 %, if there are more."""


class Value(NamedTuple):
    """An unseen value's hash, its name and how often it came."""

    hash: int
    name: str
    times: int


class Unseen(NamedTuple):
    """Some unseen values by hash, the least first."""

    values: tuple[Value, ...] = ()

    @classmethod
    def of(cls, found: Iterable[tuple[str, int]]) -> Unseen:
        """From names and how often each came. What no table can hold in them becomes U+FFFD."""
        held: dict[str, int] = {}
        for name, times in found:
            shown = name if _UNSTORABLE.search(name) is None else _UNSTORABLE.sub("\ufffd", name)
            held[shown] = held.get(shown, 0) + times
        hashed = ((xxh3_64_intdigest(name.encode()), name, times) for name, times in held.items())
        return cls(tuple(Value(*one) for one in heapq.nsmallest(KEPT, hashed)))

    def merged(self, other: Unseen) -> Unseen:
        """Of both together."""
        if not self.values or not other.values:
            return self if self.values else other
        found = {one.name: one for one in self.values}
        for one in other.values:
            before = found.get(one.name)
            found[one.name] = one if before is None else one._replace(times=before.times + one.times)
        return Unseen(tuple(sorted(found.values())[:KEPT]))

    @property
    def distinct(self) -> int:
        """How many distinct ones came; an estimate if there are more than are kept."""
        if len(self.values) < KEPT:
            return len(self.values)
        return round((KEPT - 1) / (self.values[-1].hash / 2**64))

    def most_frequent(self, many: int) -> list[Value]:
        """Of those that are kept."""
        return sorted(self.values, key=lambda one: (-one.times, one.name))[:many]


NONE = Unseen()
