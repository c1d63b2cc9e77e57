"""Grouping: rows of a matrix folded by group, where groups have few members each.

numpy's `reduceat` walks along the first axis value by value; taking the first member of each group at once, then the
second of each, is ten times faster.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]


def rounds(group: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Groups and places of their first members, then of their second ones, and so on: in each round a group is once."""
    order = np.argsort(group, kind="stable")
    members = group[order]
    ordinals = np.arange(len(members)) - np.searchsorted(members, members)
    by_ordinal = np.argsort(ordinals, kind="stable")
    ends = np.cumsum(np.bincount(ordinals)).tolist()
    for begin, end in zip([0, *ends], ends, strict=False):
        chosen = by_ordinal[begin:end]
        yield members[chosen], order[chosen]


def joined(bits: Bits, group: Ints, groups: int) -> Bits:
    """The bits of all members of each group, joined by OR; the first axis of `bits` is that of the members."""
    found = np.zeros((groups, *bits.shape[1:]), np.uint8)
    for members, chosen in rounds(group):
        found[members] |= bits[chosen]
    return found
