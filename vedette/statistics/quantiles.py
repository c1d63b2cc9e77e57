"""Quantiles of many sketches at once: those of a group are merged, all groups in a few array operations.

It gives what `Sketch.merged` gives group by group, which takes milliseconds for a history of ninety days from three
places with three quantiles a day.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vedette.statistics.sketch import BUCKETS, HEAD_BYTES, MAX_BUCKETS, Sketch, bucket_values, nearest_rank

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_HEAD = np.dtype(
    [
        ("version", "u1"),
        ("zeros", "<u8"),
        ("nans", "<u8"),
        ("first", "<i2"),
        ("length", "<u2"),
        ("negative_first", "<i2"),
        ("negative_length", "<u2"),
    ]
)
_MOST_CELLS = 4 << 20


def quantiles(sketches: Sequence[bytes], group: Ints, groups: int, shares: Sequence[float]) -> Floats:
    """For each share a row: the quantile of each group, NaN where nothing was counted.

    `group` has the number of each sketch's group; the sketches are as `Sketch.to_bytes` wrote them.
    """
    found = np.full((len(shares), groups), np.nan)
    if not sketches:
        return found
    heads = np.frombuffer(b"".join([sketch[:HEAD_BYTES] for sketch in sketches]), _HEAD)
    filled = heads["length"] > 0
    firsts = heads["first"][filled].astype(np.int64)
    low = int(firsts.min()) if len(firsts) else 0
    width = int((firsts + heads["length"][filled]).max()) - low if len(firsts) else 1
    if heads["negative_length"].any() or width > MAX_BUCKETS or width * groups > _MOST_CELLS:
        return _one_by_one(sketches, group, found, shares)
    counts = _counts(sketches, heads, group, groups, low, width)
    zeros = np.bincount(group, heads["zeros"].astype(np.float64), groups)
    until = np.cumsum(counts, axis=1) + zeros[:, None]
    totals = until[:, -1]
    values = bucket_values(low, width)
    for row, share in zip(found, shares, strict=True):
        ranks = np.array([nearest_rank(share, int(total)) for total in totals.tolist()])
        at = (until < ranks[:, None]).sum(axis=1)
        row[:] = np.where(ranks <= zeros, 0.0, values[np.minimum(at, width - 1)])
        row[totals == 0] = np.nan
    return found


def _counts(
    sketches: Sequence[bytes], heads: npt.NDArray[np.void], group: Ints, groups: int, low: int, width: int
) -> Floats:
    """Groups by buckets."""
    counts = np.zeros(groups * width)
    for version in np.unique(heads["version"]).tolist():
        places = np.flatnonzero(heads["version"] == version)
        chosen = sketches if len(places) == len(sketches) else [sketches[at] for at in places.tolist()]
        body = np.frombuffer(b"".join([sketch[HEAD_BYTES:] for sketch in chosen]), BUCKETS[version])
        lengths = heads["length"][places].astype(np.int64)
        begins = group[places] * width + heads["first"][places] - low
        index = np.arange(len(body)) + np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
        counts += np.bincount(index, body, groups * width)
    return counts.reshape(groups, width)


def _one_by_one(sketches: Sequence[bytes], group: Ints, found: Floats, shares: Sequence[float]) -> Floats:
    members: dict[int, list[bytes]] = {}
    for number, sketch in zip(group.tolist(), sketches, strict=True):
        members.setdefault(number, []).append(sketch)
    for number, several in members.items():
        merged = Sketch.merged(several)
        for row, share in zip(found, shares, strict=True):
            value = merged.quantile(share)
            row[number] = np.nan if value is None else value
    return found
