"""Subjects: what is asked about windows of monitors, and the answers for several of them, read and made together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vedette.errors import NotFound
from vedette.history.availability import DAY_MS, Piece
from vedette.store.check_columns import CheckColumns, Tail, read_columns
from vedette.store.check_digests import Digest, read_digests
from vedette.store.monitors import targets
from vedette.store.pool import Connection, Store

QUICK_MS = 10 * DAY_MS
"""So many days may be read as rows by who should be quick."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is read; questions of one subject differ in their monitors only.

    `digests`: of the piece that is made of days (one at most), digests may stand for the rows of the first days.
    """

    pieces: tuple[Piece, ...]
    tail: Tail
    location: str | None = None
    digests: bool = False


Targets = Mapping[int, int]
"""The Apdex target (ms) of each monitor that is asked about."""
Digests = Mapping[int, list[Digest]]
"""Of each monitor the days before the first windows of days."""


class Make(Protocol):
    """Answers out of windows. Those that are equal make equal answers."""

    def __call__(self, targets: Targets, parts: list[CheckColumns], digests: Digests) -> dict[int, bytes]:
        """An answer for each of some monitors, from the pieces' windows of all of them."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """Questions of one subject: account and monitor of each. `quick`: no more than `QUICK_MS` of rows are read."""

    asked: tuple[tuple[int, int], ...]
    subject: Subject
    make: Make
    quick: bool

    def answers(self, store: Store) -> list[bytes | Exception | None]:
        """One answer, or what is wrong with it, for each; None for what is not quick as it should be."""
        subject = self.subject
        with store.connection() as connection:
            known = targets(connection, {monitor for _, monitor in self.asked})
            theirs = set(self.asked)
            mine = {each: known[each][1] for each in sorted(known) if (known[each][0], each) in theirs}
            monitors = list(mine)
            digests, pieces, left = _digested(connection, monitors, subject, self.quick)
            if left:
                mine = {each: target for each, target in mine.items() if each not in left}
                monitors = list(mine)
            parts = [
                read_columns(connection, tier, monitors, from_ms, to_ms, subject.tail, subject.location)
                for tier, from_ms, to_ms in pieces
            ]
        made = _made(self.make, mine, parts, digests)
        return [
            None
            if monitor in left
            else made[monitor]
            if monitor in known and known[monitor][0] == account
            else NotFound(f"monitor {monitor} does not exist")
            for account, monitor in self.asked
        ]


def _made(make: Make, targets: Targets, parts: list[CheckColumns], digests: Digests) -> Mapping[int, bytes | Exception]:
    """Answers for all; where that fails, for each by itself, so that what is wrong with one does not hit the others."""
    try:
        return make(targets, parts, digests)
    except Exception as error:  # noqa: BLE001 - it belongs to one question
        if len(targets) == 1:
            return dict.fromkeys(targets, error)
        found: dict[int, bytes | Exception] = {}
        for monitor, target_ms in targets.items():
            mine = [part.select(part.monitor == monitor) for part in parts]
            found |= _made(make, {monitor: target_ms}, mine, digests)
        return found


def _digested(
    connection: Connection, monitors: Sequence[int], subject: Subject, quick: bool
) -> tuple[Digests, list[Piece], set[int]]:
    """Digests of monitors, all up to the same day, and the pieces that are left to be read.

    Where it should be quick, those monitors are left out, and named, whose digests do not reach near the end.
    """
    for number, (tier, from_ms, to_ms) in enumerate(subject.pieces):
        if subject.digests and monitors and tier == "1d":
            found = read_digests(connection, monitors, from_ms, to_ms)
            reach = {each: found[each][-1].to_ms if each in found else from_ms for each in monitors}
            left = {each for each, reached in reach.items() if quick and to_ms - reached > QUICK_MS}
            reached = min((reach[each] for each in monitors if each not in left), default=from_ms)
            cut = {
                each: [d.between(from_ms, reached) for d in mine if d.first_ms < reached]
                for each, mine in found.items()
                if each not in left
            }
            rest: list[Piece] = [(tier, reached, to_ms)]
            return cut, [*subject.pieces[:number], *rest, *subject.pieces[number + 1 :]], left
    return {}, list(subject.pieces), set()
