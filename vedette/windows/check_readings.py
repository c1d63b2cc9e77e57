"""What checks say one by one, as signals about series of checks, for rules that are about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from vedette.events.check_series import CheckSeries, readings_of
from vedette.events.checks import CheckRecord
from vedette.events.signals import Signal
from vedette.windows.votes import Policy

LATENESS_MS = 120_000
"""A check that ended so long before the last one of its series is not told: a probe sends what it had kept."""
Wanted = Callable[[int, int, str], Collection[str]]
"""Names of the series of checks that rules of an account are about, of a monitor and its location."""
Detail = dict[str, str | int | float | None]


class ReadingShard:
    """The series of checks of one shard: when each was told last (ms UTC), and the signals to come.

    Times of one series grow, so that no reading is taken for one that was seen before; all follow from results in the
    log's order, so a replay repeats them.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[int, int], dict[str | None, int]] = {}
        self._over: set[tuple[int, int, str | None]] = set()
        self._names: dict[tuple[int, str | None], set[str]] = {}
        self._signals: list[Signal] = []

    def fold(
        self, result: CheckRecord, ended_ms: int, wanted: Wanted, silence: Mapping[str, int] | None = None
    ) -> None:
        """Tell what a counted check says that ended at that time (ms UTC); with `silence`, why it is to be no reading:
        it says only that the series is there."""
        names = wanted(result.account, result.monitor, result.location)
        if not names:
            return
        readings = list(readings_of(result))
        told = self._told.setdefault((result.account, result.monitor), {})
        for location in (None, result.location):
            series = [(CheckSeries(result.monitor, location, measure), value) for measure, value in readings]
            mine = [(one, value) for one, value in series if one.name in names]
            last = told.get(location, -1)
            known_over = (result.account, result.monitor, location) in self._over
            if not mine or ended_ms < last - LATENESS_MS or (known_over and ended_ms <= last):
                continue  # also what ended before it was over, and comes only now: nothing would end it again
            told[location] = at = max(ended_ms, last + 1)
            self._over.discard((result.account, result.monitor, location))
            self._names.setdefault((result.monitor, location), set()).update(one.name for one, _ in mine)
            detail: Detail = {"monitor": result.monitor, **(silence or {})}
            if location is not None:
                detail["location"] = location
            self._signals += [
                Signal("series", result.account, one.subject, at, value=value, detail=dict(detail))
                for one, value in mine
            ]

    def review(self, policy: Callable[[int], Policy], removed: Callable[[int], bool]) -> None:
        """What is paused, or looked at no more from there, is over; so are monitors that were removed, which are
        forgotten: nobody is to miss them."""
        for account, monitor in list(self._told):
            if removed(monitor):
                for location, last in self._told[account, monitor].items():
                    if (account, monitor, location) not in self._over:
                        self._end(account, monitor, location, last + 1)
                for location in self._told.pop((account, monitor)):
                    self._over.discard((account, monitor, location))
                    self._names.pop((monitor, location), None)
                continue
            known = policy(monitor)
            for location, last in self._told[account, monitor].items():
                gone = known.paused or (location is not None and not known.hears(location))
                if gone and (account, monitor, location) not in self._over:
                    self._end(account, monitor, location, max(known.changed_ms, last + 1))

    def _end(self, account: int, monitor: int, location: str | None, at: int) -> None:
        self._told[account, monitor][location] = at
        self._over.add((account, monitor, location))
        detail: Detail = {"monitor": monitor, **({} if location is None else {"location": location})}
        for name in sorted(self._names.get((monitor, location), ())):
            one = CheckSeries(monitor, location, name.partition(".")[2])
            self._signals.append(Signal("series", account, one.subject, at, "over", detail=dict(detail)))

    def take(self) -> list[Signal]:
        """The signals since last asked."""
        found, self._signals = self._signals, []
        return found
