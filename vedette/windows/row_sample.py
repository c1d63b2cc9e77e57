"""A sample of a stream's rows, column by column: each row as likely as any other to be kept, in any order of reports.

Each row has a random number, and those with the lowest are kept (Vitter, Random sampling with a reservoir, 1985).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.events.features import Column

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Part = tuple[Floats, dict[str, npt.NDArray[Any]]]
"""Random numbers of rows, and their values by column."""


@dataclass(slots=True)
class RowSample:
    """At most `most` rows of those `seen`; twice as many are held meanwhile."""

    most: int
    seen: int = 0
    limit: float = 1.0
    parts: list[Part] = field(default_factory=list)

    def add(self, numbers: Floats, columns: Mapping[str, Column], rows: Places) -> None:
        """Look at `rows` of a report, whose random numbers from 0 to 1 are `numbers` (of all its rows)."""
        self.seen += len(rows)
        chosen = rows[numbers[rows] < self.limit]
        if not len(chosen):
            return
        self.parts.append((numbers[chosen], {name: _values(column, chosen) for name, column in columns.items()}))
        if sum(len(own) for own, _ in self.parts) >= 2 * self.most:
            self._prune()

    def columns(self) -> dict[str, list[Any]]:
        """What is kept, in an order that does not depend on that of reports; None where a row has no such column."""
        self._prune()
        numbers = np.concatenate([own for own, _ in self.parts]) if self.parts else np.zeros(0)
        order = np.argsort(numbers)
        names = dict.fromkeys(name for _, values in self.parts for name in values)
        found = {}
        for name in names:
            held: list[Any] = []
            for own, values in self.parts:
                held += values[name].tolist() if name in values else [None] * len(own)
            found[name] = [held[place] for place in order.tolist()]
        return found

    def _prune(self) -> None:
        numbers = np.concatenate([own for own, _ in self.parts]) if self.parts else np.zeros(0)
        if len(numbers) <= self.most:
            return
        self.limit = float(np.partition(numbers, self.most)[self.most])
        kept: list[Part] = []
        for own, values in self.parts:
            stays = own < self.limit
            if stays.all():
                kept.append((own, values))
            elif stays.any():
                kept.append((own[stays], {name: column[stays] for name, column in values.items()}))
        self.parts = kept


def _values(column: Column, rows: Places) -> npt.NDArray[Any]:
    if column.form == "numbers":
        return np.frombuffer(column.data, "<f8")[rows]
    codes = np.frombuffer(column.data, "<i4")[rows]
    words = np.empty(len(column.dictionary) + 1, object)  # the last is for what is missing
    words[:-1] = column.dictionary
    return np.asarray(words[np.where((codes >= 0) & (codes < len(column.dictionary)), codes, -1)])
