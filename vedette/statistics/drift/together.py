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
from vedette.statistics.drift.reconstruction import Reconstruction, reconstruction
from vedette.statistics.multiplicity import holm


@dataclass(frozen=True, slots=True)
class Together:
    """What was found. `adjusted` is the least of the methods' p, adjusted by Holm; `left_out` columns that say nothing
    or for which there was no room."""

    drifted: bool
    adjusted: float
    features: int
    domain: Separation | None
    reconstruction: Reconstruction | None
    pairs: list[Pair]
    left_out: tuple[str, ...]


def together(
    baseline: Mapping[str, Sequence[Any]],
    window: Mapping[str, Sequence[Any]],
    alpha: float = 0.05,
    method: Literal["both", "domain", "reconstruction"] = "both",
) -> Together:
    """Blocks for seconds. `InvalidInput` for samples of too few rows, or without a column whose values differ; with
    `reconstruction` alone, for a baseline in which nothing varies. Of both methods only `domain` answers then."""
    encoded = encode(baseline, window)
    told = separation(encoded) if method != "reconstruction" else None
    far = reconstruction(encoded, alpha) if method != "domain" else None
    if far is None and method == "reconstruction":
        raise InvalidInput("baseline", "no column that varies", "one at least; the method domain needs none")
    least = float(holm(np.array([one.p for one in (told, far) if one is not None])).min())
    return Together(least <= alpha, least, len(encoded.names), told, far, pairs(encoded), encoded.left_out)
