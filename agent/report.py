"""A report: what was collected in one round, as the batches that travel."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from agent.collectors import Group
from vedette.events.samples import SampleBatch


@dataclass(frozen=True, slots=True)
class Identity:
    """Who reports: the source, the epoch of this start, and how often, in milliseconds."""

    source: str
    epoch: int
    interval_ms: int


def make_batches(identity: Identity, groups: Iterable[Group], *, first_seq: int, ts: int) -> list[SampleBatch]:
    """One batch for each group, all at `ts` (milliseconds UTC), numbered from `first_seq` on without a hole.

    A value that is not finite is left out, since nobody accepts it; a group without values makes no batch.
    """
    batches: list[SampleBatch] = []
    for group in groups:
        values = {name: value for name, value in group.values.items() if math.isfinite(value)}
        if not values:
            continue
        kinds = {name: kind for name, kind in group.kinds.items() if name in values}
        seq = first_seq + len(batches)
        batches.append(SampleBatch(identity.source, identity.epoch, seq, ts, values, kinds, identity.interval_ms))
    return batches
