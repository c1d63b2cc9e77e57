"""The shape of a feature's numbers, in a kilobyte: quantiles, how many are distinct, and those that come most often.

Quantiles and frequent numbers are from a sample of each batch, spread evenly over it, and from fewer of each the more
have been looked at; all numbers count as distinct ones. Whatever a reference knows, numbers beyond it too. What comes
in small batches waits until there is enough to be worth the while.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.digest import Digest
from vedette.statistics.drift.distinct import bits_of, estimate

Floats = npt.NDArray[np.float64]
SAMPLE = 1_024
"""Numbers of a batch that are looked at for quantiles and for frequent ones."""
ENOUGH = 4_096
"""Numbers that have been looked at, from which on `FEW` of a batch are enough."""
FEW = 128
AT_ONCE, CHUNKS = 384, 64
"""So many numbers, or batches, wait at most."""
FREQUENT = 32
"""Numbers that are kept as frequent: one that makes up more than a twentieth of all is surely among them."""
SHARE = 0.01
"""Of all numbers: those that come more seldom are not called frequent."""
Often = tuple[tuple[float, float], ...]
"""Numbers, and about how often each came."""
Chunk = tuple[Floats, float]
"""Numbers, each of which stands for so many."""


class Shape(NamedTuple):
    """What is kept of finite numbers.

    `raw` numbers were not looked at yet; of those that `wait` it is known that they are distinct. `sampled` numbers
    are in the digest.
    """

    digest: Digest = Digest()
    bits: int = 0
    often: Often = ()
    raw: tuple[Floats, ...] = ()
    wait: tuple[Chunk, ...] = ()
    sampled: int = 0

    @classmethod
    def of(cls, values: Floats) -> Shape:
        """Of a batch of finite numbers."""
        many = len(values)
        if not many:
            return NO_SHAPE
        if many < AT_ONCE:
            return cls(raw=(values.copy(),))  # what it is a part of may be large
        sample = values.copy() if many <= SAMPLE else values[_spread(many)]
        return cls(bits=bits_of(values), wait=((sample, many / len(sample)),))

    def __reduce__(self) -> tuple[type[Shape], tuple[object, ...]]:
        """Snapshots hold many."""
        waiting = sum(map(len, self.raw)) + sum(len(values) for values, _ in self.wait)
        found = self if waiting < 2 * AT_ONCE else self.settled()
        raw = (np.concatenate(found.raw),) if len(found.raw) > 1 else found.raw
        return Shape, (found.digest, found.bits, found.often, raw, found.wait, found.sampled)

    def merged(self, other: Shape) -> Shape:
        """Of both together."""
        if self is NO_SHAPE or other is NO_SHAPE:
            return other if self is NO_SHAPE else self
        often = _most(_added(self.often, other.often)) if other.often else self.often
        digest, bits = self.digest.merged(other.digest), self.bits | other.bits
        wait = other.wait
        if wait and self.sampled >= ENOUGH:
            wait = tuple(_thinned(*chunk, len(self.wait)) for chunk in wait)
        raw, sampled = self.raw + other.raw, self.sampled + other.sampled
        both = Shape(digest, bits, often, raw, self.wait + wait, sampled)
        return _eased(both)

    def settled(self) -> Shape:
        """The same with nothing that waits."""
        return _digested(_hashed(self))

    def covers(self, n: int) -> bool:
        """Whether it is of nearly all of so many numbers: a window that an older version began has it of some."""
        known = float(self.digest.weights.sum()) + sum(map(len, self.raw))
        return known + sum(len(values) * weight for values, weight in self.wait) >= 0.99 * n

    def quantiles(self, shares: Sequence[float], least: float, most: float) -> list[float]:
        """See `Digest.quantiles`."""
        return self.settled().digest.quantiles(shares, least, most)

    @property
    def distinct(self) -> int:
        """How many distinct numbers came, see `distinct.estimate`."""
        return estimate(_hashed(self).bits)

    def frequent(self, n: int) -> list[tuple[float, int]]:
        """Numbers that make up about a hundredth or more of all `n`, with about how often they came, or less."""
        often = self.settled().often
        return [(value, round(times)) for value, times in often if times >= max(2.0, SHARE * n)]


def _eased(shape: Shape) -> Shape:
    """With no more waiting than may."""
    if len(shape.raw) > CHUNKS or sum(map(len, shape.raw)) >= AT_ONCE:
        shape = _hashed(shape)
    if len(shape.wait) > CHUNKS or sum(len(one) for one, _ in shape.wait) >= AT_ONCE:
        shape = _digested(shape)
    return shape


def _hashed(shape: Shape) -> Shape:
    """With nothing raw."""
    if not shape.raw:
        return shape
    values = np.concatenate(shape.raw)
    chunk: Chunk = (values, 1.0) if shape.sampled < ENOUGH else _thinned(values, 1.0, len(shape.wait))
    return shape._replace(bits=shape.bits | bits_of(values), raw=(), wait=(*shape.wait, chunk))


def _digested(shape: Shape) -> Shape:
    """With all that waits in the digest, and among the frequent ones."""
    if not shape.wait:
        return shape
    values = np.concatenate([chunk for chunk, _ in shape.wait])
    weights = np.repeat([weight for _, weight in shape.wait], [len(chunk) for chunk, _ in shape.wait])
    often, digest = _frequent(shape.often, values, weights), shape.digest.plus(values, weights)
    return shape._replace(digest=digest, often=often, wait=(), sampled=shape.sampled + len(values))


def _frequent(often: Often, values: Floats, weights: Floats) -> Often:
    """With those that come more than once, and make up a hundredth, of values with weights."""
    ranked = np.sort(values)
    if not (ranked[1:] == ranked[:-1]).any():
        return often
    order = np.argsort(values)
    ranked, weights = values[order], weights[order]
    runs = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    times, sizes = np.add.reduceat(weights, runs), np.diff(runs, append=len(ranked))
    chosen = np.flatnonzero((sizes > 1) & (times >= SHARE * weights.sum()))
    return _most(_added(often, zip((ranked[runs[chosen]] + 0.0).tolist(), times[chosen].tolist(), strict=True)))


@lru_cache(maxsize=256)
def _spread(many: int) -> npt.NDArray[np.intp]:
    """`SAMPLE` different places among so many: one, at random, in each of as many stretches."""
    bounds = np.arange(SAMPLE + 1) * many // SAMPLE
    return bounds[:-1] + (np.random.default_rng(1).random(SAMPLE) * np.diff(bounds)).astype(np.intp)


def _thinned(values: Floats, weight: float, turn: int) -> Chunk:
    """About `FEW` of them, one in so many, beginning with another one each time."""
    step = len(values) // FEW
    if step < 2:
        return values, weight
    few = values[turn * 7 % step :: step].copy()
    return few, weight * len(values) / len(few)


def _added(often: Often, more: Iterable[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    found = dict(often)
    for value, times in more:
        found[value] = found.get(value, 0.0) + times
    return found.items()


def _most(found: Iterable[tuple[float, float]]) -> Often:
    """Those that come most often, less what the first that is left out comes: Misra and Gries, Finding repeated
    elements, 1982; that it can be merged so: Agarwal et al., Mergeable summaries, 2013."""
    ranked = sorted(found, key=lambda one: (-one[1], one[0]))
    if len(ranked) <= FREQUENT:
        return tuple(ranked)
    spare = ranked[FREQUENT][1]
    return tuple((value, times - spare) for value, times in ranked[:FREQUENT] if times > spare)


NO_SHAPE = Shape()
