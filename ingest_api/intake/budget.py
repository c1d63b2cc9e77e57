"""The layout budget: a source whose names change at every report is bounded, and told."""

from __future__ import annotations

from vedette.errors import InvalidInput
from vedette.events.samples import layout_id

MAX_LAYOUTS = 2_000
"""Different sets of names that one source may report in a day, at each gateway."""
MAX_NAMES = 200_000
"""Names in those sets, counted in each: what a wide set costs the rollup."""
MAX_REMEMBERED = 2_000_000
_DAY_MS = 86_400_000


class LayoutBudget:
    """Counts the layouts of each source; begins anew each day (UTC), and when it would hold too many."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], set[int]] = {}
        self._names: dict[tuple[int, str], int] = {}
        self._remembered = 0
        self._day = 0

    def spend(self, account: int, source: str, layout: bytes, now_ms: int) -> None:
        """Raise `InvalidInput` for a new layout of a source that has had `MAX_LAYOUTS` today."""
        day = now_ms // _DAY_MS
        if day != self._day or self._remembered > MAX_REMEMBERED:
            self._seen.clear()
            self._names.clear()
            self._day, self._remembered = day, 0
        known = self._seen.setdefault((account, source), set())
        identity = layout_id(layout)
        if identity in known:
            return
        names = self._names.get((account, source), 0) + layout.count(b"\n") + 1
        if len(known) >= MAX_LAYOUTS or names > MAX_NAMES:
            allowed = (
                f"at most {MAX_LAYOUTS} different sets of names, with {MAX_NAMES} names in all, a day from one source"
            )
            raise InvalidInput("values", f"another set of names from {source!r}", allowed)
        known.add(identity)
        self._names[account, source] = names
        self._remembered += 1
