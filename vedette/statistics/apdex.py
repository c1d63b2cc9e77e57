"""Apdex: the share of satisfied users, from counts of satisfied, tolerating and frustrated samples.

Source: Apdex Alliance, Application Performance Index Technical Specification 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

SMALL_GROUP = 100
"""Fewer samples than this are marked with an asterisk."""
_BANDS = ((94, "Excellent"), (85, "Good"), (70, "Fair"), (50, "Poor"), (0, "Unacceptable"))


@dataclass(frozen=True, slots=True)
class Apdex:
    """Counts of one window: `satisfied` (t ≤ T), `tolerating` (T < t ≤ 4T), `frustrated` (t > 4T, or failed)."""

    satisfied: int
    tolerating: int
    frustrated: int
    target_ms: int

    @property
    def count(self) -> int:
        """All samples."""
        return self.satisfied + self.tolerating + self.frustrated

    @property
    def hundredths(self) -> int | None:
        """The score in hundredths, rounded half up in integers; None without samples."""
        if self.count == 0:
            return None
        # (S + Tol/2)/N in hundredths is (200 S + 100 Tol)/(2 N); adding N before the division rounds half up.
        return (200 * self.satisfied + 100 * self.tolerating + self.count) // (2 * self.count)

    @property
    def score(self) -> float | None:
        """The score from 0 to 1, not rounded; None without samples."""
        return (self.satisfied + self.tolerating / 2) / self.count if self.count else None

    @property
    def band(self) -> str | None:
        """The word for the rounded score; None without samples."""
        hundredths = self.hundredths
        return None if hundredths is None else _band(hundredths)

    @property
    def display(self) -> str:
        """As the specification shows it: `0.85 [0.5]`, `0.85* [0.5]` for a small group, `NS [0.5]` without samples."""
        hundredths = self.hundredths
        if hundredths is None:
            return unsampled(self.target_ms)
        return _display(hundredths, self.count < SMALL_GROUP, self.target_ms)


@lru_cache(1024)
def words(target_ms: int) -> list[tuple[str, str]]:
    """Display form and band of every score: at `hundredths`, and those of small groups 101 later."""
    return [
        (_display(hundredths, small, target_ms), _band(hundredths))
        for small in (False, True)
        for hundredths in range(101)
    ]


def unsampled(target_ms: int) -> str:
    """The display form without samples."""
    return f"NS {_target(target_ms)}"


def _band(hundredths: int) -> str:
    return next(word for least, word in _BANDS if hundredths >= least)


def _display(hundredths: int, small: bool, target_ms: int) -> str:
    mark = "*" if small else ""
    return f"{hundredths // 100}.{hundredths % 100:02d}{mark} {_target(target_ms)}"


def _target(target_ms: int) -> str:
    return f"[{target_ms / 1000:g}]" if target_ms % 1000 else f"[{target_ms // 1000}.0]"


def zone(total_ms: float, target_ms: int, failed: bool) -> int:
    """Which count one sample belongs to: 0 satisfied, 1 tolerating, 2 frustrated."""
    if failed or total_ms > 4 * target_ms:
        return 2
    return 0 if total_ms <= target_ms else 1
