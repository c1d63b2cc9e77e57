"""The sources of a shard: what is known of each, and when one has fallen silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vedette.events.names import source_id
from vedette.events.samples import PackedSamples
from vedette.events.signals import Signal
from vedette.windows.dedup import Seen

DEFAULT_INTERVAL_MS = 60_000
SET_BACK_MS = 120_000
"""A clock that is set back by less has caught up before anybody misses it."""


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
    mark_epoch: int = -1
    mark_seq: int = -1
    mark_ms: int = 0
    """The report that made the watermark, and when the log took it."""
    turned_ms: int = 0
    """When the log took the report that showed that the clock was set back last; 0: it never was."""
    is_turned: bool = False
    """Whether that was since the last flush."""

    def __setstate__(self, state: Any) -> None:
        """Also of a version that did not watch for clocks."""
        self.mark_epoch = self.mark_seq = -1
        self.mark_ms = self.turned_ms = 0
        self.is_turned = False
        kept = state[1] if isinstance(state, tuple) else state
        for name, value in kept.items() if isinstance(kept, dict) else zip(self.__slots__, kept, strict=False):
            setattr(self, name, value)

    def is_set_back(self, message: PackedSamples, heard_ms: int) -> bool:
        """Whether a report that seems late shows that the source's clock was set back.

        Senders number their reports in the order in which they make them, and send the oldest first: so one with a
        higher number and an older time was made after the clock was set, while a backlog has lower numbers, or comes
        before what is newer. Of a sender that was started anew meanwhile it shows once the one before has not been
        heard of for as long by the log's clock: until then there may be two. Who does not say how often it reports may
        send any past at any time.
        """
        if not message.interval_ms or self.watermark - message.ts <= SET_BACK_MS:
            return False
        if message.epoch == self.mark_epoch:
            return message.seq > self.mark_seq
        return 0 < self.mark_ms < heard_ms - SET_BACK_MS

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
