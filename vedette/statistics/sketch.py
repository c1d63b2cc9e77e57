"""Log-bucket sketches: mergeable quantiles with a relative error of at most one per cent.

The idea is DDSketch's (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019): value x > 0 falls into bucket i = ceil(log x / log g) with
g = (1+a)/(1-a), and the bucket's value 2 g^i / (g+1) is within the share a of every value in it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput

ALPHA = 0.01
GAMMA = (1 + ALPHA) / (1 - ALPHA)
_LOG_GAMMA = math.log(GAMMA)
_MIDDLE = math.log((GAMMA + 1) / 2)
_LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)
MAX_BUCKETS = 2048
"""Per sign; 2048 buckets of 1 % span 17 decades. Beyond, the buckets nearest to zero are joined."""
_HEAD = struct.Struct("<BQQhHhH")
HEAD_BYTES = _HEAD.size
ROUNDING = 1e-9
"""Of a rank: so much above a whole number is none."""
BUCKETS = {1: "<u4", 2: "<u1", 3: "<u2"}
"""Version of the form to the type of its counts: the counts of an hour fit into a byte each."""

Counts = npt.NDArray[np.int64]
Read = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
"""Counts as they were written."""


class _Store:
    """Counts of consecutive buckets from `first` on."""

    __slots__ = ("counts", "first")

    def __init__(self, first: int = 0, counts: Counts | None = None) -> None:
        self.first = first
        self.counts: Counts = np.zeros(0, np.int64) if counts is None else counts

    def add(self, first: int, counts: Counts) -> None:
        if not len(counts):
            return
        if not len(self.counts):
            low, high = first, first + len(counts)
        else:
            low = min(self.first, first)
            high = max(self.first + len(self.counts), first + len(counts))
        joined = np.zeros(high - low, np.int64)
        joined[self.first - low : self.first - low + len(self.counts)] += self.counts
        joined[first - low : first - low + len(counts)] += counts
        if len(joined) > MAX_BUCKETS:
            spare = len(joined) - MAX_BUCKETS
            rest = joined[: spare + 1].sum()
            joined, low = joined[spare:].copy(), low + spare
            joined[0] = rest
        self.first, self.counts = low, joined

    def values(self) -> npt.NDArray[np.float64]:
        return bucket_values(self.first, len(self.counts))


def bucket_values(first: int, count: int) -> npt.NDArray[np.float64]:
    """What stands for the values in each of `count` buckets from `first` on."""
    index = np.arange(first, first + count)
    return np.asarray(np.exp(np.minimum(index * _LOG_GAMMA - _MIDDLE, _LARGEST_EXPONENT)))


def nearest_rank(q: float, count: int) -> int:
    """The rank, from 1 to `count`, of the quantile q; a product that is off by rounding does not skip a rank."""
    return max(1, math.ceil(q * count - ROUNDING))


class Sketch:
    """Counts of values by log buckets: stores for positive and negative values, and counts of zero and NaN.

    Infinities count into the outermost bucket that a float has. `merge` is exact: any split of the values into
    sketches gives the same counts, as long as no store is above its cap.
    """

    __slots__ = ("_negative", "_positive", "nans", "zeros")

    def __init__(self) -> None:
        self._positive = _Store()
        self._negative = _Store()
        self.zeros = 0
        self.nans = 0

    @property
    def count(self) -> int:
        """How many values, without NaN."""
        return int(self._positive.counts.sum() + self._negative.counts.sum()) + self.zeros

    def __reduce__(self) -> tuple[Callable[[bytes], Sketch], tuple[bytes]]:
        """Snapshots hold many sketches: as bytes they take a tenth of what their arrays do."""
        return Sketch.from_bytes, (self.to_bytes(),)

    def add(self, values: npt.ArrayLike) -> None:
        """Count `values` (any shape)."""
        array = np.asarray(values, np.float64).ravel()
        nan = np.isnan(array)
        if nan.any():
            self.nans += int(nan.sum())
            array = array[~nan]
        self.zeros += int((array == 0).sum())
        for store, part in ((self._positive, array[array > 0]), (self._negative, -array[array < 0])):
            if len(part):
                limited = np.clip(part, np.finfo(np.float64).tiny, np.finfo(np.float64).max)
                index = np.ceil(np.log(limited) / _LOG_GAMMA).astype(np.int64)
                first = int(index.min())
                store.add(first, np.bincount(index - first).astype(np.int64))

    def merge(self, other: Sketch) -> None:
        """Add the counts of `other`."""
        self._positive.add(other._positive.first, other._positive.counts)
        self._negative.add(other._negative.first, other._negative.counts)
        self.zeros += other.zeros
        self.nans += other.nans

    def quantile(self, q: float) -> float | None:
        """The smallest value that a share q (0 to 1) of all values does not exceed; None where nothing was counted."""
        if not 0 <= q <= 1:
            raise InvalidInput("quantile", q, "a number from 0 to 1")
        total = self.count
        if total == 0:
            return None
        values = np.concatenate([-self._negative.values()[::-1], [0.0], self._positive.values()])
        counts = np.concatenate([self._negative.counts[::-1], [self.zeros], self._positive.counts])
        return float(values[int(np.searchsorted(np.cumsum(counts), nearest_rank(q, total)))])

    def to_bytes(self) -> bytes:
        """A compact form: counts as unsigned integers of 8, 16 or 32 bits (a larger count becomes the largest)."""
        parts = [self._positive, self._negative]
        most = max((int(store.counts.max()) for store in parts if len(store.counts)), default=0)
        version = 2 if most < 1 << 8 else 3 if most < 1 << 16 else 1
        head = [version, self.zeros, self.nans]
        for store in parts:
            head += [store.first, len(store.counts)]
        body = b"".join(np.minimum(store.counts, 0xFFFFFFFF).astype(BUCKETS[version]).tobytes() for store in parts)
        return _HEAD.pack(*head) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Sketch:
        """The sketch that `to_bytes` wrote; `InvalidInput` for anything else."""
        return cls.merged([data])

    @classmethod
    def merged(cls, parts: Iterable[bytes]) -> Sketch:
        """The sketch of all that went into `parts`, each written by `to_bytes`; `InvalidInput` for anything else."""
        merged = cls()
        positive: list[tuple[int, Read]] = []
        negative: list[tuple[int, Read]] = []
        for data in parts:
            zeros, nans, *stores = _read(data)
            merged.zeros += zeros
            merged.nans += nans
            for (first, counts), found in zip(stores, (positive, negative), strict=True):
                if len(counts):
                    found.append((first, counts))
        merged._positive, merged._negative = _joined(positive), _joined(negative)
        return merged


def _read(data: bytes) -> tuple[int, int, tuple[int, Read], tuple[int, Read]]:
    try:
        version, zeros, nans, first_p, len_p, first_n, len_n = _HEAD.unpack_from(data)
    except struct.error as error:
        raise InvalidInput("sketch", f"{len(data)} bytes", f"at least {_HEAD.size} bytes") from error
    width = BUCKETS.get(version)
    if width is None or len(data) != _HEAD.size + int(width[-1]) * (len_p + len_n):
        raise InvalidInput("sketch", f"version {version}, {len(data)} bytes", "version 1, 2 or 3, whole")
    counts = np.frombuffer(data, width, offset=_HEAD.size)
    return zeros, nans, (first_p, counts[:len_p]), (first_n, counts[len_p:])


def _joined(parts: list[tuple[int, Read]]) -> _Store:
    joined = _Store()
    if parts:
        low = min(first for first, _ in parts)
        counts = np.zeros(max(first + len(counts) for first, counts in parts) - low, np.int64)
        for first, part in parts:
            counts[first - low : first - low + len(part)] += part
        joined.add(low, counts)
    return joined
