"""What rules about anomalies have learned of their series, as it is stored, and as flows know it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.events.check_series import check_series_of
from vedette.statistics.anomaly import HOURS, Usual
from vedette.store import anomalies
from vedette.store.anomalies import SeriesRow
from vedette.store.pool import Store

_SIZES = (8 * HOURS, 8 * 24)


@dataclass(frozen=True, slots=True)
class LearnedSeries:
    """What is usual, and from which score on a window is unusual; one usually has `minutes` with a reading, or so many
    readings `of_checks`."""

    usual: Usual
    threshold: float
    minutes: float
    is_counter: bool
    of_checks: bool = False

    def row(self, subject: str) -> SeriesRow:
        """As it is stored, without the threshold, which is the rule's."""
        levels, spreads = (part.astype("<f8").tobytes() for part in (self.usual.level, self.usual.spread))
        return SeriesRow(subject, levels, spreads, self.minutes, self.is_counter)


class Memory:
    """By rule and subject, read anew when a rule has learned anew."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._versions: dict[int, tuple[int, float]] = {}
        self._learned: dict[int, dict[str, LearnedSeries]] = {}

    def read(self) -> bool:
        """Look what is new; whether anything is. Raises `Unavailable`."""
        versions = anomalies.versions(self._store)
        if versions == self._versions:
            return False
        for rule, version in versions.items():
            if self._versions.get(rule) != version:
                self._learned[rule] = {
                    row.subject: series
                    for row in anomalies.series_of(self._store, rule)
                    if (series := _series(row, version[1])) is not None
                }
        self._learned = {rule: found for rule, found in self._learned.items() if rule in versions}
        self._versions = versions
        return True

    def of(self, rule: int, subject: str) -> LearnedSeries | None:
        """None while it is not known what is usual."""
        return self._learned.get(rule, {}).get(subject)


def _series(row: SeriesRow, threshold: float) -> LearnedSeries | None:
    """None for one that is not as this version writes them."""
    if (len(row.levels), len(row.spreads)) != _SIZES:
        return None
    usual = Usual(np.frombuffer(row.levels, "<f8"), np.frombuffer(row.spreads, "<f8"))
    if not usual.is_sound():
        return None
    of_checks = check_series_of(row.subject) is not None
    return LearnedSeries(usual, threshold, row.minutes, row.is_counter, of_checks)
