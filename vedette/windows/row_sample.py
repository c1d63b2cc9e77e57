"""A sample of a stream's rows, column by column: each row as likely as any other to be kept, in any order of reports.

Each row has a random number, and those with the lowest are kept (Vitter, Random sampling with a reservoir, 1985).
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.events.features import Column

MOST_COLUMNS = 300
"""Columns of a sample, the first by name."""
MOST_PARTS = 32
"""Parts of few rows, of which there are as many as reports, before they are made one."""
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Values of some rows: those of columns of numbers as the rows of a matrix (NaN: missing), others as they are."""

    names: tuple[str, ...]
    numbers: Floats
    others: dict[str, list[Any]]

    def packed(self) -> bytes:
        return zlib.compress(pickle.dumps((self.names, self.numbers, self.others), protocol=5), 1)


@dataclass(frozen=True, slots=True)
class Part:
    """Random numbers of rows, and their columns packed: a snapshot takes them as they are."""

    numbers: Floats
    packed: bytes

    def columns(self) -> _Columns:
        """Unpacked."""
        return _Columns(*pickle.loads(zlib.decompress(self.packed)))  # noqa: S301 - packed by this very class


@dataclass(slots=True)
class RowSample:
    """At most `most` rows of those `seen`; a quarter more are held meanwhile."""

    most: int
    seen: int = 0
    limit: float = 1.0
    parts: list[Part] = field(default_factory=list)

    def add(self, numbers: Floats, columns: Mapping[str, Column], rows: Places) -> None:
        """Look at `rows` of a report, whose random numbers from 0 to 1 are `numbers` (of all its rows)."""
        self.seen += len(rows)
        chosen = rows[numbers[rows] < self.limit]
        if len(chosen) > self.most:  # of one report no more can stay
            chosen = np.sort(chosen[np.argpartition(numbers[chosen], self.most - 1)[: self.most]])
        if not len(chosen):
            return
        self.parts.append(Part(numbers[chosen], _read(columns, chosen).packed()))
        if sum(len(part.numbers) for part in self.parts) >= self.most * 5 // 4:
            self._prune()
        small = [part for part in self.parts if len(part.numbers) < self.most // MOST_PARTS]
        if len(small) >= MOST_PARTS:
            self.parts = [part for part in self.parts if len(part.numbers) >= self.most // MOST_PARTS]
            self.parts.append(_joined(small, 1.0))

    def columns(self) -> dict[str, list[Any]]:
        """What is kept, in an order that does not depend on that of reports; None or NaN where a row has no such
        column. Columns that no row has are left out."""
        self._prune()
        if not self.parts:
            return {}
        [whole] = self.parts = [_joined(self.parts, 1.0)]
        order, found = np.argsort(whole.numbers), whole.columns()
        places = order.tolist()
        numbers = {name: row[order].tolist() for name, row in zip(found.names, found.numbers, strict=True)}
        return numbers | {name: [held[place] for place in places] for name, held in found.others.items()}

    def _prune(self) -> None:
        numbers = np.concatenate([part.numbers for part in self.parts]) if self.parts else np.zeros(0)
        if len(numbers) > self.most:
            self.limit = float(np.partition(numbers, self.most)[self.most])
            self.parts = [_joined(self.parts, self.limit)]


def _joined(parts: Sequence[Part], limit: float) -> Part:
    """One part of the rows whose random numbers are below the limit."""
    stays = [np.flatnonzero(part.numbers < limit) for part in parts]
    found = [part.columns() for part in parts]
    sizes = [len(one) for one in stays]
    texts = sorted({name for one in found for name in one.others})
    names = tuple(sorted({name for one in found for name in one.names} - set(texts)))
    place = {name: at for at, name in enumerate(names)}
    matrix = np.full((len(names), sum(sizes)), np.nan)
    others: dict[str, list[Any]] = {name: [] for name in texts}
    begin = 0
    for one, rows in zip(found, stays, strict=True):
        own = {name: at for at, name in enumerate(one.names)}
        numeric = [at for name, at in own.items() if name in place]
        matrix[[place[one.names[at]] for at in numeric], begin : begin + len(rows)] = one.numbers[numeric][:, rows]
        for name in texts:
            if name in one.others:
                others[name] += [one.others[name][row] for row in rows.tolist()]
            else:
                others[name] += one.numbers[own[name], rows].tolist() if name in own else [None] * len(rows)
        begin += len(rows)
    kept = np.concatenate([part.numbers[rows] for part, rows in zip(parts, stays, strict=True)])
    return Part(kept, _Columns(names, matrix, others).packed())


def _read(columns: Mapping[str, Column], rows: Places) -> _Columns:
    numeric = [name for name, column in columns.items() if column.form == "numbers"]
    matrix = np.empty((len(numeric), len(rows)))
    for at, name in enumerate(numeric):
        matrix[at] = np.frombuffer(columns[name].data, "<f8")[rows]
    others = {name: _words(column, rows) for name, column in columns.items() if column.form != "numbers"}
    return _Columns(tuple(numeric), matrix, others)


def _words(column: Column, rows: Places) -> list[Any]:
    codes, known = np.frombuffer(column.data, "<i4")[rows].tolist(), column.dictionary
    return [known[code] if 0 <= code < len(known) else None for code in codes]
