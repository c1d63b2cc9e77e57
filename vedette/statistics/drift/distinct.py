"""How many distinct numbers came: from the least hashes of all of them, exact to merge.

Any split of the numbers into batches keeps the same hashes. With fewer than `KEPT` distinct numbers all are counted.
Source: Bar-Yossef et al., Counting distinct elements in a data stream, RANDOM 2002.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]
KEPT = 64
"""Hashes that are kept: beyond, the number of distinct ones is told with an error of about 13 %."""
NO_HASHES: Hashes = np.zeros(0, np.uint64)
_HOPED = 1.5 * KEPT
"""Hashes below a bound that is chosen so that there are enough of them in most cases."""
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_ALL = float(1 << 64)
MANY = 4096
"""Hashes from which on sorting them costs more than leaving out those that are known."""
BLOCK = 8_192
"""Numbers that are hashed at a time: they stay in the processor's cache."""
_TABLE_BITS = 12
_SHIFT = np.uint64(64 - _TABLE_BITS)
_NONE = np.zeros(0)


def least_hashes(values: Floats, distinct: int, known: Floats = _NONE) -> Hashes:
    """The `KEPT` least hashes of finite `values`, ascending; all, if there are fewer.

    `distinct` is about how many distinct ones are expected, at least 1, and `known` are some that come often, if there
    are such: wrong guesses cost time, not exactness.
    """
    wanted = min(1.0, _HOPED / distinct)
    while True:
        bound = np.uint64(int(wanted * _ALL) if wanted < 1 else (1 << 64) - 1)
        expected = _below(known, bound)
        others = _below(values, bound, expected if len(values) > MANY else NO_HASHES)
        found = np.unique(np.concatenate((expected, others)))
        if len(found) >= KEPT or wanted >= 1:
            return found[:KEPT].copy()
        wanted = min(1.0, wanted * 8)


def merged(one: Hashes, other: Hashes) -> Hashes:
    """Of both together."""
    if not len(one) or not len(other):
        return one if len(one) else other
    both = np.concatenate((one, other))
    both.sort()
    is_first = np.concatenate(([True], both[1:] != both[:-1]))
    return both[is_first][:KEPT].copy()


def estimate(hashes: Hashes) -> int:
    """How many distinct numbers there were."""
    if len(hashes) < KEPT:
        return len(hashes)
    return round((KEPT - 1) / (float(hashes[-1]) / _ALL))


def _below(values: Floats, bound: np.uint64, known: Hashes = NO_HASHES) -> Hashes:
    """Hashes of `values` that are at most `bound`, without most of those that are `known`.

    Each known one has one place in a table, and of two that share one the second has it.
    """
    table = np.zeros(1 << _TABLE_BITS if len(known) else 0, np.uint64)
    if len(known):
        table[(known >> _SHIFT).view(np.int64)] = known
    found = [NO_HASHES]
    many = min(BLOCK, len(values))
    plain, hashes, held = np.empty(many), np.empty(many, np.uint64), np.empty(many, np.uint64)
    chosen = np.empty(many, np.bool_)
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        size = len(block)
        np.add(block, 0.0, out=plain[:size])  # -0 is 0
        part, other = hashes[:size], held[:size]
        np.multiply(plain[:size].view(np.uint64), _FIRST, out=part)
        np.right_shift(part, np.uint64(32), out=other)
        np.bitwise_xor(part, other, out=part)
        np.multiply(part, _SECOND, out=part)
        low = part[np.less_equal(part, bound, out=chosen[:size])]
        found.append(low[table[(low >> _SHIFT).view(np.int64)] != low] if len(known) else low)
    return np.concatenate(found)
