"""What outages look like to a test: a shard with what it knows of monitors, and checks by the second."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field

from vedette.events.checks import CheckRecord, Outcome
from vedette.events.control import Recheck
from vedette.events.signals import Signal
from vedette.store.incidents import IncidentRow
from vedette.store.outage_states import OutageState
from vedette.windows.outage_state import Decisions, Standing
from vedette.windows.outages import OutageShard
from vedette.windows.votes import Policy

T0 = 1_700_000_000_000
MINUTE = Policy(interval_ms=60_000, timeout_ms=10_000)


@dataclass
class Known:
    """Policies that a test sets, and how it says that parents are."""

    default: Policy = MINUTE
    policies: dict[int, Policy] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    places: frozenset[str] = frozenset()
    parents: dict[int, Standing] = field(default_factory=dict)

    def policy(self, monitor: int) -> Policy:
        return self.policies.get(monitor, self.default)

    def removed(self, monitor: int) -> bool:
        return monitor in self.gone

    def alive(self, account: int) -> frozenset[str]:
        return self.places

    def standing(self, monitor: int) -> Standing | None:
        return self.parents.get(monitor)

    def note(self, monitor: int, standing: Standing) -> None:
        self.parents[monitor] = standing

    def may_ask(self, monitor: int, at_ms: int) -> bool:
        return True


class Watched:
    """A shard, and everything that it has decided so far."""

    def __init__(self, known: Known | None = None) -> None:
        self.shard, self.known = OutageShard(), known or Known()
        self.signals: list[Signal] = []
        self.incidents: dict[int, IncidentRow] = {}
        self.orders: list[Recheck] = []
        self.shown: dict[int, OutageState] = {}

    def fold(self, *results: CheckRecord, logged: float | None = None) -> Decisions:
        """Take in results, which the log took at second `logged` if that is given, else as they ended."""
        for result in results:
            self.shard.fold(result, self.known, None if logged is None else T0 + round(logged * 1000))
        return self.take()

    def tick(self, second: float) -> Decisions:
        """Let the clock be so many seconds after the beginning, and nothing more be in the log."""
        self.shard.tick(T0 + round(second * 1000), self.known)
        return self.take()

    def look(self, second: float) -> Decisions:
        """See which monitors are silent, so many seconds after the beginning."""
        self.shard.look(T0 + round(second * 1000), self.known)
        return self.take()

    def review(self) -> Decisions:
        self.shard.review(self.known)
        return self.take()

    def restart(self) -> None:
        self.shard = pickle.loads(pickle.dumps(self.shard))

    def take(self) -> Decisions:
        found = self.shard.take()
        self.signals += found.signals
        self.incidents |= found.incidents
        self.orders += found.orders
        self.shown |= found.states
        return found

    def states(self) -> list[str]:
        return [signal.state for signal in self.signals]


def check(second: float, location: str = "a", outcome: Outcome = "up", ms: float = 10, **fields: object) -> CheckRecord:
    at = T0 + round(second * 1000)
    given = {"monitor": 1, "scheduled_ms": at, "started_ms": at, "account": 7, **fields}
    return CheckRecord(location=location, outcome=outcome, total_ms=ms, **given)  # type: ignore[arg-type]


def down(second: float, location: str = "a", **fields: object) -> CheckRecord:
    return check(second, location, "down", error="timeout_ttfb: no end after 10 s", **fields)


def everywhere(second: float, outcome: Outcome = "up", places: str = "abc") -> list[CheckRecord]:
    return [check(second + number, place, outcome) for number, place in enumerate(places)]
