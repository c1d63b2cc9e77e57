"""Reports: what must be read to fold a range as the flow did, source by source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

from vedette.archive.kinds import CHECKS, FEATURES, SAMPLES
from vedette.archive.reader import ArchiveReader
from vedette.events.checks import CheckRecord
from vedette.events.features import FeatureBatch
from vedette.events.samples import PackedSamples
from vedette.store import series
from vedette.store.pool import Store

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
WARM_UP_MS = DAY_MS
"""Read before a range, so that the first increase of a counter counts from the report before."""
LEAD_OUT_MS = HOUR_MS
"""Read behind a range: a report that came after newer ones is told by those."""
_LOOK_BACK_MS = (4 * DAY_MS, 11 * DAY_MS, 32 * DAY_MS)
"""How far back a source's last reports are looked for if it had none in the warm-up: ever further."""
_ONE_SPAN = 10_000_000 * HOUR_MS


class Reports:
    """Reads reports and results of whole ranges; in memory are those of one source at a time.

    For a source that is new in the range, older reports need not be looked for. The catalogue tells since when a source
    is known, but of one that was first heard of from a long backlog it tells too late: who is `thorough` looks all the
    same.
    """

    def __init__(self, store: Store, reader: ArchiveReader, *, thorough: bool = False) -> None:
        self._store, self._reader, self._thorough = store, reader, thorough

    def samples(
        self,
        account: int,
        from_ms: int,
        to_ms: int,
        *,
        sources: Collection[str] | None = None,
        names: Collection[str] | None = None,
    ) -> Iterator[tuple[str, list[PackedSamples]]]:
        """Each source with reports in the range, and these, with all that must be folded with them, in order.

        That is: the day before, an hour behind, and if the day before has none, the last reports up to a month back.
        A counter of a source that reports others all the time is not looked for further back than that day.
        """
        begin, end = from_ms - WARM_UP_MS, to_ms + LEAD_OUT_MS
        rows = [] if self._thorough else series.sources(self._store, account)
        first_seen = {row["source"]: row["first_seen_ms"] for row in rows}
        batches = self._reader.events(
            SAMPLES, account, max(0, begin), end, sources=sources, names=names, span_ms=_ONE_SPAN
        )
        events = (event for batch in batches for _, event in batch)
        for source, found in groupby(events, key=lambda event: event.source):
            reports = list(found)
            if not any(from_ms <= event.ts < to_ms for event in reports):
                continue
            if reports[0].ts >= from_ms and first_seen.get(source, 0) < begin and _counts(reports):
                reports = self._before(account, source, begin, names) + reports
            yield source, reports

    def _before(self, account: int, source: str, before_ms: int, names: Collection[str] | None) -> list[PackedSamples]:
        end = before_ms
        for further in _LOOK_BACK_MS:
            begin = max(0, before_ms - further)
            batches = self._reader.events(
                SAMPLES, account, begin, end, sources=[source], names=names, span_ms=_ONE_SPAN
            )
            if found := [event for batch in batches for _, event in batch]:
                return found
            end = begin
        return []

    def checks(
        self, account: int, from_ms: int, to_ms: int, *, monitors: Collection[int] | None = None
    ) -> Iterator[tuple[int, list[CheckRecord]]]:
        """Each monitor with results in the range, and these in the order of the log."""
        batches = self._reader.events(CHECKS, account, from_ms, to_ms, sources=monitors, span_ms=_ONE_SPAN)
        events = (event for batch in batches for _, event in batch)
        for monitor, found in groupby(events, key=lambda event: event.monitor):
            yield monitor, list(found)

    def features(self, account: int, model: int, from_ms: int, to_ms: int) -> Iterator[FeatureBatch]:
        """Batches of a model, those whose oldest row is in the range, hour by hour; what was sent twice comes twice."""
        for batch in self._reader.events(FEATURES, account, from_ms, to_ms, sources=[model]):
            yield from (event for _, event in batch)


def _counts(reports: list[PackedSamples]) -> bool:
    return any(line.startswith(b"c") for layout in {event.layout for event in reports} for line in layout.split(b"\n"))
