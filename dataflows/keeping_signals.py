"""Keeping signals beyond the log, for backtests: all but readings, which the tables of series hold, and timers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from dataflows.source import Poll
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.signals import READ, Signal
from vedette.store.pool import Store
from vedette.store.signals import Kept, SignalRow, keep

NOTED_S = 10.0
"""How far readings alone were read is noted so often at most, for whoever reads on from there in the log."""
_ABOUT = re.compile(r"(?:monitor|model|quality|metric|segment):([0-9]{1,18})\b", re.ASCII)
_PASSED = tuple(f'{{"kind":"{kind}"'.encode() for kind in (*sorted(READ), "timer"))
"""How those begin that are not kept, as they are written: most signals need not be decoded."""
_MOST_ACCOUNT = 1 << 31
_decoder = msgspec.json.Decoder(Signal)


def kept_of(poll: Poll) -> Kept | None:
    """What of a poll is kept; None of an empty one. What cannot be read is passed over: the flow tells of it."""
    if not poll.records:
        return None
    first, last = poll.records[0], poll.records[-1]
    return Kept(poll.partition, first.time_ms, first.offset, last.offset + 1, tuple(_rows(poll)))


def _rows(poll: Poll) -> Iterator[SignalRow]:
    for record in poll.records:
        if record.value.startswith(_PASSED):
            continue
        try:
            signal = decode(_decoder, record.value)
        except InvalidInput:
            continue
        if signal.kind in READ or signal.kind == "timer" or not 0 <= signal.account < _MOST_ACCOUNT:
            continue
        found = _ABOUT.match(signal.subject)
        about = None if found is None else int(found[1])
        yield SignalRow(signal.account, signal.kind, record.time_ms, poll.partition, record.offset, about, record.value)


class Keeper:
    """Writes what is kept; where there is nothing but readings, now and then how far they were read."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._noted: dict[int, float] = {}

    def write(self, stretches: Sequence[Kept]) -> None:
        """Return when it is committed; blocks."""
        now = self._clock.monotonic()
        idle = {part for part, at in self._noted.items() if now - at < NOTED_S}
        rich = {stretch.partition for stretch in stretches if stretch.rows}
        chosen = [one for one in stretches if one.partition in rich or one.partition not in idle]
        if chosen:
            keep(self._store, chosen)
            self._noted |= dict.fromkeys((one.partition for one in chosen), now)
