"""Outage state: what is remembered of one monitor's outages, and what the machine asks and tells about monitors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from vedette.events.control import Recheck
from vedette.events.signals import Signal
from vedette.store.incidents import IncidentRow
from vedette.store.outage_states import OutageState
from vedette.windows.attendance import Attendance
from vedette.windows.incident import Incident
from vedette.windows.votes import Policy, State, Votes

TROUBLE: frozenset[str | None] = frozenset({"partial", "down"})
"""States of a monitor that has an incident."""

Meaning = tuple[str, bool, int | None]
"""What is signalled when it changes: a state, whether it is within maintenance, and the monitor that explains it."""


class Standing(NamedTuple):
    """How a monitor that others depend on is, by results up to `at_ms` (0: that is not known)."""

    state: str
    at_ms: int = 0


class Knowledge(Protocol):
    """What the machine asks about monitors beyond their results."""

    def policy(self, monitor: int) -> Policy:
        """How its outages are found."""
        ...

    def removed(self, monitor: int) -> bool:
        """Whether it was there once, and is not any more."""
        ...

    def alive(self, account: int) -> frozenset[str]:
        """The locations from which anything of the account was checked of late."""
        ...

    def standing(self, monitor: int) -> Standing | None:
        """How a monitor that others depend on is now; None if nothing is known."""
        ...

    def note(self, monitor: int, standing: Standing) -> None:
        """Remember how a monitor is now."""
        ...

    def may_ask(self, monitor: int, at_ms: int) -> bool:
        """Whether a monitor that others depend on should be looked at again, or was a moment ago."""
        ...


@dataclass(slots=True)
class MonitorState:
    """One monitor: its locations' votes, its state since `since_ms`, and its open incident if it has one.

    `good` counts results in a row with which the quorum did not fail, while the state is still `down`. A confirmation
    of `held_at` is held back from `held_from_ms` (by the clock) until `held_until_ms` at most; failures up to
    `explained_ms` were explained by the parent's. `paused` tells that the outage was ended by a pause,
    `silent_ms` since when it has been said that nobody reports of it (0: that was not said, or is over).
    """

    votes: Votes = field(default_factory=dict)
    state: State | None = None
    incident: Incident | None = None
    now_ms: int = 0
    good: int = 0
    meant: Meaning | None = None
    signalled: int = 0
    account: int = 0
    since_ms: int = 0
    attendance: Attendance = field(default_factory=Attendance)
    shown: OutageState | None = None
    held_at: int = 0
    held_until_ms: int = 0
    asked_parent: bool = False
    explained_ms: int = 0
    held_from_ms: int = 0
    paused: bool = False
    silent_ms: int = 0

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """Take a snapshot; one of an older version lacks what has come since."""
        self.__init__()  # type: ignore[misc] # the defaults of all fields
        for name, value in state[1].items():
            setattr(self, name, value)
        if self.account == 0 and self.incident is not None:
            self.account = self.incident.account


@dataclass(slots=True)
class Decisions:
    """What has happened since the last look has led to."""

    signals: list[Signal] = field(default_factory=list)
    incidents: dict[int, IncidentRow] = field(default_factory=dict)
    orders: list[Recheck] = field(default_factory=list)
    states: dict[int, OutageState] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.signals or self.incidents or self.orders or self.states)
