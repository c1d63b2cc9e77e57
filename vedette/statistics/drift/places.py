"""Where each value of a column belongs among the bins of a profile, so that it can be counted by segment too.

Places are whole numbers: 0 is below the reference, then come the bins, above, missing, other. Counting a column's
places by number gives what the profile's own `count` and `count_codes` give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.counting import places_between
from vedette.statistics.drift.counts import Counts, Moments, Whole
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.shape import NO_SHAPE, Shape
from vedette.statistics.drift.values import lengths, number, reading

Places = npt.NDArray[np.integer[Any]]
BESIDE = 4
"""Places that are no bins."""


def width(profile: FeatureProfile) -> int:
    """How many places a profile has."""
    return profile.bins + BESIDE


def counts_at(row: Whole, moments: Moments, shape: Shape = NO_SHAPE) -> Counts:
    """Numbers by place as counts."""
    below, above, missing, other = (int(row[place]) for place in (0, -3, -2, -1))
    return Counts(row[1:-3], missing, other, below, above, moments, shape=shape)


def places(profile: FeatureProfile, values: Sequence[Any] | npt.NDArray[Any]) -> Places:
    """Of each value of a column, as `FeatureProfile.count` takes it; every value has one."""
    numeric = profile.kind in ("numeric", "text_length")
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        array = values.astype(np.float64, copy=False).ravel()
        if profile.kind == "numeric":
            return _of_numbers(profile, array)
        known, place = np.unique(values.ravel(), return_inverse=True)
        return np.asarray(places(profile, known.tolist())[place])
    if isinstance(values, np.ndarray):
        values = list(values.ravel()) if values.dtype.kind == "M" else values.ravel().tolist()
    if not numeric:
        return _of_categories(profile, values)
    if profile.kind == "text_length":
        return _of_numbers(profile, lengths(values))
    found = [number(value) for value in values]
    array = np.array([math.nan if one is None else one for one in found], np.float64)
    place = _of_numbers(profile, array).astype(np.intp, copy=False)
    place[[one is None for one in found]] = profile.bins + 3
    return place


def code_places(profile: FeatureProfile, codes: npt.NDArray[np.integer[Any]], dictionary: Sequence[Any]) -> Places:
    """Of a dictionary-encoded column, as `FeatureProfile.count_codes` takes it."""
    return np.asarray(np.append(places(profile, dictionary), profile.bins + 2)[within(codes, dictionary)])


def within(codes: npt.NDArray[np.integer[Any]], dictionary: Sequence[Any]) -> npt.NDArray[np.integer[Any]]:
    """Codes that index an array of the dictionary's entries with one more, for what is missing."""
    highest = int(codes.max(initial=-1))
    if highest >= len(dictionary):
        raise InvalidInput("codes", highest, f"below {len(dictionary)}, the dictionary's length")
    return codes if codes.min(initial=0) >= -1 else codes.clip(-1)


def _of_numbers(profile: FeatureProfile, array: npt.NDArray[np.float64]) -> Places:
    if profile.least is not None and profile.most is not None:
        bounds = np.array([math.nextafter(profile.least, -math.inf), *profile.edges, profile.most])
        return places_between(array, bounds)
    points = np.append(profile.points, math.inf)  # one beyond the last, which no value is counted at
    at = np.searchsorted(points[:-1], array, side="left")
    place = np.where(points[at] == array, at + 1, profile.bins + 3)
    place[np.isinf(array)] = profile.bins + 3
    place[np.isnan(array)] = profile.bins + 2
    return place


def _of_categories(profile: FeatureProfile, values: Sequence[Any]) -> Places:
    missing, other = profile.bins + 2, profile.bins + 3
    known: dict[str | None, int] = {category: at + 1 for at, category in enumerate(profile.categories)}
    known[None] = missing
    read = reading(profile.kind)
    return one_by_one(values, lambda value: known.get(read(value), other))


def one_by_one(values: Sequence[Any], place: Callable[[object], int]) -> Places:
    """The place of each value; a text that comes often is read once."""
    if set(map(type, values)) <= {str, type(None)}:
        known = {value: place(value) for value in set(values)}
        return np.fromiter(map(known.__getitem__, values), np.intp, len(values))
    return np.fromiter(map(place, values), np.intp, len(values))
