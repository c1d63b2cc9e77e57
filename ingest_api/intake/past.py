"""References from the past: the rows that a model has seen in a range, out of the archive and the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np

from ingest_api.context import Context
from ingest_api.intake.references import MOST_CELLS
from ingest_api.times import parse_time
from vedette.clock import Clock
from vedette.errors import InvalidInput, Overloaded
from vedette.events.codec import decode
from vedette.events.features import MOST_COLUMNS, FeatureBatch, check_version, decode_batch
from vedette.events.model_metrics import holds_rows, is_metrics
from vedette.events.topics import FEATURES
from vedette.log import Log
from vedette.windows.quality_config import values_of

MOST_ROWS = 100_000
"""Rows of a sample; of many columns fewer, so that there are at most `MOST_CELLS` values."""
_LONGEST_REPORT_MS = 86_400_000
"""How much older than a row in the range the oldest row of its report may be."""
_READ = 1000
MOST_TEXT_BYTES = 128 << 20
"""Of texts that are held at a time; of long texts there are fewer rows."""
_CELL_BYTES = 50
LOG_S = 30.0
"""How long the log is read for."""


class Past(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A range of rows. `version`: of which one the reference is; `rows_of`: whose rows are taken, of all by default.
    `kinds` and `edges` as for a table."""

    from_: int | str = msgspec.field(name="from")
    to: int | str = "now"
    version: str | None = None
    rows_of: str | None = None
    kinds: dict[str, str] = {}
    edges: dict[str, list[float]] = {}


_decoder = msgspec.json.Decoder(Past)
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_past(body: bytes) -> Past | None:
    """The range that a body of JSON asks for; None if it is a table, or nothing at all."""
    try:
        if not {"from", "to"} & _keys.decode(body).keys():
            return None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    past = decode(_decoder, body)
    for field, version in (("version", past.version), ("rows_of", past.rows_of)):
        check_version(field, version or "")
    return past


def columns_of_past(
    found: Context, account: int, model: int, past: Past, most: int = MOST_ROWS
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The columns of the range's rows, and what the answer says of them. Blocks for as long as the range needs.

    `InvalidInput` for a range without rows, or with more columns than a reference has.
    """
    now_ms = found.clock.now_ms()
    from_ms, to_ms = (parse_time(name, str(value), now_ms) for name, value in (("from", past.from_), ("to", past.to)))
    if from_ms >= to_ms:
        raise InvalidInput("from", past.from_, "a time before to")
    since = max(0, from_ms - _LONGEST_REPORT_MS)
    sample = Sample(from_ms, to_ms, past.rows_of, np.random.default_rng([model, from_ms, to_ms]), most)
    sample.add(found.history.feature_batches(account, model, since, to_ms))
    sample.add(logged(found.log, account, model, since - found.settings.max_future_s * 1000, found.clock))
    if not sample.seen:
        allowed = "a range with rows of the model that the archive, or the log of the last day, still holds"
        raise InvalidInput("from", past.from_, allowed)
    columns = sample.columns()
    kept = len(next(iter(columns.values()), []))
    return columns, {"from": from_ms, "to": to_ms, "rows_seen": sample.seen, "sampled": kept < sample.seen}


def logged(log: Log, account: int, model: int, since_ms: int, clock: Clock) -> Iterator[FeatureBatch]:
    """The model's batches that the log took since then, up to where it ends now. Reads all models' messages, for
    `LOG_S` at most: `Overloaded` after that."""
    key = str(model).encode()
    begun = clock.monotonic()
    for partition, bounds in enumerate(log.bounds(FEATURES.name)):
        offset = max(bounds.start, log.offset_at(FEATURES.name, partition, max(0, since_ms)))
        while offset < bounds.end and (records := log.read(FEATURES.name, partition, offset, _READ)):
            offset = records[-1].offset + 1
            if clock.monotonic() - begun > LOG_S:
                raise Overloaded("the log holds more of that time than can be read at once: ask for less", 60.0)
            for record in records:
                if record.key != key:
                    continue
                try:
                    batch = decode_batch(record.value)
                except InvalidInput:
                    continue  # the flow has told of it
                if (batch.account, batch.model) == (account, model):
                    yield batch


class Sample:
    """Rows of a range, each as likely as any other to be among those that are kept; a report counts once.

    Each row has a random number, and those with the lowest are kept, so the order does not matter (Vitter 1985).
    """

    def __init__(
        self, from_ms: int, to_ms: int, rows_of: str | None, chance: np.random.Generator, most: int = MOST_ROWS
    ) -> None:
        self._from_ms, self._to_ms, self._rows_of = from_ms, to_ms, rows_of
        self._chance, self._most = chance, most
        self._known: set[tuple[int, int, bool, bool]] = set()
        self._names: dict[str, None] = {}
        self._rows: list[tuple[float, dict[str, Any]]] = []
        self._limit = 1.0
        self._bytes = 0
        self.seen = 0
        """Rows of the range."""

    def add(self, batches: Iterable[FeatureBatch]) -> None:
        """Look at the rows of all these."""
        for batch in batches:
            identity = (batch.epoch, batch.seq, rows := holds_rows(batch), is_metrics(batch))
            if identity in self._known:
                continue
            self._known.add(identity)
            if rows and self._rows_of in (None, batch.version):
                self._take(batch)

    def columns(self) -> dict[str, list[Any]]:
        """What was kept; a row has None where its report had no such column."""
        self._prune()
        return {name: [row.get(name) for _, row in self._rows] for name in self._names}

    def _take(self, batch: FeatureBatch) -> None:
        times = np.frombuffer(batch.ts, "<i8")
        inside = np.flatnonzero((times >= self._from_ms) & (times < self._to_ms))
        if not len(inside):
            return
        self.seen += len(inside)
        self._names |= dict.fromkeys(column.name for column in batch.columns)
        if len(self._names) > MOST_COLUMNS:
            raise InvalidInput("from", self._from_ms, f"a range whose rows have at most {MOST_COLUMNS} columns in all")
        numbers = self._chance.random(len(inside))
        chosen = np.flatnonzero(numbers < self._limit)
        values = {column.name: values_of(column) for column in batch.columns}
        for place in chosen.tolist():
            row = int(inside[place])
            kept = {name: column[row] for name, column in values.items()}
            self._rows.append((float(numbers[place]), kept))
            self._bytes += sum(_CELL_BYTES + len(value) for value in kept.values() if isinstance(value, str))
            if self._bytes > MOST_TEXT_BYTES:
                self._most = max(1, len(self._rows) // 2)
                self._prune()
        if len(self._rows) >= 2 * self._bound():
            self._prune()

    def _bound(self) -> int:
        return min(self._most, MOST_CELLS // max(1, len(self._names)))

    def _prune(self) -> None:
        self._rows.sort(key=lambda item: item[0])
        if len(self._rows) > (most := self._bound()):
            del self._rows[most:]
            self._limit = self._rows[-1][0]
            self._bytes = sum(
                _CELL_BYTES + len(value) for _, row in self._rows for value in row.values() if isinstance(value, str)
            )
