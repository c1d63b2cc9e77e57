"""Segments of a model's rows, by the values of one column: which there are, and how the reference's rows lie in them.

Every row is in one: that of its value if it has a segment, `missing` without a value, else `other`. Rows whose value is
an empty text are missing too, and those whose value is called like one of these two are in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.counts import Counts, Moments, Whole
from vedette.statistics.drift.places import Places, counts_at, one_by_one, places, width, within
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.shape import NO_SHAPE
from vedette.statistics.drift.values import Kind, keys, reading

OTHER, MISSING = "other", "missing"
MOST_FREQUENT = 20
"""Segments beside these two, where nobody says which."""
MOST_SEGMENTS = 50
"""Segments that may be named."""
MOST_CELLS = 100_000
"""Segments times places of all features together, of one reference: 800 kB in each open window. The features with the
most bins beyond are not counted by segment."""
_SEGMENT_KINDS: tuple[Kind, ...] = ("categorical", "boolean", "hour", "weekday")
_MATRIX = np.zeros((0, 0), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class CountsBySegment(Counts):
    """Counts of a feature, and the same rows by segment (rows) and place (columns).

    Added to counts that are not by the same segments it is plain counts: the whole is right, its parts are not known.
    """

    segments: Whole = field(default_factory=lambda: _MATRIX)

    def __setstate__(self, state: list[Any]) -> None:
        """Take a snapshot; one of an older version knows no shape."""
        if len(state) < len(fields(self)):
            state = [*state[:-1], NO_SHAPE, state[-1]]
        for one, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, one.name, value)

    def __add__(self, other: Counts) -> Counts:
        whole = Counts.__add__(self, other)
        if not isinstance(other, CountsBySegment) or self.segments.shape != other.segments.shape:
            return whole
        return _with_segments(whole, self.segments + other.segments)


def _with_segments(whole: Counts, matrix: Whole) -> CountsBySegment:
    beside = (whole.missing, whole.other, whole.below, whole.above)
    return CountsBySegment(whole.bins, *beside, whole.moments, whole.unseen, whole.shape, matrix)


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """The segments of a reference; immutable. `counts` has a matrix for each feature: segments (the two last are other
    and missing) by places. `chosen` are the names that somebody gave, None if the most frequent were taken."""

    column: str
    kind: Kind
    names: tuple[str, ...]
    chosen: tuple[str, ...] | None
    counts: Mapping[str, Whole]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names, and the two that there always are."""
        return (*self.names, OTHER, MISSING)

    def are_of(self, column: str | None, chosen: Sequence[str] | None) -> bool:
        """Whether these are the segments that a model's settings ask for."""
        return self.column == column and self.chosen == (None if chosen is None else tuple(chosen))

    def of_values(self, values: Sequence[Any] | npt.NDArray[Any]) -> Places:
        """The segment of each value of the column, by its place in `labels`."""
        if isinstance(values, np.ndarray):
            if values.dtype.kind in "fiub":
                known, place = np.unique(values.ravel(), return_inverse=True)
                return np.asarray(self.of_values(known.tolist())[place])
            values = list(values.ravel()) if values.dtype.kind == "M" else values.ravel().tolist()
        missing, other = len(self.names) + 1, len(self.names)
        known_as: dict[str | None, int] = {name: at for at, name in enumerate(self.names)}
        known_as |= {None: missing, "": missing, MISSING: missing}
        read = reading(self.kind)
        return one_by_one(values, lambda value: known_as.get(read(value), other))

    def of_codes(self, codes: npt.NDArray[np.integer[Any]], dictionary: Sequence[Any]) -> Places:
        """The same of a dictionary-encoded column."""
        return np.asarray(np.append(self.of_values(dictionary), len(self.names) + 1)[within(codes, dictionary)])

    def nowhere(self, rows: int) -> Places:
        """Of rows that do not have the column: all are in `missing`."""
        return np.full(rows, len(self.names) + 1, np.intp)

    def counted(self, whole: Counts, matrix: Whole) -> CountsBySegment:
        """A feature's counts with those by segment."""
        return _with_segments(whole, matrix)

    def profile(self, whole: FeatureProfile, segment: int) -> FeatureProfile:
        """A feature's profile with the bins of the whole, and the counts of one segment."""
        row = self.counts[whole.name][segment]
        own = counts_at(row, Moments())
        alone = (np.array(whole.counts, np.int64) == 1) & (own.bins == 1)
        return msgspec.structs.replace(
            whole,
            counts=tuple(own.bins.tolist()),
            missing=own.missing,
            other=own.other,
            below=own.below,
            above=own.above,
            singles=int(alone.sum()) if whole.singles else 0,
            spaced=False,
            n=0,
            m2=0.0,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain: numbers, strings, lists; what JSON has."""
        counts = {feature: matrix.tolist() for feature, matrix in self.counts.items()}
        chosen = None if self.chosen is None else list(self.chosen)
        about = {"column": self.column, "kind": self.kind, "names": list(self.names), "chosen": chosen}
        return {**about, "counts": counts}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Segments:
        """What `to_dict` wrote; `InvalidInput` for anything else."""
        try:
            chosen = None if written["chosen"] is None else tuple(written["chosen"])
            counts = {feature: np.array(rows, np.int64) for feature, rows in written["counts"].items()}
            found = cls(written["column"], written["kind"], tuple(written["names"]), chosen, counts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput("segments", repr(error), "segments of a reference") from error
        if any(matrix.ndim != 2 or len(matrix) != len(found.labels) for matrix in counts.values()):
            raise InvalidInput("segments", f"{len(found.labels)} segments", "a line for each of them")
        return found


def cross(segments: Places, place: Places, count: int, of: int) -> Whole:
    """How many rows each of `count` segments has at each of `of` places; one pass over both columns."""
    found = np.bincount(segments * np.intp(of) + place, minlength=count * of)
    return found.astype(np.int64, copy=False).reshape(count, of)


def fit_segments(
    column: str,
    chosen: Sequence[str] | None,
    columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]],
    profiles: Sequence[FeatureProfile],
) -> Segments:
    """The segments of a reference by one of its columns, of which `profiles` are.

    `InvalidInput` for a column that is not there, or one of numbers or free text whose segments nobody has named.
    """
    by_name = {profile.name: profile for profile in profiles}
    if column not in by_name:
        some = ", ".join(list(by_name)[:20])
        raise InvalidInput("segment_by", column, f"a column of the reference: {some}")
    kind = by_name[column].kind
    if kind not in _SEGMENT_KINDS:
        if chosen is None:
            allowed = f"a column of kind {', '.join(_SEGMENT_KINDS)} (say so in kinds, or name its values in segments)"
            raise InvalidInput("segment_by", f"{column}, which is {kind}", allowed)
        kind = "categorical"
    if chosen is None:
        found = keys(columns[column], kind)
        ranked = sorted(((-many, name) for name, many in found.items() if name and name[0] != "\x00"), key=tuple)
        names = tuple(name for _, name in ranked if name not in (OTHER, MISSING))[:MOST_FREQUENT]
    else:
        names = tuple(chosen)
    made = Segments(column, kind, names, None if chosen is None else names, {})
    count = len(made.labels)
    rows = made.of_values(columns[column])
    counts: dict[str, Whole] = {}
    cells = 0
    for profile in sorted(profiles, key=lambda one: one.bins):
        if profile.name == column:
            continue
        cells += count * width(profile)
        if cells > MOST_CELLS:
            break
        counts[profile.name] = cross(rows, places(profile, columns[profile.name]), count, width(profile))
    return Segments(made.column, made.kind, made.names, made.chosen, counts)
