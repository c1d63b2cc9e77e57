"""The shape of a feature's numbers, in a kilobyte: quantiles, how many are distinct, and those that come most often.

Quantiles and frequent numbers are from a sample of each batch, spread evenly over it: ranks are within some 1 % for a
batch of any size, and the more batches, the nearer. Whatever a reference knows, numbers beyond it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.digest import Digest
from vedette.statistics.drift.distinct import NO_HASHES, Hashes, estimate, least_hashes, merged

Floats = npt.NDArray[np.float64]
SAMPLE = 2048
"""Numbers of a batch that are looked at for quantiles and for frequent ones."""
FREQUENT = 32
"""Numbers that are kept as frequent: one that makes up more than a thirty-third of all is among them."""
SHARE = 0.01
"""Of all numbers: those that come more seldom are not called frequent."""
_JITTER = np.random.default_rng(1).random(SAMPLE)
Often = tuple[tuple[float, float], ...]
"""Numbers, and about how often each came."""


class Shape(NamedTuple):
    """What is kept of finite numbers."""

    digest: Digest = Digest()
    hashes: Hashes = NO_HASHES
    often: Often = ()

    @classmethod
    def of(cls, values: Floats) -> Shape:
        """Of a batch of finite numbers."""
        many = len(values)
        if not many:
            return NO_SHAPE
        ranked = np.sort(values if many <= SAMPLE else values[_spread(many)])
        weight = many / len(ranked)
        changes = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
        distinct = len(changes) + 1
        has_ties = distinct < len(ranked)
        often = _often(ranked, changes, weight) if has_ties or many < 64 else ()
        digest = Digest.of(ranked, weight, has_ties)
        if distinct > len(ranked) // 2:  # mostly single ones: so are the others, as far as a sample can tell
            return cls(digest, least_hashes(values, many), often)
        return cls(digest, least_hashes(values, distinct, ranked[np.concatenate(([0], changes))]), often)

    def merged(self, other: Shape) -> Shape:
        """Of both together."""
        if self is NO_SHAPE or other is NO_SHAPE:
            return other if self is NO_SHAPE else self
        often = self.often
        if other.often:
            found = dict(self.often)
            for value, times in other.often:
                found[value] = found.get(value, 0.0) + times
            often = _most(found.items())
        return Shape(self.digest.merged(other.digest), merged(self.hashes, other.hashes), often)

    def quantiles(self, shares: Sequence[float], least: float, most: float) -> list[float]:
        """See `Digest.quantiles`."""
        return self.digest.quantiles(shares, least, most)

    @property
    def distinct(self) -> int:
        """How many distinct numbers came; an estimate if there are more than `distinct.KEPT`."""
        return estimate(self.hashes)

    def frequent(self, n: int) -> list[tuple[float, int]]:
        """Numbers that make up about a hundredth or more of all `n`, with about how often they came, or less."""
        return [(value, round(times)) for value, times in self.often if times >= max(2.0, SHARE * n)]


@lru_cache(maxsize=256)
def _spread(many: int) -> npt.NDArray[np.intp]:
    """`SAMPLE` different places among so many: one, at random, in each of as many stretches."""
    bounds = np.arange(SAMPLE + 1) * many // SAMPLE
    return bounds[:-1] + (_JITTER * np.diff(bounds)).astype(np.intp)


def _often(ranked: Floats, changes: npt.NDArray[np.intp], weight: float) -> Often:
    """Those that make up a hundredth of a sample in ascending order; of a small one, where that says little, more."""
    starts = np.concatenate(([0], changes))
    times = np.diff(starts, append=len(ranked))
    chosen = np.flatnonzero(times >= max(SHARE * len(ranked), 2 if len(ranked) >= 64 else 1))
    values = ranked[starts[chosen]] + 0.0
    return _most(zip(values.tolist(), (times[chosen] * weight).tolist(), strict=True))


def _most(found: Iterable[tuple[float, float]]) -> Often:
    """Those that come most often, less what the first that is left out comes: Misra and Gries, Finding repeated
    elements, 1982; that it can be merged so: Agarwal et al., Mergeable summaries, 2013."""
    ranked = sorted(found, key=lambda one: (-one[1], one[0]))
    if len(ranked) <= FREQUENT:
        return tuple(ranked)
    spare = ranked[FREQUENT][1]
    return tuple((value, times - spare) for value, times in ranked[:FREQUENT] if times > spare)


NO_SHAPE = Shape()
