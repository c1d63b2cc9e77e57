"""The recorder: what a service calls for each prediction, and never waits for."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from vedette_client.buffer import Policy
from vedette_client.clock import Clock, SystemClock
from vedette_client.columns import METRIC
from vedette_client.counters import Counters
from vedette_client.errors import Misuse
from vedette_client.pipeline import Pipeline, Settings
from vedette_client.process import watch
from vedette_client.rows import rows_of
from vedette_client.transports.http import HttpTransport
from vedette_client.transports.port import Transport

_log = logging.getLogger("vedette_client")


class Recorder:
    """Records the rows of one model version and sends them in the background.

    `policy` says what happens when `max_rows` rows or `max_bytes` bytes wait in memory:

    - "drop_oldest": the oldest rows are dropped and counted;
    - "block": `record` waits for room (in an async program it holds the event loop up);
    - "spill": messages go to `spill_folder`, up to `spill_bytes`, and are sent from there, also by a later process.
      If the disk is too slow or full, the oldest rows are dropped and counted.

    A batch is sent when it has `batch_rows` rows or about `batch_bytes` bytes, or after `batch_age_s`. `encoding` is
    "json" or "arrow" (needs pyarrow). A row that alone is above `batch_bytes` is rejected. `transport` carries the
    messages instead of HTTP to `url`, such as a `KafkaTransport`.

    Threads: any may call any method. Fork: a child begins with an empty recorder of its own; what waits is sent by the
    parent alone. Exit: the program waits up to `process.EXIT_WAIT_S` for the rows to be sent; what a killed program had
    in memory is lost, what was on disk is not. `background=False`: no threads at all; call `work` now and then.
    """

    __slots__ = ("__weakref__", "_background", "_buffer", "_clock", "_pipeline", "_rows", "_settings", "_transport")

    def __init__(
        self,
        url: str = "",
        token: str = "",
        *,
        model: str,
        version: str | None = None,
        policy: Policy = "drop_oldest",
        max_rows: int = 100_000,
        max_bytes: int = 64 << 20,
        batch_rows: int = 1000,
        batch_bytes: int = 1 << 20,
        batch_age_s: float = 1.0,
        tick_s: float = 0.1,
        spill_folder: str | Path | None = None,
        spill_bytes: int = 1 << 30,
        encoding: Literal["json", "arrow"] = "json",
        transport: Transport | None = None,
        clock: Clock | None = None,
        background: bool = True,
    ) -> None:
        if not model:
            raise Misuse("model: '' is not allowed; allowed: the model's name or number")
        if policy not in {"drop_oldest", "block", "spill"}:
            raise Misuse(f"policy: {policy!r} is not allowed; allowed: drop_oldest, block, spill")
        if (policy == "spill") != (spill_folder is not None):
            raise Misuse(f"spill_folder: {spill_folder!r} is not allowed; allowed: a folder, with policy='spill' only")
        if policy == "block" and not background:
            raise Misuse("policy: 'block' is not allowed without the background, for then nobody makes room")
        if encoding not in {"json", "arrow"}:
            raise Misuse(f"encoding: {encoding!r} is not allowed; allowed: json, arrow")
        for name, value in (("max_rows", max_rows), ("max_bytes", max_bytes), ("batch_rows", batch_rows)):
            if value < 1:
                raise Misuse(f"{name}: {value!r} is not allowed; allowed: 1 or more")
        self._settings = Settings(
            model,
            version,
            policy,
            max_rows,
            max_bytes,
            # So that what is under way never takes all the room.
            min(batch_rows, max(1, max_rows // 4)),
            min(batch_bytes, max(1, max_bytes // 4)),
            batch_age_s,
            tick_s,
            Path(spill_folder) if spill_folder is not None else None,
            spill_bytes,
            encoding == "arrow",
        )
        self._background = background
        self._clock = clock or SystemClock()
        self._transport = transport or HttpTransport(url, token)
        self._begin()
        watch(self)

    def _begin(self, *, forked: bool = False) -> None:
        self._pipeline = Pipeline(self._settings, self._transport, self._clock, forked=forked)
        self._buffer = self._pipeline.buffer
        self._rows = self._buffer.rows
        if self._background and self._buffer.books.on_disk:
            self._pipeline.start()

    def record(
        self,
        features: Mapping[Any, Any],
        prediction: Any = None,
        id: Any = None,  # noqa: A002 - its name
        ts: Any = None,
    ) -> None:
        """Take in one row: what the model saw and, if known, what it said.

        `features` are copied, but not what is in them; `prediction` is a value or a mapping of names to values, and
        copied if it is a dict. `id` is what a later `record_outcome` names. `ts` is milliseconds UTC or a datetime with
        a zone; without it, the row gets the time at which the background thread takes it, `tick_s` later at most
        (unless the machine is too busy).

        Never raises, and blocks only under the policy "block". See `values` for what travels how.
        """
        rows = self._rows
        if type(prediction) is dict:
            prediction = {**prediction}
        try:
            rows.extend(({**features}, prediction, id, ts))
        except TypeError:
            self._buffer.reject()
        if len(rows) > self._buffer.mark:
            self._cross()

    def record_outcome(self, id: Any, actual: Any, ts: Any = None) -> None:  # noqa: A002 - its name
        """Take in what turned out to be true for the row `id`, now or long after. As cheap as `record`."""
        rows = self._rows
        rows.extend((None, actual, id, ts))
        if len(rows) > self._buffer.mark:
            self._cross()

    def record_metric(self, name: str, value: Any, ts: Any = None) -> None:
        """Take in a number of the model version under a name of yours, such as what an answer cost. As cheap as
        `record`. What is no finite number is refused by the gateway, and logged once."""
        rows = self._rows
        rows.extend((METRIC, value, name, ts))
        if len(rows) > self._buffer.mark:
            self._cross()

    def record_rows(
        self,
        table: Any,
        *,
        prediction: str | None = None,
        id: str | None = None,  # noqa: A002 - its name
        ts: str | None = None,
        timeout: float = 30.0,
    ) -> int:
        """Take in a table of pandas, polars or pyarrow, or a list of dicts; the number of its rows.

        `prediction`, `id` and `ts` name columns that are these, and no features. Blocks: while memory is full it waits
        for room, for `timeout` seconds in all; after that the policy decides.
        """
        deadline = time.monotonic() + timeout
        count = 0
        for count, row in enumerate(rows_of(table), 1):  # noqa: B007 - the last number is the answer
            if not isinstance(row, dict):
                self._buffer.reject()
                continue
            features = dict(row)
            taken = [features.pop(name, None) if name is not None else None for name in (prediction, id, ts)]
            if self._buffer.in_memory >= self._settings.max_rows:
                self._wait_for_room(deadline)
            self.record(features, *taken)
        return count

    def _wait_for_room(self, deadline: float) -> None:
        buffer = self._buffer
        if not self._background:
            self.work()
            return
        with buffer.changed:
            buffer.changed.wait_for(
                lambda: buffer.closed or buffer.in_memory < buffer.max_rows, max(0.0, deadline - time.monotonic())
            )

    def _cross(self) -> None:
        if self._background:
            self._pipeline.start()
        self._buffer.cross()

    @property
    def counters(self) -> Counters:
        """What became of the rows up to now."""
        return self._buffer.counters()

    @property
    def last_error(self) -> str | None:
        """Why a message was last refused or had to wait."""
        return self._pipeline.sender.last_error

    def work(self) -> float | None:
        """Without a background: gather what is due and try to send one message.

        Seconds to wait before the next try (0: there may be more), or None if no message waits. Blocks for the request.
        """
        return self._pipeline.work()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until what was recorded before has been sent, refused or dropped; False if it still waits."""
        return self._pipeline.flush(timeout, background=self._background)

    def close(self, timeout: float = 5.0) -> None:
        """Flush, then end. What could not be sent is dropped, counted and logged, or stays on disk under "spill".

        Rows that are recorded later are dropped and counted. Closing twice is nothing.
        """
        if self._buffer.closed:
            return
        dropped = self._pipeline.close(timeout, background=self._background)
        if dropped:
            _log.error("%d rows were dropped, for they could not be sent before the end: %s", dropped, self.last_error)

    def renew(self) -> None:
        """Begin anew in a forked child: no rows, an epoch and threads of its own. Called by the hook."""
        closed = self._buffer.closed
        self._pipeline.abandon()
        self._transport.forked()
        self._begin(forked=True)
        if closed:
            self._buffer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
