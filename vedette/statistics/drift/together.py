"""Multivariate drift: both methods on two samples, and one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vedette.errors import InvalidInput
from vedette.statistics.drift.dependence import Pair, pairs
from vedette.statistics.drift.domain import Separation, separation
from vedette.statistics.drift.encoding import encode
from vedette.statistics.drift.means import Moved, moved
from vedette.statistics.drift.reconstruction import Reconstruction, reconstruction
from vedette.statistics.multiplicity import holm


@dataclass(frozen=True, slots=True)
class Together:
    """What was found. `adjusted` is the least of the methods' p, adjusted by Holm; `moved` and `pairs` say what it may
    be about; `left_out` are columns that say nothing or for which there was no room, `absent` those that one sample
    does not have at all, which is no drift of its rows."""

    drifted: bool
    adjusted: float
    features: int
    domain: Separation | None
    reconstruction: Reconstruction | None
    moved: list[Moved]
    pairs: list[Pair]
    left_out: tuple[str, ...]
    absent: tuple[str, ...]


def together(
    baseline: Mapping[str, Sequence[Any]],
    window: Mapping[str, Sequence[Any]],
    alpha: float = 0.05,
    method: Literal["both", "domain", "reconstruction"] = "both",
) -> Together:
    """Blocks for up to a second. `InvalidInput` for samples of too few rows, or without a column of both whose values
    differ; with `reconstruction` alone, for a baseline in which nothing varies. Of both methods only `domain` answers
    then."""
    both, absent = baseline.keys() & window.keys(), tuple(sorted(baseline.keys() ^ window.keys()))
    if not both:
        raise InvalidInput("columns", ", ".join(absent)[:200], "at least one that both samples have")
    shared = ({name: column for name, column in side.items() if name in both} for side in (baseline, window))
    encoded = encode(*shared)
    told = separation(encoded) if method != "reconstruction" else None
    far = reconstruction(encoded, alpha) if method != "domain" else None
    if far is None and method == "reconstruction":
        raise InvalidInput("baseline", "no column that varies", "one at least; the method domain needs none")
    least = float(holm(np.array([one.p for one in (told, far) if one is not None])).min())
    about = (moved(encoded), pairs(encoded), encoded.left_out, absent)
    return Together(least <= alpha, least, len(encoded.names), told, far, *about)
