"""The sources of a shard: what is known of each, and when one has fallen silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vedette.events.names import source_id
from vedette.events.samples import PackedSamples
from vedette.events.signals import Signal
from vedette.windows.dedup import Seen

DEFAULT_INTERVAL_MS = 60_000


@dataclass(slots=True)
class SourceState:
    """One source. Times are ms UTC; `watermark` and `last_ts` are in the source's own time, `heard_ms` in the log's."""

    id: int
    account: int
    name: str
    interval_ms: int = 0
    watermark: int = 0
    heard_ms: int = 0
    seen: Seen = field(default_factory=Seen)
    announced: str = ""
    announced_ms: int = 0
    stage: int = 0
    """How far the idle time-outs have been carried out since it was last heard: 0, 1 (settled) or 2 (idle)."""

    def interval(self) -> int:
        """The reporting interval, or a minute where the sender does not say."""
        return self.interval_ms or DEFAULT_INTERVAL_MS


class Sources:
    """Sources by number: dense, in the order of their first report, never reused."""

    def __init__(self) -> None:
        self.states: list[SourceState] = []
        self._numbers: dict[tuple[int, str], int] = {}
        self._patient_from_ms = 0

    def number(self, message: PackedSamples) -> int:
        """The number of the message's source, given at its first report."""
        key = (message.account, message.source)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.states)
            self.states.append(SourceState(source_id(*key), *key))
        return number

    def __len__(self) -> int:
        return len(self.states)

    def forget_announcements(self, now_ms: int) -> None:
        """After a restart what was announced may be older or newer than what this state knows: it is told again.

        Silence is counted from now, and nobody is called active but for a report that is fresh.
        """
        for state in self.states:
            state.announced = ""
        self._patient_from_ms = now_ms

    def presence(self, now_ms: int, intervals: float, least_ms: float) -> Iterator[Signal]:
        """A signal for each source that became active or silent since the last call.

        Only a source that says how often it reports can fall silent: a script that has sent once owes nothing.
        `intervals` is how many reports in a row may be missing, `least_ms` the shortest silence that counts. Signals
        carry the wall clock, not event time, so that after a crash a newer one always wins; and each is newer than the
        one before, whatever `now_ms` is, for a receiver ignores one that is not.
        """
        for state in self.states:
            patience = max(least_ms, intervals * state.interval())
            if now_ms - state.heard_ms <= patience:
                found = "active"
            elif now_ms - max(state.heard_ms, self._patient_from_ms) > patience:
                found = "silent"
            else:
                continue  # not heard of since a restart: an old report that is read again says nothing about now
            if state.interval_ms and found != state.announced:
                state.announced = found
                state.announced_ms = max(now_ms, state.announced_ms + 1)
                detail: dict[str, str | int | float | None] = {"heard_ms": state.heard_ms}
                yield Signal("host", state.account, f"source:{state.name}", state.announced_ms, found, detail=detail)
