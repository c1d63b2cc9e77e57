"""Tiers: the widths of windows, finest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TierName = Literal["10s", "1m", "1h", "1d"]


@dataclass(frozen=True, slots=True)
class Tier:
    """Windows of `width_ms`, aligned to 1970-01-01 UTC."""

    name: TierName
    width_ms: int


TIERS: tuple[Tier, ...] = (
    Tier("10s", 10_000),
    Tier("1m", 60_000),
    Tier("1h", 3_600_000),
    Tier("1d", 86_400_000),
)
"""Each width divides the next, so that a closed window belongs whole to one window of the next tier."""

SECONDS_10, MINUTE, HOUR, DAY = range(4)


def entry_tier(interval_ms: int) -> int:
    """The tier that reports enter of a source with that interval (0: it does not say)."""
    return SECONDS_10 if interval_ms < TIERS[MINUTE].width_ms else MINUTE
