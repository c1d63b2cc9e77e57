"""Outcomes: what turned out to be true of rows that a model has predicted, as clients send it and in the log."""

from __future__ import annotations

from typing import Any

import msgspec

from vedette.events.features import FeatureBatch

MOST_OUTCOMES = 100_000
LONGEST_ID = 200
LONGEST_ACTUAL = 1000
OUTCOME = ""
"""The only column of a batch of outcomes: a name that no feature can have."""


class Outcome(msgspec.Struct, omit_defaults=True):
    """What became of the row with this `id`; `ts` (ms UTC) is when it was known, by default when it comes in."""

    id: Any = None
    actual: Any = None
    ts: Any = None


class OutcomeReport(msgspec.Struct, omit_defaults=True):
    """Outcomes as a client sends them: a list of `outcomes`, or columns `ids`, `actuals` and perhaps `ts`.

    `epoch` is new at each start of the sender and `seq` counts up within it: a report that comes twice is dropped.
    """

    model: str
    epoch: str | int
    seq: int
    outcomes: list[Outcome] | None = None
    ids: list[Any] | None = None
    actuals: list[Any] | None = None
    ts: list[Any] | None = None
    version: str | None = None


def is_outcomes(batch: FeatureBatch) -> bool:
    """Whether a batch of the log holds outcomes, not rows that a model has seen."""
    return len(batch.columns) == 1 and batch.columns[0].name == OUTCOME
