"""An oracle for heartbeats: walks through time step by step, with all of the log before its eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from vedette.windows.beat import EARLY_MS
from vedette.windows.heartbeats import STALE_MS

Said = tuple[int, str, str]
"""When (no two at once), what, and of which run."""
Result = tuple[int, str, int]
"""The time that a result belongs to, its outcome, and how long the run took (ms)."""


@dataclass
class Oracle:
    """One heartbeat; all times are multiples of `step`. `words` are when a gateway said that it listens."""

    pings: Sequence[Said]
    words: Sequence[int]
    every: int
    grace: int
    max_run: int | None
    step: int
    expected: int | None = None
    ended: int = 0
    runs: dict[str, int] = field(default_factory=dict)
    found: list[Result] = field(default_factory=list)

    def results(self) -> list[Result]:
        """What must come out."""
        said = {at: (what, rid) for at, what, rid in self.pings}
        for now in range(0, max([0, *self.words, *said]) + 2 * self.step, self.step):
            while self._overdue(now):
                pass
            if now in said:
                self._hear(now, *said[now])
        return self.found

    def _proof(self, deadline: int) -> int | None:
        """When it is certain that a deadline has passed unheard: a later ping, or a word not earlier."""
        later = [at for at, _, _ in self.pings if at > deadline] + [at for at in self.words if at >= deadline]
        return min(later, default=None)

    def _overdue(self, now: int) -> bool:
        """Whether something was overdue just before `now`; it is noted then."""
        runs = [(since + self.max_run, rid) for rid, since in self.runs.items()] if self.max_run else []
        deadline = min(runs)[0] if runs else None if self.expected is None else self.expected + self.grace
        if deadline is None or deadline >= now:
            return False
        proof = self._proof(deadline)
        if proof is None:
            return False
        if runs:
            since = self.runs.pop(min(runs)[1])
            self.expected = deadline + self.every
            if self._deaf(since, deadline, proof) is None:
                # Another run's ping at that very time has it for itself.
                taken = any(at == deadline for at, _, _ in self.pings)
                self.found.append((deadline + taken, "down", 0))
            return True
        assert self.expected is not None
        due, self.expected = self.expected, self.expected + self.every
        deaf_until = self._deaf(max(due - min(self.grace, EARLY_MS), self.ended), deadline, proof)
        if deaf_until is None:
            self.found.append((due, "down", 0))
        else:
            self.expected = max(self.expected, deaf_until + self.every)
        return True

    def _deaf(self, start: int, end: int, proof: int) -> int | None:
        """Until when nobody listened, if there is such a time between start and end."""
        listened = sorted({0, *self.words, proof} if proof > max([0, *self.words]) else {0, *self.words})
        known = [(earlier, min(later, proof)) for earlier, later in pairwise(listened)]
        silent = [until for since, until in known if until - since > STALE_MS and since < end and until > start]
        return silent[-1] if silent else None

    def _hear(self, now: int, what: str, rid: str) -> None:
        since = self.runs.pop(rid, now)
        if what == "start":
            self.runs[rid] = now
            self.expected = now + self.every if self.expected is None else self.expected
            return
        self.found.append((now, "up" if what == "success" else "down", now - since))
        self.ended, self.expected = now, now + self.every
