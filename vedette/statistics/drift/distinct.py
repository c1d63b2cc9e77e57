"""How many distinct numbers came: one of 4,096 bits for each, by its hash, exact to merge.

Any split of the numbers into batches sets the same bits. Source: Whang et al., A linear-time probabilistic counting
algorithm for database applications, ACM TODS 15 (1990).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BITS = 4_096
MOST = 25_000
"""Beyond so many nearly all bits are set, and it is only told that there are at least so many. Below, the error is
within 3 %."""
BLOCK = 8_192
"""Numbers that are hashed at a time: they stay in the processor's cache."""
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_HALF, _TOP = np.uint64(33), np.uint64(64 - 12)


def bits_of(values: Floats) -> int:
    """The bits of `values`, finite ones."""
    is_set = np.zeros(BITS, np.bool_)
    many = min(BLOCK, len(values))
    plain, hashes, held = np.empty(many), np.empty(many, np.uint64), np.empty(many, np.uint64)
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        size = len(block)
        np.add(block, 0.0, out=plain[:size])  # -0 is 0
        part, other = hashes[:size], held[:size]
        np.right_shift(plain[:size].view(np.uint64), _HALF, out=other)
        np.bitwise_xor(plain[:size].view(np.uint64), other, out=part)
        for factor in (_FIRST, _SECOND):
            np.multiply(part, factor, out=part)
            np.right_shift(part, _HALF, out=other)
            np.bitwise_xor(part, other, out=part)
        np.right_shift(part, _TOP, out=part)
        is_set[part.view(np.int64)] = True
    return int.from_bytes(np.packbits(is_set).tobytes(), "little")


def estimate(bits: int) -> int:
    """How many distinct numbers there were; at most `MOST`, which stands for as many or more."""
    unset = BITS - bits.bit_count()
    if not unset:
        return MOST
    return min(MOST, round(-BITS * math.log(unset / BITS)))
