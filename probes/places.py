"""Places: which of its account's locations a probe's is, and which part of an interval falls to it."""

from __future__ import annotations

from typing import Annotated

import msgspec

EVEN = 4
"""So many locations divide an interval into equal parts; of more, none moves when another one appears."""

_GOLDEN = 0.6180339887498949


class Place(msgspec.Struct, frozen=True):
    """The location is number `index` (from 0) of the `count` locations that the gateway knows; its number is kept."""

    index: Annotated[int, msgspec.Meta(ge=0)]
    count: Annotated[int, msgspec.Meta(ge=1)]

    def __post_init__(self) -> None:
        if self.index >= self.count:
            raise ValueError(f"place {self.index} of {self.count}; allowed: 0 to {self.count - 1}")

    def shift_s(self, interval_s: int) -> int:
        """How far into a monitor's interval this place is, in seconds, from 0 to `interval_s - 1`.

        Numbers are steps of the golden ratio around the interval, so that each new one falls into a largest gap and
        the others stay: the largest gap is 0.24 of the interval with five, 0.15 with eight. Up to `EVEN` of them keep
        that order, and have gaps of the same size: there they move a little when another one appears, the first never.
        """
        if self.count > EVEN:
            return int(_around(self.index) * interval_s)
        order = sorted(range(self.count), key=_around)
        return order.index(self.index) * interval_s // self.count


def _around(index: int) -> float:
    return index * _GOLDEN % 1.0
