"""Counting a report's columns into the bins of a reference, over all rows and by segment."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.events.features import Column, FeatureBatch
from vedette.statistics.drift.counting import moments
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.places import Places, code_places, counts_at, places, width
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.segments import Segments, cross
from vedette.statistics.drift.shape import Shape
from vedette.windows.drift_config import Subject

Order = npt.NDArray[np.intp] | None


class Counting:
    """One report, its rows brought into an order (None: as they are)."""

    def __init__(self, subject: Subject, batch: FeatureBatch, order: Order) -> None:
        self._order = order
        self._segments = subject.segments
        self._of_rows = None if subject.segments is None else _segments_of(subject.segments, batch, order)

    def values(self, column: Column) -> npt.NDArray[Any]:
        """A column's numbers or codes, in that order."""
        return _values(column, self._order)

    def count(self, profile: FeatureProfile, column: Column, values: npt.NDArray[Any], rows: slice) -> Counts:
        """Some rows of a column's `values`; with those by segment, if the reference has the feature by segment."""
        some, segments = values[rows], self._segments
        if segments is None or self._of_rows is None or profile.name not in segments.counts:
            return _whole(profile, column, some)
        numbers = column.form == "numbers"
        place = places(profile, some) if numbers else code_places(profile, some, column.dictionary)
        matrix = cross(self._of_rows[rows], place, len(segments.labels), width(profile))
        if not (numbers and profile.by_edges and profile.kind == "numeric"):
            return segments.counted(_whole(profile, column, some), matrix)
        row = matrix.sum(axis=0)
        inside = not (row[0] or row[-3] or row[-2])
        finite = some if inside else some[np.isfinite(some)]
        own = moments(finite, profile.mean)
        return segments.counted(counts_at(row, own, Shape.of(finite)), matrix)


def _segments_of(segments: Segments, batch: FeatureBatch, order: Order) -> Places:
    column = next((one for one in batch.columns if one.name == segments.column), None)
    if column is None:
        return segments.nowhere(len(batch.ts) // 8)
    values = _values(column, order)
    return segments.of_values(values) if column.form == "numbers" else segments.of_codes(values, column.dictionary)


def _values(column: Column, order: Order) -> npt.NDArray[Any]:
    values = np.frombuffer(column.data, "<f8" if column.form == "numbers" else "<i4")
    return values if order is None else values[order]


def _whole(profile: FeatureProfile, column: Column, values: npt.NDArray[Any]) -> Counts:
    return profile.count(values) if column.form == "numbers" else profile.count_codes(values, column.dictionary)
