"""References: a table of training data or of good days into the profiles of its features."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
import numpy as np

from ingest_api.intake.bodies import JSON
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.features import LONGEST_NAME, MOST_COLUMNS, Column, FeatureBatch, encode_batch
from vedette.statistics.drift.bins import Strategy
from vedette.statistics.drift.kinds import guess_kind
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.values import Kind, plain
from vedette.windows.row_sample import MOST_COLUMNS as MOST_COLUMNS_TOGETHER

KINDS: tuple[str, ...] = get_args(Kind)
SAMPLE = 2_000
"""Rows of a reference that are kept as they are, for what looks at all columns together."""
MOST_CELLS = 5_000_000
"""Values of a reference."""


class Rows(msgspec.Struct, forbid_unknown_fields=True):
    """A table as JSON: a list for each column, or an object for each row (what a row lacks is missing).

    `kinds` says what a column is; else it is guessed from its values. `edges` are those between bins of numbers.
    """

    columns: dict[str, list[Any]] | None = None
    rows: list[dict[str, Any]] | None = None
    kinds: dict[str, str] = {}
    edges: dict[str, list[float]] = {}

    def table(self) -> dict[str, list[Any]]:
        """The columns."""
        if (self.columns is None) == (self.rows is None):
            raise InvalidInput("columns", None, "either columns or rows")
        if self.columns is not None:
            return self.columns
        rows = self.rows or []
        names = dict.fromkeys(name for row in rows for name in row)
        if len(names) > MOST_COLUMNS:
            raise InvalidInput("rows", f"{len(names)} names", f"at most {MOST_COLUMNS}")
        if len(names) * len(rows) > MOST_CELLS:
            raise InvalidInput("rows", f"{len(rows)} rows of {len(names)} names", f"at most {MOST_CELLS} values")
        return {name: [row.get(name) for row in rows] for name in names}


@dataclass(frozen=True, slots=True)
class Making:
    """How numeric columns get their bins: by a strategy, or by edges of their own."""

    bins: int
    strategy: Strategy
    edges: Mapping[str, Sequence[float]]


_decoder = msgspec.json.Decoder(Rows)


Said = tuple[dict[str, Any], dict[str, str], dict[str, list[float]]]
"""Columns, and the kinds and edges that are said."""


def read_reference(body: bytes, media_type: str) -> Said:
    """Blocks; `InvalidInput` for what is no table, or of an unknown type."""
    from vedette.tabular import MEDIA_TYPES, read_table  # pyarrow takes a while, and most gateways never need it

    if media_type == JSON:
        rows = decode(_decoder, body)
        return rows.table(), rows.kinds, rows.edges
    if media_type not in MEDIA_TYPES:
        raise InvalidInput("Content-Type", media_type, ", ".join([JSON, *MEDIA_TYPES]))
    return read_table(body, media_type, MOST_COLUMNS, MOST_CELLS), {}, {}


def profiles_of(
    columns: Mapping[str, Sequence[Any]],
    kinds: Mapping[str, str],
    bins: int,
    strategy: Strategy = "quantiles",
    edges: Mapping[str, Sequence[float]] = {},
) -> tuple[list[FeatureProfile], int]:
    """A profile for each column, and how many rows there are. Blocks for as long as the values need."""
    if not columns or len(columns) > MOST_COLUMNS:
        raise InvalidInput("columns", f"{len(columns)} columns", f"1 to {MOST_COLUMNS}")
    lengths = {name: len(values) for name, values in columns.items()}
    rows = max(lengths.values())
    for name, length in lengths.items():
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise InvalidInput("columns", name[:LONGEST_NAME], f"names of 1 to {LONGEST_NAME} printable characters")
        if length != rows:
            raise InvalidInput(f"columns.{name}", f"{length} values", f"{rows}, as many as the longest column has")
    for name, kind in kinds.items():
        if name not in columns:
            raise InvalidInput("kinds", name, "names of columns")
        if kind not in KINDS:
            raise InvalidInput(f"kinds.{name}", kind, ", ".join(KINDS))
    for name in edges:
        if name not in columns:
            raise InvalidInput("edges", name, "names of columns")
    making = Making(bins, strategy, edges)
    return [_profile(name, values, kinds.get(name), making) for name, values in columns.items()], rows


def sample_of(columns: Mapping[str, Sequence[Any]], profiles: Sequence[FeatureProfile], rows: int) -> tuple[int, bytes]:
    """Up to `SAMPLE` of a table's rows, as `vedette.statistics.drift.values.plain` reads them: how many, and packed.

    Of the first columns by name, those that windows keep (`vedette.windows.row_sample`).
    """
    chosen = np.sort(np.random.default_rng(rows).permutation(rows)[:SAMPLE]).tolist()
    packed = [
        _packed(profile.name, plain([columns[profile.name][at] for at in chosen], profile.kind))
        for profile in sorted(profiles, key=lambda one: one.name)[:MOST_COLUMNS_TOGETHER]
    ]
    times = np.zeros(len(chosen), "<i8").tobytes()
    return len(chosen), zlib.compress(encode_batch(FeatureBatch(0, 0, "", 0, 0, times, packed)), 1)


def _packed(name: str, values: list[float] | list[str | None]) -> Column:
    if all(isinstance(value, float) for value in values):
        return Column(name, "numbers", np.array(values, "<f8").tobytes())
    known = list(dict.fromkeys(value for value in values if value is not None))
    place = {value: at for at, value in enumerate(known)}
    return Column(
        name, "codes", np.array([-1 if value is None else place[value] for value in values], "<i4").tobytes(), known
    )


def _profile(name: str, values: Sequence[Any], kind: str | None, making: Making) -> FeatureProfile:
    chosen: Kind = guess_kind(values) if kind is None else kind  # type: ignore[assignment] # one of KINDS, as checked
    edges = making.edges.get(name)
    if edges is None:
        return fit(name, values, chosen, strategy=making.strategy, bins=making.bins)
    if kind is None:
        chosen = "numeric"
    if chosen not in ("numeric", "text_length"):
        raise InvalidInput(f"edges.{name}", f"edges of a column that is {chosen}", "columns of numbers")
    try:
        return fit(name, values, chosen, edges=edges)
    except InvalidInput as error:
        raise InvalidInput(f"edges.{name}", error.value, error.allowed) from error
