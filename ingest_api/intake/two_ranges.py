"""Two ranges of what a model has seen: the window that is looked at, and the time that it is compared with."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest_api.context import Context
from ingest_api.intake.past import Past, columns_of_past
from vedette.errors import InvalidInput

MOST_ROWS = 5_000
"""Rows of each range: a random sample of more."""


class TwoRanges(msgspec.Struct, kw_only=True, frozen=True):
    """`window` and `baseline` are ranges as references take them; `columns` are looked at, all by default."""

    window: Past
    baseline: Past
    columns: tuple[str, ...] | None = None


def samples(
    found: Context, account: int, model: int, asked: TwoRanges
) -> tuple[dict[str, list[Any]], dict[str, list[Any]], dict[str, Any]]:
    """Columns of the baseline and of the window, and what the answer says of both. Blocks for as long as both need.

    `InvalidInput` for a range without rows, and for a column that neither has.
    """
    sides: dict[str, dict[str, list[Any]]] = {}
    told: dict[str, Any] = {}
    for side, past in (("baseline", asked.baseline), ("window", asked.window)):
        try:
            columns, told[side] = columns_of_past(found, account, model, past, MOST_ROWS)
        except InvalidInput as error:
            raise InvalidInput(f"{side}.{error.field}", error.value, error.allowed) from error
        told[side]["rows"] = len(next(iter(columns.values()), []))
        sides[side] = columns
    if asked.columns is not None:
        known = sides["baseline"].keys() | sides["window"].keys()
        for name in asked.columns:
            if name not in known:
                raise InvalidInput("columns", name[:200], f"columns of these rows: {', '.join(sorted(known)[:50])}")
        sides = {side: {name: all_[name] for name in asked.columns if name in all_} for side, all_ in sides.items()}
    return sides["baseline"], sides["window"], told
