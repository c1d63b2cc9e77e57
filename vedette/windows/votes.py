"""Votes: what each location said last of one monitor, and what follows from them together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from vedette.events.checks import CheckRecord, Outcome
from vedette.windows.maintenance import Window

State = Literal["up", "degraded", "partial", "down"]
FRESH_INTERVALS = 3
"""A location that has not spoken for so many intervals has no vote."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a monitor's outages are found.

    `quorum` locations must fail (all, where there are fewer). `confirm_locations` are those that are asked to look
    again when one fails (none: all others), unless `recheck` is off. It is over after `recover_after` results in a row
    with which the quorum no longer fails. While `parent` is down, nobody is called; nor within `windows`. No
    `locations` means all that there are. `changed_ms` (UTC) is when the definition became this one, and so since when
    it is `paused`.
    """

    interval_ms: int = 60_000
    timeout_ms: int = 10_000
    locations: frozenset[str] = frozenset()
    quorum: int = 2
    confirm_locations: frozenset[str] = frozenset()
    recheck: bool = True
    recover_after: int = 1
    parent: int | None = None
    windows: tuple[Window, ...] = ()
    paused: bool = False
    changed_ms: int = 0

    def hears(self, location: str) -> bool:
        """Whether the monitor is checked from there."""
        return not self.locations or location in self.locations

    def watched(self, location: str, ended_ms: int) -> bool:
        """Whether a check there that ended then is one that somebody wants to hear of."""
        return self.hears(location) and not (self.paused and ended_ms >= self.changed_ms)

    @property
    def fresh_ms(self) -> int:
        """For how long after its check began a location's vote counts."""
        return FRESH_INTERVALS * self.interval_ms + self.timeout_ms


@dataclass(slots=True)
class Vote:
    """The newest check of one location that said something.

    `streak` counts checks that failed, or that did not, without one of the other kind between them; `turned` tells
    whether there was one of the other kind before.
    """

    started_ms: int
    outcome: Outcome
    error: str | None = None
    streak: int = 1
    turned: bool = False

    @property
    def failing(self) -> bool:
        """Whether the location sees the monitor down."""
        return self.outcome == "down"


Votes = dict[str, Vote]


def cast(votes: Votes, result: CheckRecord) -> bool:
    """Let a location's vote be `result`; False if what it said before is newer."""
    before = votes.get(result.location)
    if before is not None and result.started_ms <= before.started_ms:
        return False
    vote = Vote(result.started_ms, result.outcome, result.error)
    if before is not None:
        same = before.failing == vote.failing
        vote.streak = before.streak + 1 if same else 1
        vote.turned = before.turned or not same
    votes[result.location] = vote
    return True


def expire(votes: Votes, now_ms: int, policy: Policy) -> None:
    """Take the votes of locations that have fallen silent."""
    for location in [name for name, vote in votes.items() if vote.started_ms + policy.fresh_ms < now_ms]:
        del votes[location]


def verdict(votes: Votes, policy: Policy, electorate: Collection[str]) -> State:
    """What the votes say together; there is at least one. A quorum is one of the `electorate`.

    A location that is alone confirms itself: it must have failed twice in a row, unless the quorum is one.
    """
    failing = [vote for vote in votes.values() if vote.failing]
    if not failing:
        return "degraded" if any(vote.outcome == "degraded" for vote in votes.values()) else "up"
    if len(failing) < min(policy.quorum, len(electorate)):
        return "partial"
    alone = len(electorate) == 1 and policy.quorum > 1
    return "partial" if alone and failing[0].streak < 2 else "down"
