"""The heartbeats of one shard: pings in; results of those that came and of those that did not, out."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from vedette.events.checks import CheckRecord
from vedette.events.pings import Ping
from vedette.store.heartbeats import HeartbeatRow, PingRow
from vedette.windows.beat import Beat, Gap, Plan

STALE_MS = 10_000
"""A time in which no gateway was heard to listen, and longer than this, is one in which pings may have been lost."""
MOST_GAPS = 100
Plans = Callable[[int], Plan | None]
"""The plan of a monitor; None if it is no heartbeat, or was removed."""


@dataclass(slots=True)
class Beaten:
    """What a shard has found out since the last look."""

    results: list[CheckRecord] = field(default_factory=list)
    pings: list[PingRow] = field(default_factory=list)
    states: list[HeartbeatRow] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.results or self.pings or self.states)


class HeartbeatShard:
    """Heartbeats over several partitions of pings.

    Two clocks are kept apart: times of pings and of the gateways' word (`Listening`) are the log's, and decide; times
    of looks at the log (`read_ms`) are the reader's, and only tell what was read before what.

    A deadline is judged when a gateway was heard to listen after it, and everything that was in the log by then has
    been read; or when a later ping of the same monitor is read. So whatever is judged in one run is judged alike in a
    replay. A ping is held back while it is not known whether pings before it may have been lost.
    """

    def __init__(self) -> None:
        self.beats: dict[int, Beat] = {}
        self.gaps: list[Gap] = []
        self.heard_ms = 0
        self._held: list[tuple[int, int, int, Ping]] = []
        self._count = 0
        self._proofs: deque[tuple[int, int]] = deque()
        self._found = Beaten()
        self._changed: set[int] = set()

    def listening(self, logged_ms: int, read_ms: int, plans: Plans) -> None:
        """A gateway said so, and the log took it at `logged_ms`."""
        if logged_ms - self.heard_ms > STALE_MS:  # before the first word nothing is known either
            self.gaps = [*self.gaps, (self.heard_ms, logged_ms)][-MOST_GAPS:]
        self.heard_ms = max(self.heard_ms, logged_ms)
        self._proofs.append((self.heard_ms, read_ms))
        while self._held and self._held[0][0] <= self.heard_ms + STALE_MS:
            logged, _, _, ping = heapq.heappop(self._held)
            self._take_in(ping, logged, plans)

    def hear(self, ping: Ping, logged_ms: int, read_ms: int, plans: Plans) -> None:
        """Take in a ping, in the order of the log."""
        if logged_ms <= self.heard_ms + STALE_MS:
            self._take_in(ping, logged_ms, plans)
            return
        self._count += 1
        heapq.heappush(self._held, (logged_ms, self._count, read_ms, ping))

    def caught_up(self, read_ms: int, plans: Plans) -> None:
        """Everything that was in the log at `read_ms` (by the reader's clock) has been read: judge what can be."""
        held, self._held = sorted(self._held), []
        for one in held:
            if one[2] <= read_ms:
                self._take_in(one[3], one[0], plans)
            else:
                self._held.append(one)  # still in order, as a heap must be
        known = 0
        while self._proofs and self._proofs[0][1] <= read_ms:
            known = self._proofs.popleft()[0]
        if known:
            self._judge(known, plans)

    @property
    def waits(self) -> bool:
        """Whether anything waits for `caught_up`."""
        return bool(self._held or self._proofs)

    def set_back(self, read_ms: int) -> None:
        """The reader's clock was set back to `read_ms`: what was read before, was read by now."""
        self._held = [(logged, n, min(read, read_ms), ping) for logged, n, read, ping in self._held]
        self._proofs = deque((logged, min(read, read_ms)) for logged, read in self._proofs)

    def take(self) -> Beaten:
        """What was found out since the last call."""
        found, self._found = self._found, Beaten()
        found.states = [self.beats[monitor].row() for monitor in sorted(self._changed & self.beats.keys())]
        self._changed = set()
        return found

    def _take_in(self, ping: Ping, logged_ms: int, plans: Plans) -> None:
        plan = plans(ping.monitor)
        if plan is None:
            self.beats.pop(ping.monitor, None)
            return
        beat = self.beats.get(ping.monitor)
        if beat is None:
            beat = self.beats[ping.monitor] = Beat(ping.monitor, ping.account, plan)
        beat.follow(plan, logged_ms)
        self._found.results += beat.judge(logged_ms - 1, self._gaps_until(logged_ms))
        row, results = beat.hear(ping, logged_ms)
        self._found.results += results
        self._found.pings.append(row)
        self._changed.add(ping.monitor)

    def _gaps_until(self, ping_ms: int) -> list[Gap]:
        """The gaps as a ping ends them: it is a sign that somebody listens, whenever the next word came."""
        gaps = [*self.gaps, (self.heard_ms, max(self.heard_ms, ping_ms))]
        return [(start, min(end, ping_ms)) for start, end in gaps if min(end, ping_ms) - start > STALE_MS]

    def _judge(self, upto_ms: int, plans: Plans) -> None:
        for monitor, beat in list(self.beats.items()):
            plan = plans(monitor)
            if plan is None:
                del self.beats[monitor]
                continue
            due = beat.expected_ms
            changed = beat.follow(plan, upto_ms)
            results = beat.judge(upto_ms, self.gaps)
            self._found.results += results
            if changed or results or due != beat.expected_ms:
                self._changed.add(monitor)
