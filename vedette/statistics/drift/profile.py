"""A feature's profile: what its reference looked like, and how values of a window are counted against it."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.bins import DEFAULT_BINS, Strategy, inner_edges, manual
from vedette.statistics.drift.counting import count_between, count_points, moments
from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.shape import Shape
from vedette.statistics.drift.unseen import NONE, Unseen
from vedette.statistics.drift.values import LONGEST_KEY, OTHER, Kind, key, keys, lengths, number, numbers

VERSION = 1
FEW_DISTINCT = 20
"""A numeric feature with at most so many distinct values, each seen ten times on average, and at most a fifth of them
once, is counted value by value."""
MOST_CATEGORIES = 1000
"""Rarer ones of the reference are counted as other."""
KNOTS: npt.NDArray[np.float64] = (1 - np.cos(np.linspace(0, np.pi, 65))) / 2
"""Shares from 0 to 1, finest towards both ends."""
Floats = npt.NDArray[np.float64]


class FeatureProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of a reference; immutable. Either `edges` (with `least` and `most`), or `points`, or `categories`.

    `edges` are inner edges; bins are (low, high], the first from `least`, the last to `most`. `points` are the values
    of a numeric feature that has few. `counts` are the reference's own by bin; `missing` and `other` rows beside them.
    `singles` rows were the only ones of their category: as often a window shows a category that the reference has not.
    `spaced`: the edges are quantiles of values without ties, so `counts` could not have been otherwise. `m2` and `m4`
    are sums of powers of distances from the mean. `quantiles` of intervals' numbers are at `KNOTS`. Older references
    have no `m4` and no `quantiles`.
    """

    name: str
    kind: Kind
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    points: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    missing: int = 0
    other: int = 0
    below: int = 0
    above: int = 0
    singles: int = 0
    spaced: bool = False
    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m4: float | None = None
    quantiles: tuple[float, ...] = ()
    version: int = VERSION

    @property
    def by_edges(self) -> bool:
        """Whether bins are intervals (else they are values or categories)."""
        return self.least is not None

    @property
    def bins(self) -> int:
        """How many, without those for missing, other, below and above."""
        return len(self.counts)

    def reference(self) -> Counts:
        """The reference's own counts."""
        least, most = (math.inf, -math.inf) if self.least is None or self.most is None else (self.least, self.most)
        own = Moments(self.n, self.mean, 0.0, self.m2, least, most)
        return Counts(np.array(self.counts, np.int64), self.missing, self.other, self.below, self.above, own)

    def nothing(self) -> Counts:
        """The counts of no values."""
        return Counts(np.zeros(self.bins, np.int64), moments=Moments(origin=self.mean))

    def count(self, values: Sequence[Any] | npt.NDArray[Any]) -> Counts:
        """Count a column. Whatever is in it: each value has a bin, or is missing, other, below or above."""
        if self.kind == "numeric":
            array, other = numbers(values)
            found = self._numeric(array, other)
            return found if not other else dataclasses.replace(found, unseen=found.unseen.merged(_texts(values)))
        if self.kind == "text_length":
            return self._numeric(lengths(values), 0)
        return self._categories(keys(values, self.kind))

    def count_codes(self, codes: npt.NDArray[np.integer[Any]], dictionary: Sequence[Any]) -> Counts:
        """Count a dictionary-encoded column: an index into `dictionary` a value, negative where it is missing."""
        highest = int(codes.max(initial=-1))
        if highest >= len(dictionary):
            raise InvalidInput("codes", highest, f"below {len(dictionary)}, the dictionary's length")
        if codes.min(initial=0) < -1:
            codes = codes.clip(-1)
        held = np.bincount(codes + np.int64(1), minlength=len(dictionary) + 1).tolist()
        if self.kind in ("numeric", "text_length"):
            total = self.nothing() + Counts(np.zeros(self.bins, np.int64), held[0], moments=Moments(origin=self.mean))
            return total + self.count(np.repeat(np.asarray(dictionary, object), held[1:]).tolist())
        found: Counter[str | None] = Counter({None: held[0]})
        plain = self.kind == "categorical" and all(
            type(value) is str and len(value) <= LONGEST_KEY for value in dictionary
        )
        for value, times in zip(dictionary, held[1:], strict=True):
            for name in (value,) if plain else keys([value], self.kind):
                found[name] += times
        return self._categories(found)

    def to_dict(self) -> dict[str, Any]:
        """Plain: numbers, strings, lists; what JSON has."""
        return cast(dict[str, Any], msgspec.to_builtins(self))

    @classmethod
    def from_dict(cls, written: dict[str, Any]) -> FeatureProfile:
        """What `to_dict` wrote; `InvalidInput` for anything else."""
        try:
            profile = msgspec.convert(written, cls)
        except msgspec.ValidationError as error:
            raise InvalidInput("profile", str(error), "a feature profile") from error
        wanted = len(profile.edges) + 1 if profile.by_edges else len(profile.points) + len(profile.categories)
        if profile.version != VERSION or len(profile.counts) != wanted:
            raise InvalidInput(
                "profile", f"version {profile.version}, {profile.bins} bins", f"version {VERSION}, whole"
            )
        return profile

    def _numeric(self, array: Floats, other: int) -> Counts:
        if self.least is None or self.most is None:
            bins, strangers, missing = count_points(array, np.asarray(self.points))
            finite = array[np.isfinite(array)]
            own = moments(finite, self.mean)
            unseen = self._other_points(array) if strangers else NONE
            return Counts(bins, missing, other + strangers, moments=own, unseen=unseen, shape=Shape.of(finite))
        bounds = np.array([math.nextafter(self.least, -math.inf), *self.edges, self.most])
        found, missing = count_between(array, bounds)
        below, above = int(found[0]), int(found[-1])
        finite = array[np.isfinite(array)] if missing or below or above else array
        own = moments(finite, self.mean)
        return Counts(found[1:-1], missing, other, below, above, own, shape=Shape.of(finite))

    def _categories(self, found: Counter[str | None]) -> Counts:
        bins = np.array([found[category] for category in self.categories], np.int64)
        missing = found[None]
        other = found.total() - missing - int(bins.sum())
        unseen = NONE
        if other:
            known = {*self.categories, None, OTHER}
            unseen = Unseen.of((name, times) for name, times in found.items() if name not in known and times)  # type: ignore[misc] # None is known
        return Counts(bins, missing, other, moments=Moments(origin=self.mean), unseen=unseen)

    def _other_points(self, array: Floats) -> Unseen:
        strange = array[~np.isnan(array) & ~np.isin(array, self.points)]
        values, times = np.unique(strange, return_counts=True)
        return Unseen.of(zip(map(str, map(key, values.tolist())), times.tolist(), strict=True))


