"""The Bytewax source over the event log: one part per partition, resumed at stored offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from vedette.clock import Clock
from vedette.errors import Unavailable
from vedette.log import Log, Record
from vedette.telemetry import get_logger, metrics

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.02, 0.05
_PLENTY_BYTES = 1 << 20
"""A read of so much is followed by the next at once: there will be more."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one look at a partition gave: `records` in order, or none when it has been read to its end.

    `at_ms` is the wall clock of the look.
    """

    partition: int
    at_ms: int
    records: Sequence[Record]


class LogSource(FixedPartitionedSource[Poll, int]):
    """All partitions of a topic. The resume state of a partition is the offset to read next.

    Polls without records are put out too, once a `tick_s`, when the partition has been read to its end: they say so,
    and drive what must happen without input. While the log does not answer, the partition waits and tries again.
    An empty partition is looked at again after `longest_wait_s` at the latest (nobody waits for some flows, and each
    look costs). A `stop` that turns true ends the input: the flow then drains and ends by itself.
    """

    def __init__(
        self,
        log: Log,
        topic: str,
        clock: Clock,
        *,
        batch: int = 2_000,
        tick_s: float = 0.5,
        longest_wait_s: float = _LONGEST_WAIT_S,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._log = log
        self._longest_wait_s = longest_wait_s
        self._topic = topic
        self._clock = clock
        self._batch = batch
        self._tick_s = tick_s
        self._stop = stop

    def list_parts(self) -> list[str]:
        """Partition numbers as text."""
        return [str(number) for number in range(self._log.partitions(self._topic))]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Partition:
        """A reader from the stored offset, or from the first kept message."""
        number, offset = int(for_part), resume_state or 0
        end = self._log.bounds(self._topic)[number].end
        if offset > end:
            # A log that was made anew or restored: waiting for the old offset would mean reading nothing for ever.
            get_logger("source").error("log_is_younger", topic=self._topic, partition=number, stored=offset, end=end)
            offset = 0
        return _Partition(
            self._log,
            self._topic,
            number,
            offset,
            self._clock,
            self._batch,
            self._tick_s,
            self._longest_wait_s,
            self._stop,
        )


class _Partition(StatefulSourcePartition[Poll, int]):
    def __init__(
        self,
        log: Log,
        topic: str,
        number: int,
        offset: int,
        clock: Clock,
        batch: int,
        tick_s: float,
        longest_wait_s: float,
        stop: Callable[[], bool],
    ) -> None:
        self._longest_wait_s = longest_wait_s
        self._log, self._topic, self._number, self._offset = log, topic, number, offset
        self._clock, self._batch, self._tick_s, self._stop = clock, batch, tick_s, stop
        self._wait_s = 0.0
        self._last: int | None = None
        self._ticked = clock.monotonic()
        self._logger = get_logger("source")

    def next_batch(self) -> list[Poll]:
        """One read; a `Poll` if it found something, or if it is time to say that it did not."""
        try:
            records = self._log.read(self._topic, self._number, self._offset, self._batch)
            ended = self._ended(records)
        except Unavailable as error:
            self._logger.warning("log_unavailable", topic=self._topic, partition=self._number, error=str(error))
            self._wait_s = 1.0
            if self._stop():
                raise StopIteration from error
            return []
        if ended:
            raise StopIteration
        found = [self._take(records)] if records else []
        if len(records) == self._batch or sum(len(record.value) for record in records) >= _PLENTY_BYTES:
            self._wait_s = 0.0
            return found
        self._wait_s = _SHORTEST_WAIT_S if records else self._longer()
        return found + self._tick()

    def _longer(self) -> float:
        return min(self._longest_wait_s, max(_SHORTEST_WAIT_S, self._wait_s * 2))

    def _tick(self) -> list[Poll]:
        """A poll without records, if one is due and the partition has been read to its end.

        It comes under load too: a partition that always has something new is read to its end all the same.
        """
        now = self._clock.monotonic()
        if now - self._ticked < self._tick_s or not self._at_end():
            return []
        self._ticked = now
        return [Poll(self._number, self._clock.now_ms(), ())]

    def _at_end(self) -> bool:
        try:
            return self._log.ended(self._topic, self._number, self._offset)
        except Unavailable:
            return False

    def _ended(self, records: Sequence[Record]) -> bool:
        """Whether a stop was asked for and what the log held then has been read, whatever has come since."""
        if not self._stop():
            return False
        if self._last is None:
            self._last = self._log.bounds(self._topic)[self._number].end
        return not records or self._offset >= self._last

    def _take(self, records: Sequence[Record]) -> Poll:
        if records[0].offset > self._offset > 0:
            gone = records[0].offset - self._offset
            self._logger.error("messages_expired_unread", topic=self._topic, partition=self._number, count=gone)
        self._offset = records[-1].offset + 1
        metrics().count("vedette_flow_messages_total", len(records), flow=self._topic)
        return Poll(self._number, self._clock.now_ms(), records)

    def next_awake(self) -> datetime | None:
        """Soon after a find, later after finding nothing."""
        return None if self._wait_s == 0 else datetime.now(UTC) + timedelta(seconds=self._wait_s)

    def snapshot(self) -> int:
        """The offset to read next."""
        return self._offset
