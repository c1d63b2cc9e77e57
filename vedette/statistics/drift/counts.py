"""What a batch of one feature's values comes to: counts by bin. Adding batches in any order gives the same counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.shape import NO_SHAPE, Shape
from vedette.statistics.drift.unseen import NONE, Unseen

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Of finite numbers: how many, sum and sum of squares of their distance from `origin`, least and most."""

    n: int = 0
    origin: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def __add__(self, other: Moments) -> Moments:
        if self.origin != other.origin:
            raise InvalidInput("origin", other.origin, f"{self.origin}: moments of one profile")
        least, most = min(self.least, other.least), max(self.most, other.most)
        n, total = self.n + other.n, self.total + other.total
        return Moments(n, self.origin, total, self.squares + other.squares, least, most)

    @property
    def mean(self) -> float:
        """NaN without any numbers."""
        return self.origin + self.total / self.n if self.n else math.nan

    @property
    def variance(self) -> float:
        """Of the population that the numbers are a sample of; NaN for fewer than two."""
        if self.n < 2:
            return math.nan
        return max(0.0, self.squares - self.total * self.total / self.n) / (self.n - 1)

    @property
    def deviation(self) -> float:
        """The square root of the variance."""
        return math.sqrt(self.variance)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Values by bin, and by what has no bin: missing, other (unseen, or not of the kind), below, above the reference.

    `below` and `above` are in no bin. `unseen` names values among `other`, as far as they have names. Integers
    throughout: `+` is exact and does not depend on order or batches. The moments are sums of floats: their last digits
    may, and the `shape` of numbers is an estimate.
    """

    bins: Whole
    missing: int = 0
    other: int = 0
    below: int = 0
    above: int = 0
    moments: Moments = Moments()
    unseen: Unseen = NONE
    shape: Shape = NO_SHAPE

    def __setstate__(self, state: list[Any]) -> None:
        """Take a snapshot; one of an older version does not name what is unseen, or knows no shape."""
        for field, value in zip(fields(self), [*state, *(NONE, NO_SHAPE)[len(state) - 8 :]], strict=False):
            object.__setattr__(self, field.name, value)

    def __add__(self, other: Counts) -> Counts:
        if len(self.bins) != len(other.bins):
            raise InvalidInput("counts", f"{len(other.bins)} bins", f"{len(self.bins)} bins: counts of one profile")
        return Counts(
            self.bins + other.bins,
            self.missing + other.missing,
            self.other + other.other,
            self.below + other.below,
            self.above + other.above,
            self.moments + other.moments,
            self.unseen.merged(other.unseen),
            self.shape.merged(other.shape),
        )

    def settled(self) -> Self:
        """The same, with a shape in which nothing waits."""
        return self if self.shape is NO_SHAPE else replace(self, shape=self.shape.settled())

    @property
    def rows(self) -> int:
        """All values, missing ones too."""
        return self.present + self.missing

    @property
    def present(self) -> int:
        """All values but the missing ones."""
        return int(self.bins.sum()) + self.other + self.below + self.above

    @property
    def out_of_range(self) -> int:
        """Numbers below the reference's least or above its most, ±∞ too."""
        return self.below + self.above

    def exact(self) -> tuple[tuple[int, ...], int, int, int, int]:
        """All integers: what must be the same however the values were split."""
        return tuple(int(count) for count in self.bins), self.missing, self.other, self.below, self.above
