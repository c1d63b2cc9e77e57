"""A data profile: what a table's columns look like, for people who want to know their data before they watch them.

Counts, missing and distinct values, quantiles and moments, a histogram or the most frequent values, and what goes
together with what: Pearson's and Spearman's correlation of numbers, Cramér's V of categories.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.values import keys, lengths, number, numbers

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
HISTOGRAM_BINS = 30
TOP = 20
"""Most frequent values that are named."""
MOST_RELATED = 40
"""Columns of each kind, the first, whose relations are looked at: their number grows with the square."""
MOST_ROWS = 50_000
"""Rows from which relations are computed, spread evenly over all."""
MOST_LEVELS = 50
"""Of a category whose relations are looked at; one with more tells rows apart rather than kinds of rows."""
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_NOTHING: dict[str, Any] = {
    "mean": None,
    "deviation": None,
    "skewness": None,
    "quantiles": {},
    "histogram": None,
    "top": [],
}


def describe(columns: Mapping[str, Sequence[Any]], profiles: Sequence[FeatureProfile]) -> dict[str, Any]:
    """The data profile of a table: `columns`, in the order of `profiles`, and `correlations`. Plain values, as JSON has
    them; what is not defined is None."""
    found = [_column(profile, columns[profile.name]) for profile in profiles]
    return {"columns": found, "correlations": _relations(columns, profiles)}


def describe_counts(counts: Counts) -> dict[str, Any]:
    """What a window's counts tell of its data: of numbers quantiles, how many are distinct and the most frequent ones,
    by the names that these have in a data profile; of categories how many are distinct."""
    moments, shape = counts.moments, counts.shape
    if not moments.n:
        return {"distinct": int(np.count_nonzero(counts.bins)) + counts.unseen.distinct}
    if not shape.covers(moments.n):
        return {}
    found = shape.quantiles(QUANTILES, moments.least, moments.most)
    return {
        "quantiles": dict(zip((f"{share:g}" for share in QUANTILES), found, strict=False)),
        "distinct": shape.distinct,
        "top": [{"value": value, "count": times} for value, times in shape.frequent(moments.n)],
    }


def _column(profile: FeatureProfile, values: Sequence[Any]) -> dict[str, Any]:
    about: dict[str, Any] = {"name": profile.name, "kind": profile.kind, "rows": len(values)}
    if profile.kind in {"numeric", "text_length"}:
        array, other = numbers(values) if profile.kind == "numeric" else (lengths(values), 0)
        return about | {"missing": int(np.isnan(array).sum()), "not_numbers": other} | _numeric(array)
    counted = keys(values, profile.kind)
    missing = counted.pop(None, 0)
    top = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))[:TOP]
    shares = np.array(list(counted.values()), np.float64) / max(1, counted.total())
    return about | {
        "missing": missing,
        "distinct": len(counted),
        "entropy_bits": _plain(float(-(shares * np.log2(shares)).sum())) if len(shares) else None,
        "top": [{"value": str(value), "count": count} for value, count in top],
    }


def _numeric(array: Floats) -> dict[str, Any]:
    finite = array[np.isfinite(array)]
    values, counts = np.unique(finite, return_counts=True)
    about: dict[str, Any] = {
        "infinite": int(np.isinf(array).sum()),
        "zeros": int((finite == 0).sum()),
        "negative": int((finite < 0).sum()),
        "distinct": len(values),
    }
    if not len(finite):
        return about | _NOTHING
    with np.errstate(all="ignore"):
        mean, deviation = float(finite.mean()), float(finite.std(ddof=1)) if len(finite) > 1 else math.nan
        skewness = float((((finite - mean) / deviation) ** 3).mean()) if deviation > 0 else math.nan
        quantiles = np.quantile(finite, QUANTILES).tolist()
    often = [at for at in np.argsort(-counts, kind="stable")[:TOP] if counts[at] > max(1, len(finite) // 1000)]
    return about | {
        "mean": _plain(mean),
        "deviation": _plain(deviation),
        "skewness": _plain(skewness),
        "quantiles": {f"{share:g}": _plain(value) for share, value in zip(QUANTILES, quantiles, strict=True)},
        "histogram": _histogram(finite),
        "top": [{"value": float(values[at]), "count": int(counts[at])} for at in often],
    }


def _histogram(finite: Floats) -> dict[str, Any] | None:
    """Bins of equal width between the 0.1 % and 99.9 % quantiles; what lies beyond is in the outer ones."""
    with np.errstate(all="ignore"):
        low, high = np.quantile(finite, (0.001, 0.999)).tolist()
    if not math.isfinite(high - low) or low >= high:
        return None
    edges = np.linspace(low, high, HISTOGRAM_BINS + 1)
    if not (np.diff(edges) > 0).all():
        return None  # neighbours among floats: there is nothing between them
    counts, _ = np.histogram(np.clip(finite, low, high), edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _relations(columns: Mapping[str, Sequence[Any]], profiles: Sequence[FeatureProfile]) -> list[dict[str, Any]]:
    """Pairs of columns with what they have in common, the strongest first."""
    rows = len(next(iter(columns.values()), ()))
    chosen = np.linspace(0, max(rows - 1, 0), min(rows, MOST_ROWS)).astype(np.int64)
    numeric = [profile for profile in profiles if profile.kind == "numeric"][:MOST_RELATED]
    named = [p for p in profiles if p.kind in {"categorical", "boolean"} and 2 <= p.bins <= MOST_LEVELS][:MOST_RELATED]
    arrays = {profile.name: _numbers(columns[profile.name], chosen) for profile in numeric}
    codes = {profile.name: _codes(columns[profile.name], chosen, profile) for profile in named}
    found = [_numeric_pair(one, other, arrays) for one, other in combinations(arrays, 2)]
    found += [_category_pair(one, other, codes) for one, other in combinations(codes, 2)]
    return sorted((pair for pair in found if pair is not None), key=_strength, reverse=True)


def _strength(pair: Mapping[str, Any]) -> float:
    return max(float(abs(pair.get(name) or 0.0)) for name in ("pearson", "spearman", "cramers_v"))


def _numbers(values: Sequence[Any], chosen: Whole) -> Floats:
    """A number for each chosen row, NaN for what is none."""
    some = [values[at] for at in chosen.tolist()]
    array, other = numbers(some)
    if not other:
        return array
    read = [number(value) for value in some]
    return np.array([math.nan if value is None else value for value in read], np.float64)


def _codes(values: Sequence[Any], chosen: Whole, profile: FeatureProfile) -> Whole:
    """The category of each chosen row as a number, -1 for what is none of the profile's."""
    places: dict[str | None, int] = {category: place for place, category in enumerate(profile.categories)}
    known: dict[Any, int] = {}
    found = np.empty(len(chosen), np.int64)
    for place, at in enumerate(chosen.tolist()):
        value = values[at]
        name = (type(value), value) if isinstance(value, str | int | float) else repr(value)
        if name not in known:
            known[name] = places.get(next(iter(keys([value], profile.kind))), -1)
        found[place] = known[name]
    return found


