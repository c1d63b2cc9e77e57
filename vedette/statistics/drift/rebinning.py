"""Two profiles of a feature in the same bins: what their counts say exactly, and why the rest cannot be said.

Nothing is interpolated. Intervals keep the edges at which both sides know how many values lie below; a category that a
profile may hold among its rare ones is counted as other on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.profile import MOST_CATEGORIES, FeatureProfile
from vedette.statistics.drift.unseen import Unseen
from vedette.statistics.drift.values import key
from vedette.statistics.drift.verdict import Statistic

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
NO_EDGES = "no edge of the bins is one at which both references know how many values lie below it"
NO_VALUES = "a reference has no values of this feature"
BY_VALUE = "the first reference counts this feature value by value"
BEYOND = "the second reference has a bin that lies partly beyond the range of the first"
RARE_ONES = f"of the second reference only the {MOST_CATEGORIES} most frequent categories are known"


@dataclass(frozen=True, slots=True)
class Rebinned:
    """The first profile, perhaps in wider bins, and the second's counts in them. `refused`: why a statistic is none."""

    profile: FeatureProfile
    counts: Counts
    refused: dict[Statistic, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cumulative:
    """How many finite values are at most x: known at `knots` and beyond, and with `steps` between too."""

    knots: Floats
    counts: Whole
    steps: bool

    @classmethod
    def of(cls, profile: FeatureProfile) -> Cumulative:
        """Of a numeric profile."""
        counted = np.cumsum([0, *profile.counts])
        if profile.least is None or profile.most is None:
            first = [math.nextafter(profile.points[0], -math.inf)] if profile.points else [0.0]
            return cls(np.array([*first, *profile.points]), counted, True)
        return cls(np.array([math.nextafter(profile.least, -math.inf), *profile.edges, profile.most]), counted, False)

    @property
    def n(self) -> int:
        """All finite values."""
        return int(self.counts[-1])

    def at(self, x: Floats) -> tuple[Whole, Whole]:
        """The fewest and the most values that may be at most x."""
        place = np.searchsorted(self.knots, x, side="right") - 1
        fewest, most = self._between(place)
        known = (place >= 0) & (self.knots[place.clip(0)] == x)
        return fewest, np.where(known, fewest, most)

    def after(self, x: Floats) -> tuple[Whole, Whole]:
        """The same for what is above x and not above this side's next knot."""
        return self._between(np.searchsorted(self.knots, x, side="right") - 1)

    def _between(self, place: npt.NDArray[np.intp]) -> tuple[Whole, Whole]:
        fewest = np.where(place >= 0, self.counts[place.clip(0)], 0)
        if self.steps:
            return fewest, fewest
        return fewest, np.where(place >= 0, self.counts[(place + 1).clip(0, len(self.counts) - 1)], 0)


def is_numeric(profile: FeatureProfile) -> bool:
    """Whether its values have an order and distances."""
    return profile.kind in ("numeric", "text_length")


def rebinned(first: FeatureProfile, second: FeatureProfile) -> Rebinned:
    """The second's counts in bins of the first, which are of the same kind."""
    if not is_numeric(first):
        return _by_category(first, second)
    if not first.by_edges and not second.by_edges:
        return Rebinned(first, _named(second, first.points))
    return _by_edges(first, second)


def _by_category(first: FeatureProfile, second: FeatureProfile) -> Rebinned:
    held = dict(zip(second.categories, second.counts, strict=True))
    # With fewer categories, `other` are values that are not of the kind, and no category is among them.
    cut = second.other > 0 and len(second.categories) >= MOST_CATEGORIES
    kept = [name in held or not cut for name in first.categories]
    if all(kept):
        return Rebinned(first, _named(second, first.categories))
    pairs = zip(first.categories, first.counts, kept, strict=True)
    chosen = {name: count for name, count, keep in pairs if keep}
    profile = msgspec.structs.replace(
        first,
        categories=tuple(chosen),
        counts=tuple(chosen.values()),
        other=first.other + sum(first.counts) - sum(chosen.values()),
    )
    return Rebinned(profile, _named(second, profile.categories), {"other_rate": RARE_ONES})


def _named(second: FeatureProfile, wanted: Sequence[float] | Sequence[str]) -> Counts:
    """By points or categories: those that are not `wanted` are unseen."""
    own = second.reference()
    left: dict[float | str, int] = dict(zip(second.points or second.categories, second.counts, strict=True))
    bins = [left.pop(one, 0) for one in wanted]
    unseen = Unseen.of((str(key(one)), times) for one, times in left.items() if times)
    other = own.present - sum(bins)
    return Counts(np.array(bins, np.int64), own.missing, other, moments=own.moments, unseen=unseen)


def _by_edges(first: FeatureProfile, second: FeatureProfile) -> Rebinned:
    f, g = Cumulative.of(first), Cumulative.of(second)
    beyond = not (first.by_edges and second.by_edges)  # points have ±∞ among the others, so both do
    least, most = math.nextafter(float(f.knots[0]), math.inf), float(f.knots[-1])
    x = np.union1d(f.knots, g.knots)
    x = x[(x >= least) & (x < most)]
    known = (f.at(x)[0] == f.at(x)[1]) & (g.at(x)[0] == g.at(x)[1])
    edges = x[known]
    profile = msgspec.structs.replace(
        first,
        edges=tuple(edges.tolist()),
        points=(),
        least=least,
        most=most,
        counts=tuple(np.diff([0, *f.at(edges)[0].tolist(), f.n]).tolist()),
        other=first.other + beyond * (first.below + first.above),
        below=0 if beyond else first.below,
        above=0 if beyond else first.above,
        spaced=False,
    )
    ends = np.array([f.knots[0], most])
    fewest, at_most = g.at(ends)
    sure = fewest == at_most
    below = int(fewest[0]) if sure[0] else 0
    upto = int(fewest[1]) if sure[1] else g.n
    bins = np.diff([below, *g.at(edges)[0].tolist(), upto]).astype(np.int64)
    counts = Counts(
        bins,
        second.missing,
        second.other + beyond * (second.below + second.above),
        below + (0 if beyond else second.below),
        g.n - upto + (0 if beyond else second.above),
        second.reference().moments,
    )
    refused: dict[Statistic, str] = {}
    if not f.n or not g.n:
        refused = dict.fromkeys(("psi", "out_of_range_rate"), NO_VALUES)
    else:
        if not len(edges):
            refused["psi"] = NO_EDGES
        if not first.by_edges:
            refused["out_of_range_rate"] = BY_VALUE
        elif not sure.all():
            refused["out_of_range_rate"] = BEYOND
    return Rebinned(profile, counts, refused)
