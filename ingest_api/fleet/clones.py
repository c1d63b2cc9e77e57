"""Clones: whether more than one agent reports under one identity, decided from their check-ins alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

LIVE_MS = 3 * 60_000
"""An agent that has not checked in for so long does not run."""
HELD_MS = 30 * 60_000
"""So long an agent that stands down waits for the other, which may be starting anew, before it goes on."""
KEPT_MS = 24 * 3_600_000
MOST = 16
RETURNS = 2
"""So many returns make a clone: a single one may be a check-in that was long under way."""


class Machine(msgspec.Struct, omit_defaults=True):
    """One start of one agent, told from others by `boot` and `epoch`; times are the gateway's (ms UTC).

    `since_ms` is that of the agent it follows on the same machine, `returns` how often it came back after a later
    start had come, `down` that it was told to stand down.
    """

    boot: str
    epoch: int
    fingerprint: str
    first_ms: int
    last_ms: int
    since_ms: int
    returns: int = 0
    down: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check-in means: who is known by now, whether there are clones, and whether this agent goes on."""

    machines: list[Machine]
    clone: bool
    goes_on: bool


def judge(
    machines: Sequence[Machine], boot: str, epoch: int, fingerprint: str, *, enrolled: str | None, now_ms: int
) -> Judgement:
    """An agent checks in at `now_ms`. `enrolled` is the fingerprint that was let in under this name, if one was.

    An agent that is started anew has a new epoch, and the old one never comes back: if epochs come back in turn, both
    run. Beside the enrolled machine one of another fingerprint is a clone at once; where the enrolled one is gone, it
    may be the same host in other clothes (a disk in another machine), and goes on. Of clones the enrolled machine goes
    on, else the one that came first. The others stand down until it has been silent for `HELD_MS`.
    """
    known = [m for m in machines if now_ms - m.last_ms < KEPT_MS]
    me = next((m for m in known if (m.boot, m.epoch) == (boot, epoch)), None)
    if me is None:
        me = _follower(known, Machine(boot, epoch, fingerprint, now_ms, now_ms, now_ms))
        known.append(me)
    elif any(m.first_ms > me.first_ms and m.last_ms > me.last_ms for m in known):
        me.returns += 1
    me.fingerprint, me.last_ms = fingerprint, now_ms
    patience = HELD_MS if any(m.down for m in known) else LIVE_MS
    live = [m for m in known if now_ms - m.last_ms < patience and not _is_followed(m, known)]
    clone = len(live) > 1 and _are_clones(live, enrolled)
    first = min(
        live, key=lambda m: (enrolled is not None and m.fingerprint != enrolled, m.down, m.since_ms, m.first_ms)
    )
    for machine in live:
        machine.down = clone and machine is not first
        machine.returns = machine.returns if len(live) > 1 else 0
    return Judgement(sorted(known, key=lambda m: m.last_ms)[-MOST:], clone, not me.down)


def _follower(known: Sequence[Machine], new: Machine) -> Machine:
    """`new`, in the place of the agent that ran on the same machine before, with its standing."""
    before = [m for m in known if m.boot and (m.boot, m.fingerprint) == (new.boot, new.fingerprint)]
    if before:
        last = max(before, key=lambda m: m.last_ms)
        new.since_ms, new.down = last.since_ms, last.down
    return new


def _is_followed(machine: Machine, known: Sequence[Machine]) -> bool:
    """Whether a later start on the same machine has come, and this one not since."""
    return any(m.boot == machine.boot != "" and m.first_ms > machine.last_ms for m in known)


def _are_clones(live: Sequence[Machine], enrolled: str | None) -> bool:
    prints = {machine.fingerprint for machine in live}
    if enrolled in prints and len(prints) > 1:
        return True
    return any(m.down for m in live) or sum(m.returns for m in live) >= RETURNS
