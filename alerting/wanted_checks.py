"""Which series of checks an account's rules ask for, found fast: there may be many rules, and each check asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from vedette.events.check_series import MEASURES, CheckSeries, matches, named, place_of
from vedette.events.selectors import Selector


class WantedChecks:
    """What selectors ask of place and name, whatever the monitors' names and labels are: who loses one must be heard
    of, for an alert may be open. By series and number, for most name either no monitor or one."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self._found: defaultdict[tuple[str, str | None], set[Selector]] = defaultdict(set)
        for selector in selectors:
            name = named(selector)
            if name is not None:
                number = next((m.text for m in selector.matchers if m.label == "monitor" and m.operator == "="), None)
                self._found[name, number].add(place_of(selector))

    def names(self, monitor: int, location: str) -> tuple[str, ...]:
        """The names of those that a check of the monitor at the location is part of."""
        every = [CheckSeries(monitor, place, measure) for place in (None, location) for measure in MEASURES]
        return tuple(one.name for one in every if self._asks_for(one))

    def _asks_for(self, series: CheckSeries) -> bool:
        asked = (self._found.get((series.name, number), ()) for number in (None, str(series.monitor)))
        return any(matches(selector, series, None) for some in asked for selector in some)
