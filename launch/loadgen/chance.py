"""Chance: numbers that look random and follow from a seed and a place alone, so that any of them can be made again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]


def drawn(seed: int, *place: int | npt.NDArray[np.int64]) -> Numbers:
    """64-bit numbers for places; the parts of `place` are broadcast against each other (SplitMix64's finaliser)."""
    found = np.array([seed], np.uint64)
    for part in place:
        found = _mixed(found + np.atleast_1d(np.asarray(part)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return found


def _mixed(numbers: Numbers) -> Numbers:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Numbers = numbers ^ (numbers >> np.uint64(31))
    return mixed