def _texts(values: Sequence[Any] | npt.NDArray[Any]) -> Unseen:
    """What is no number in a column of numbers."""
    found = Counter(key(value) for value in values if number(value) is None)
    return Unseen.of((name, times) for name, times in found.items() if name is not None)


def fit(
    name: str,
    values: Sequence[Any] | npt.NDArray[Any],
    kind: Kind,
    *,
    strategy: Strategy = "quantiles",
    bins: int = DEFAULT_BINS,
    edges: Sequence[float] | None = None,
) -> FeatureProfile:
    """The profile of a reference's column; any column has one, even an empty one. `edges` overrule `strategy`."""
    if kind not in ("numeric", "text_length"):
        return _fit_categories(name, keys(values, kind), kind)
    array, other = numbers(values) if kind == "numeric" else (lengths(values), 0)
    finite = array[np.isfinite(array)]
    missing = int(np.isnan(array).sum())
    with np.errstate(over="ignore", invalid="ignore"):
        origin = float(finite.mean()) if len(finite) else 0.0
    origin = origin if math.isfinite(origin) else 0.0
    own = moments(finite, origin)
    mean = own.mean if own.n and math.isfinite(own.mean) else origin
    about: dict[str, Any] = {
        "n": own.n,
        "mean": mean,
        "m2": moments(finite, mean).squares,
        "name": name,
        "kind": kind,
    }
    if not math.isfinite(about["m2"]):
        about["m2"] = 0.0  # numbers near 1e308: no variance that a float could hold
    with np.errstate(over="ignore"):
        fourth = float(np.square(np.square(finite - mean)).sum())
    about["m4"] = fourth if math.isfinite(fourth) else None
    distinct = np.unique(finite[:50_000])
    if edges is None and kind == "numeric" and _few(distinct, finite):
        distinct, held = np.unique(finite, return_counts=True)
        strange = len(array) - missing - len(finite)
        return FeatureProfile(
            points=tuple(distinct.tolist()),
            counts=tuple(held.tolist()),
            missing=missing,
            other=other + strange,
            singles=int((held == 1).sum()),
            **about,
        )
    inner = manual(edges) if edges is not None else inner_edges(finite, strategy, bins)
    least, most = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if edges is not None:
        least, most = min(least, float(inner[0])), max(most, float(inner[-1]))
    raw = FeatureProfile(counts=(0,) * (len(inner) + 1), edges=tuple(inner.tolist()), least=least, most=most, **about)
    counted = raw._numeric(array, other)  # noqa: SLF001 # its own class
    level = len(finite) / max(len(counted.bins), 1)
    spaced = edges is None and strategy == "quantiles" and bool((abs(counted.bins - level) <= 1).all())
    return msgspec.structs.replace(
        raw,
        counts=tuple(counted.bins.tolist()),
        missing=missing,
        other=other,
        below=counted.below,
        above=counted.above,
        spaced=spaced and len(inner) > 0,
        quantiles=tuple(np.quantile(finite, KNOTS).tolist()) if len(finite) else (),
    )


def _few(distinct: Floats, finite: Floats) -> bool:
    if len(distinct) > FEW_DISTINCT or len(finite) < 10 * len(distinct):
        return False
    distinct, held = np.unique(finite, return_counts=True)
    # Values that came once are what a continuous tail looks like: there are more where they came from.
    return len(distinct) <= FEW_DISTINCT and 5 * int((held == 1).sum()) <= len(distinct)


def _fit_categories(name: str, found: Counter[str | None], kind: Kind) -> FeatureProfile:
    missing, strange = found.pop(None, 0), found.pop(OTHER, 0)
    if kind == "boolean":
        for category in ("false", "true"):
            found.setdefault(category, 0)
    kept = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_CATEGORIES]
    rest = found.total() - sum(times for _, times in kept)
    return FeatureProfile(
        name=name,
        kind=kind,
        categories=tuple(category for category, _ in kept if category is not None),
        counts=tuple(times for _, times in kept),
        missing=missing,
        other=rest + strange,
        singles=sum(times == 1 for times in found.values()) if rest == 0 else rest,
    )
