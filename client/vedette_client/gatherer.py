"""The gatherer: turns rows into messages, by count, bytes and age."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from vedette_client.arrow import of_table_as_arrow
from vedette_client.buffer import WIDTH, Buffer
from vedette_client.clock import Clock
from vedette_client.columns import METRIC, Row, Table, tables
from vedette_client.identity import Identity
from vedette_client.message import Message, fitting, of_metrics, of_outcomes, of_table
from vedette_client.spill import Spill
from vedette_client.values import Tally

_LATEST_MS = 253_402_300_800_000  # the year 10000
_CELL_BYTES = 12
_WEIGHED = 8


def _give_way() -> None:
    """Let a thread go on that waits for the interpreter: it would wait 5 ms until it is given by force."""
    time.sleep(0)


_log = logging.getLogger("vedette_client")


class Gatherer:
    """Batches the rows of one model version.

    A row that came without a time gets that of the moment at which it is taken here, at most a tick after `record`.
    """

    def __init__(
        self,
        buffer: Buffer,
        identity: Identity,
        spill: Spill | None,
        clock: Clock,
        *,
        model: str,
        version: str | None,
        age_s: float,
        arrow: bool,
    ) -> None:
        self._buffer = buffer
        self._identity = identity
        self._spill = spill
        self._clock = clock
        self._model = model
        self._version = version
        self._age_s = age_s
        self._features: Callable[[Table, str, str | None], Message] = of_table_as_arrow if arrow else of_table
        self._held: list[Row] = []
        self._weight = 0
        self._since = 0.0

    def due_s(self) -> float | None:
        """Seconds until the batch that is being gathered has its age; None if there is none."""
        return max(0.0, self._since + self._age_s - self._clock.monotonic()) if self._held else None

    def step(self, *, force: bool = False) -> None:
        """Take what was recorded, and make messages of batches that are full or old enough (or, if forced, all)."""
        while items := self._buffer.take():
            _give_way()
            now = self._clock.now_ms()
            if not self._held:
                self._since = self._clock.monotonic()
            self._hold(items, now)
            if len(self._held) >= self._buffer.batch_rows or self._weight >= self._buffer.batch_bytes:
                self._cut()
        if self._held and (force or self.due_s() == 0.0):
            self._cut()
        self._to_disk(everything=False)

    def put_away(self) -> None:
        """Make messages of everything, and take all to disk if there is one.

        Also one whose request is under way: should that still succeed, the gateway knows the second by its identity.
        """
        self.step(force=True)
        self._to_disk(everything=True)

    def _hold(self, items: list[Any], now: int) -> None:
        times = [now if ts is None else self._time(ts, now) for ts in items[3::WIDTH]]
        self._held += map(Row, items[::WIDTH], items[1::WIDTH], items[2::WIDTH], times)
        # One of eight is weighed: how many bytes they make is known when they are encoded, and cut where needed.
        for features in items[:: WIDTH * _WEIGHED]:
            if features is not None:
                texts = sum(len(value) for value in features.values() if type(value) is str)
                self._weight += _WEIGHED * (_CELL_BYTES * len(features) + texts)

    def _time(self, ts: Any, now: int) -> int:
        """A row's own time in milliseconds; what is none becomes `now`, and counts as unsupported."""
        try:
            if isinstance(ts, datetime) and ts.tzinfo is not None:
                return round(ts.timestamp() * 1000)
            found = int(ts)
        except (TypeError, ValueError, OverflowError):
            found = -1
        if isinstance(ts, bool | str) or not 0 <= found < _LATEST_MS:
            self._buffer.books.tally.unsupported += 1
            return now
        return found

    def _cut(self) -> None:
        rows, self._held, self._weight = self._held, [], 0
        most = self._buffer.batch_rows
        messages: list[Message] = []
        rejected = 0
        for start in range(0, len(rows), most):
            made, refused = self._messages(rows[start : start + most])
            messages += made
            rejected += refused
        self._buffer.put(messages, rejected)

    def _messages(self, rows: Sequence[Row]) -> tuple[list[Message], int]:
        """The rows as messages, and how many of them cannot be: too large, or odd beyond all measure."""
        tally = Tally()
        try:
            features = [row for row in rows if row.features is not None and row.features is not METRIC]
            metrics = [row for row in rows if row.features is METRIC]
            outcomes = [row for row in rows if row.features is None]
            made = [
                self._features(table, self._model, self._version)
                for table in tables(features, tally, _give_way)
                if table.ts
            ]
            if outcomes:
                made.append(of_outcomes(outcomes, self._model, self._version, tally))
            if metrics:
                made.append(of_metrics(metrics, self._model, self._version, tally))
        except Exception as error:  # noqa: BLE001 - what one odd row does must not cost the others
            if len(rows) == 1:
                _log.exception("a record cannot be sent, and was rejected", exc_info=error)
                return [], 1
            each = [self._messages([row]) for row in rows]
            return [message for messages, _ in each for message in messages], sum(refused for _, refused in each)
        self._buffer.books.tally.unsupported += tally.unsupported
        self._buffer.books.tally.shortened += tally.shortened
        most = self._buffer.batch_bytes
        parts = [part for message in made for part in fitting(message, most)]
        fit = [part for part in parts if part.size <= most]
        return fit, len(rows) - sum(part.rows for part in fit)

    def _to_disk(self, *, everything: bool) -> None:
        """Take the oldest messages to disk while memory is more than half full. Without a disk they stay."""
        while self._spill is not None:
            message = self._buffer.head(flying=True) if everything else self._buffer.excess()
            if message is None:
                return
            self._identity.give(message)
            try:
                lost = self._spill.put(message)
            except OSError as error:
                _log.warning("rows cannot be spilled to disk: %s", error)
                self._buffer.land(message)
                return
            self._buffer.stored(message, lost)