def _numeric_pair(one: str, other: str, arrays: Mapping[str, Floats]) -> dict[str, Any] | None:
    a, b = arrays[one], arrays[other]
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3:
        return None
    a, b = a[both], b[both]
    pearson = _correlation(a, b)
    if pearson is None:
        return None
    return {"a": one, "b": other, "pearson": pearson, "spearman": _correlation(_ranks(a), _ranks(b)), "n": len(a)}


def _ranks(values: Floats) -> Floats:
    """Ranks from 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean: Floats = np.cumsum(counts) - (counts - 1) / 2
    return mean[place]


def _correlation(a: Floats, b: Floats) -> float | None:
    """Pearson's; None where one side does not vary, or by too much for floats."""
    with np.errstate(all="ignore"):
        x, y = a - a.mean(), b - b.mean()
        size = math.sqrt(float((x * x).sum())) * math.sqrt(float((y * y).sum()))
        value = float((x * y).sum()) / size if size > 0 and math.isfinite(size) else math.nan
    return None if math.isnan(value) else max(-1.0, min(1.0, value))


def _category_pair(one: str, other: str, codes: Mapping[str, Whole]) -> dict[str, Any] | None:
    """Cramér's V with Bergsma's correction (2013): without it, columns with many categories always look related."""
    a, b = codes[one], codes[other]
    both = (a >= 0) & (b >= 0)
    n = int(both.sum())
    if n < 3:
        return None
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a[both], b[both]), 1)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    corrected = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    value = min(1.0, math.sqrt(corrected / least)) if least > 0 else None
    return {"a": one, "b": other, "cramers_v": value, "n": n}


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
