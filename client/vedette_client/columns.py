"""Columns: rows of features turned into one column per feature.

Rows need not have the same features: where a row lacks one, its column holds null. Rows whose names differ so much
that most of the table would be null are kept apart by their names, so that ten rows of a thousand names each do not
become a table of a hundred thousand cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from vedette_client.values import Plain, Tally, plain, plain_column

SPARSE = 4
"""A table may have so many times the cells that its rows filled; above, rows are kept apart by their names."""

ONE_PREDICTION = "prediction"
"""The name of a prediction that has none, in a batch where others have."""


METRIC: Mapping[Any, Any] = MappingProxyType({})
"""Stands in place of the features of what is no row but a metric."""


class Row(NamedTuple):
    """One record as it was given, with its time: `features` is None for an outcome, whose `value` is the actual, and
    `METRIC` for a metric, whose `id` is its name."""

    features: Mapping[Any, Any] | None
    value: Any
    id: Any
    ts: int


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length: times in milliseconds UTC, ids or None, features, predictions or None."""

    ts: list[int]
    ids: list[str | None] | None
    columns: dict[str, list[Plain]]
    predictions: list[Plain] | dict[str, list[Plain]] | None


def _at_once() -> None:
    pass


def tables(rows: Sequence[Row], tally: Tally, give_way: Callable[[], object] = _at_once) -> Iterator[Table]:
    """The rows as tables, few if their names are alike. Every row is in exactly one, in its order there.

    `give_way` is called after each column, so that a thread which does this need not hold others up meanwhile.
    """
    named: list[Mapping[Any, Any]] = [row.features or {} for row in rows]
    names = dict.fromkeys(chain.from_iterable(named))
    if not _are_names(names):
        named = [_named(features, tally) for features in named]
        names = dict.fromkeys(chain.from_iterable(named))
    if len(names) * len(rows) <= SPARSE * sum(map(len, named)) + 1000:
        yield _table(rows, named, list(names), tally, give_way)
        return
    groups: dict[frozenset[str], list[int]] = {}
    for index, features in enumerate(named):
        groups.setdefault(frozenset(features), []).append(index)
    for members in groups.values():
        chosen = [named[index] for index in members]
        yield _table([rows[index] for index in members], chosen, list(chosen[0]), tally, give_way)


def _are_names(keys: Iterable[Any]) -> bool:
    """Whether all are text that can travel as it is; others, such as Unicode, are looked at one by one."""
    return all(type(key) is str and key.isascii() for key in keys)


def _named(features: Mapping[Any, Any], tally: Tally) -> Mapping[str, Any]:
    """The features under names that are text: other keys by their text, unless that name is there already."""
    if _are_names(features):
        return features
    found: dict[str, Any] = {}
    others: list[tuple[str, Any]] = []
    for key, value in features.items():
        name = plain(key, tally)
        if isinstance(key, str):
            found[str(name)] = value
        elif name is None and key is not None:
            continue  # counted by `plain`
        else:
            others.append((str(name), value))
    for name, value in others:
        if name in found:
            tally.unsupported += 1
        else:
            found[name] = value
    return found


def _table(
    rows: Sequence[Row],
    named: Sequence[Mapping[str, Any]],
    names: list[str],
    tally: Tally,
    give_way: Callable[[], object],
) -> Table:
    columns = {}
    for name in names:
        columns[name] = plain_column([features.get(name) for features in named], tally)
        give_way()
    values = [row.value for row in rows]
    return Table([row.ts for row in rows], ids_of(rows, tally), columns, _predictions(values, tally))


def ids_of(rows: Sequence[Row], tally: Tally) -> list[str | None] | None:
    """The rows' ids as text, None where there is none; None if no row has one."""
    ids = [row.id if row.id is None or type(row.id) is str else _id(row.id, tally) for row in rows]
    if not any(found is not None for found in ids):
        return None
    return [None if found is None else str(plain(found, tally)) for found in ids]


def _id(value: Any, tally: Tally) -> str | None:
    found = plain(value, tally)
    return None if found is None else str(found)


def _predictions(values: list[Any], tally: Tally) -> list[Plain] | dict[str, list[Plain]] | None:
    if all(value is None for value in values):
        return None
    if not any(isinstance(value, Mapping) for value in values):
        return plain_column(values, tally)
    named = [
        _named(dict(value), tally)
        if isinstance(value, Mapping)
        else {ONE_PREDICTION: value}
        if value is not None
        else {}
        for value in values
    ]
    names = dict.fromkeys(name for row in named for name in row)
    return {name: plain_column([row.get(name) for row in named], tally) for name in names}
