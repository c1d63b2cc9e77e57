"""Days that are under way: what the rows of their hours tell of them, where a shard has no memory of it.

That is so of snapshots from before days were kept, and where the snapshots were lost: then the log begins in the middle
of a day, and the row of that day must not shrink to what is still in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vedette.events.checks import CheckRecord
from vedette.store.checks import CheckWindow
from vedette.windows.endpoint import DAY_MS, HOUR_MS, MINUTE_MS, EndpointShard, PlaceState
from vedette.windows.tally import Place, Tally

Gap = tuple[int, str, int]
"""A monitor, a location, and the start of a day (ms UTC)."""


def gaps(shard: EndpointShard, results: Iterable[CheckRecord]) -> dict[Gap, int]:
    """Days of these results that began without the shard, and up to when (ms UTC) it counts none of their hours."""
    until: dict[Gap, int] = {}
    for result in results:
        state = shard.place(result)
        day = result.scheduled_ms - result.scheduled_ms % DAY_MS
        if day in state.days or shard.is_late(state, result):
            continue
        # Of a place that was never heard of before, somewhat older results may follow, and are counted then.
        at = shard.open_from(state, None if state.watermark else result.scheduled_ms)
        gap = (result.monitor, result.location, day)
        until[gap] = min(at - at % HOUR_MS, until.get(gap, at))
    return {gap: at for gap, at in until.items() if at > gap[2] or _holds(shard.places[gap[:2]], gap[2])}


def _holds(state: PlaceState, day: int) -> bool:
    return any(day <= start < day + DAY_MS for start in state.hours)


def fill(shard: EndpointShard, wanted: Mapping[Gap, int], rows: Iterable[CheckWindow]) -> None:
    """Begin the days with what the rows of their hours and the shard's own open hours say.

    Of hours that the shard counts itself the rows may be newer than its snapshot, for what came since is counted once
    more. So of those only the minutes are taken, which a second time does not change.
    """
    by_day: dict[Gap, list[CheckWindow]] = {}
    for row in rows:
        by_day.setdefault((row.monitor, row.location, row.bucket_ms - row.bucket_ms % DAY_MS), []).append(row)
    for gap, until in wanted.items():
        place: Place = gap[:2]
        _begin(shard.places[place], gap[2], by_day.get(gap, []), until)


def _begin(state: PlaceState, day: int, rows: Iterable[CheckWindow], until: int) -> None:
    tally = state.days[day] = Tally()
    for row in rows:
        mine = state.hours.get(row.bucket_ms)
        if mine is not None and mine.minutes is None:
            mine.minutes = Tally.of(row).minutes
        if mine is None and row.bucket_ms < until:
            tally.join(Tally.of(row), (row.bucket_ms - day) // MINUTE_MS)
    for start, hour in state.hours.items():
        if day <= start < day + DAY_MS:
            tally.join(hour, (start - day) // MINUTE_MS)
