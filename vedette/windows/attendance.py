"""Attendance: which of a monitor's locations can be counted on, by when the log took what they said."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.windows.votes import Policy, Votes

LATE_MS = 5_000
"""A result that the log took so long after the check's end comes out of a spool."""
CATCH_UP_MS = 120_000
"""For so long after a late result nobody is taken for silent: senders wait up to 30 s before they try again."""
LONGEST_CATCH_UP_MS = 900_000
"""After so long of late results in a row they are no sign of a spool any more: that clock is behind."""
GONE_MS = 600_000
"""A location that has been silent for so long, and longer than a vote counts, does not check the monitor any more."""


@dataclass(slots=True)
class Attendance:
    """One monitor's locations. Times are those at which the log took results (ms UTC), so a replay finds the same.

    `asked` tells when answers to re-checks are due; those in `unanswered` have let that pass, and not spoken since.
    """

    since_ms: int = 0
    now_ms: int = 0
    heard: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    late_from_ms: int = 0
    late_ms: int = 0

    def hear(self, location: str, ended_ms: int, logged_ms: int) -> bool:
        """Take note of a result of `location`; whether it came at once, and not out of a spool."""
        now = self.now_ms = max(self.now_ms, logged_ms)
        self.since_ms = self.since_ms or now
        self.heard[location] = now
        self.asked.pop(location, None)
        self.unanswered.discard(location)
        if logged_ms - ended_ms <= LATE_MS:
            return True
        if now - self.late_ms > CATCH_UP_MS:
            self.late_from_ms = now
        self.late_ms = now
        return False

    def forget(self, location: str) -> None:
        """The monitor is not checked there any more."""
        self.heard.pop(location, None)
        self.asked.pop(location, None)
        self.unanswered.discard(location)

    def lapse(self, until_ms: int) -> int | None:
        """Give up waiting for the answers that were due by then; when the last of these was, None without any."""
        if not self.asked:
            return None
        late = {location: due for location, due in self.asked.items() if due <= until_ms}
        for location in late:
            del self.asked[location]
            self.unanswered.add(location)
        return max(late.values(), default=None)

    def named(self, policy: Policy, alive: frozenset[str]) -> frozenset[str]:
        """The locations that check the monitor: those that are configured, or all that are known."""
        return policy.locations or alive | self.heard.keys()

    def electorate(self, policy: Policy, alive: frozenset[str], votes: Votes, now_ms: int) -> frozenset[str]:
        """The locations of which a quorum is taken: those that have a vote, and those whose vote must be waited for.

        A location is waited for until nothing was heard of it for as long as a vote counts. The old vote of one that
        did not answer a re-check does not count, unless it fails. While results come out of spools nobody is silent.
        """
        named = self.named(policy, alive) | votes.keys()
        if self._catching_up(max(now_ms, self.now_ms)):
            return named
        silent = {
            location
            for location in named - votes.keys()
            if self.now_ms - self.heard.get(location, self.since_ms) > policy.fresh_ms
        }
        failing = {location for location, vote in votes.items() if vote.failing}
        return named - silent - (self.unanswered - failing)

    def gone(self, policy: Policy, votes: Votes) -> list[str]:
        """The locations that do not check the monitor any more, though others do; each is told once, and forgotten."""
        if len(self.heard) <= len(votes) or self._catching_up(self.now_ms):
            return []
        since = self.now_ms - max(policy.fresh_ms, GONE_MS)
        found = [location for location, at_ms in self.heard.items() if location not in votes and at_ms < since]
        for location in found:
            self.forget(location)
        return found

    def _catching_up(self, now_ms: int) -> bool:
        return now_ms - self.late_ms <= CATCH_UP_MS and now_ms - self.late_from_ms <= LONGEST_CATCH_UP_MS
