"""The hub: reads the log's tail once, and hands each event to the viewers that may see it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest_api.stream.events import STREAMED, Event, Positions, format_positions, frame, read_events
from vedette.errors import VedetteError
from vedette.log import Log, Record
from vedette.telemetry import get_logger, metrics

MAX_QUEUED = 512
"""Events that wait for one viewer; one that is slower than that gets a `reset` instead, and reads anew."""
MAX_REPLAYED = 5_000
"""Events of a gap that are sent again; a longer gap is answered with `reset`."""
_POLL_S = 0.03
_BATCH = 2_000


@dataclass(slots=True, eq=False)
class Viewer:
    """One open stream: what it wants to see, and what waits for it."""

    account: int
    streams: frozenset[str]
    sources: frozenset[str] | None
    queue: deque[bytes] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def wants(self, event: Event) -> bool:
        """Whether the event is this viewer's to see."""
        return (
            event.account == self.account
            and event.stream in self.streams
            and (self.sources is None or event.stream != "samples" or event.source in self.sources)
        )

    def put(self, *frames: bytes) -> None:
        """Queue the frames of one record; if too many wait already, they are replaced by one `reset`."""
        if len(self.queue) >= MAX_QUEUED:
            metrics().count("vedette_stream_dropped_total", len(self.queue))
            self.queue.clear()
            self.queue.append(frame("reset", b'{"reason":"slow"}'))
        self.queue.extend(frames)
        self.arrived.set()


class Hub:
    """Tails the streamed topics from their end on, for all viewers of this process."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._viewers: set[Viewer] = set()
        self.positions: Positions = {}
        self.ready = asyncio.Event()
        self._wanted = asyncio.Event()
        self._entering = 0
        self._logger = get_logger("stream")

    async def run(self) -> None:
        """Read and hand out for ever; ends by cancellation. While the log is away, or nobody looks, it waits."""
        while True:
            try:
                if not self._viewers and not self._entering:
                    self.positions = {}
                    self.ready.clear()
                    self._wanted.clear()
                    await self._wanted.wait()
                if not self.positions:
                    self.positions = await asyncio.to_thread(self._ends)
                    self.ready.set()
                if not await self._step():
                    await asyncio.sleep(_POLL_S)
            except VedetteError as error:
                self._logger.warning("log_unavailable", error=str(error))
                await asyncio.sleep(1.0)

    async def enter(self, viewer: Viewer) -> Positions:
        """`join`, once the log's end is known."""
        self._entering += 1
        self._wanted.set()
        try:
            await self.ready.wait()
            return self.join(viewer)
        finally:
            self._entering -= 1

    def _ends(self) -> Positions:
        return {stream: [bounds.end for bounds in self._log.bounds(topic)] for stream, topic in STREAMED.items()}

    def _read(self) -> list[tuple[str, int, int, bytes]]:
        """Stream, partition, next offset and value of each new record."""
        found: list[tuple[str, int, int, bytes]] = []
        for stream, starts in self.positions.items():
            for partition, start in enumerate(starts):
                records = self._log.read(STREAMED[stream], partition, start, _BATCH)
                found += [(stream, partition, record.offset + 1, record.value) for record in records]
        return found

    async def _step(self) -> bool:
        found = await asyncio.to_thread(self._read)
        accounts = {viewer.account for viewer in self._viewers}
        for stream, partition, after, value in found:
            self.positions[stream][partition] = after
            if accounts:
                self._hand_out(stream, value)
                await asyncio.sleep(0)  # a record may hold hundreds of events: let viewers take them
        return bool(found)

    def _hand_out(self, stream: str, value: bytes) -> None:
        events = read_events(stream, value)
        position = format_positions(self.positions)
        encoded: dict[tuple[int, bool], bytes] = {}
        for viewer in tuple(self._viewers):
            wanted = [at for at, event in enumerate(events) if viewer.wants(event)]
            frames: list[bytes] = []
            for at in wanted:
                # Only the record's last event may say that the record was seen.
                last = at == wanted[-1]
                if (at, last) not in encoded:
                    encoded[at, last] = frame(stream, events[at].data, position if last else None)
                frames.append(encoded[at, last])
            if frames:
                viewer.put(*frames)

    def join(self, viewer: Viewer) -> Positions:
        """Let `viewer` have all events from now on; the positions from which it does."""
        self._viewers.add(viewer)
        metrics().set("vedette_stream_viewers", len(self._viewers))
        return {stream: list(offsets) for stream, offsets in self.positions.items()}

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self._viewers.discard(viewer)
        metrics().set("vedette_stream_viewers", len(self._viewers))

    def end_all(self) -> None:
        """End every stream: the gateway stops."""
        for viewer in self._viewers:
            viewer.over = True
            viewer.arrived.set()

    def replay(self, viewer: Viewer, since: Positions, until: Positions) -> list[bytes] | None:
        """Frames of what the viewer has missed between the positions; None if that is too much. Blocks."""
        if any(len(since.get(stream, ())) != len(until[stream]) for stream in viewer.streams):
            return None
        at = {stream: list(since.get(stream, until[stream])) for stream in until}
        if _gap(at, until, viewer.streams) > MAX_REPLAYED:
            return None
        frames: list[bytes] = []
        for stream in sorted(viewer.streams):
            for partition, end in enumerate(until[stream]):
                start = at[stream][partition]
                if start >= end:
                    continue  # nothing was missed here; beyond the end, the log was made anew
                if start < self._log.bounds(STREAMED[stream])[partition].start:
                    return None
                for record in self._between(STREAMED[stream], partition, start, end):
                    wanted = [event for event in read_events(stream, record.value) if viewer.wants(event)]
                    at[stream][partition] = record.offset + 1
                    frames += [frame(stream, event.data) for event in wanted[:-1]]
                    frames += [frame(stream, event.data, format_positions(at)) for event in wanted[-1:]]
                    if len(frames) > MAX_REPLAYED:
                        return None
        return frames

    def _between(self, topic: str, partition: int, start: int, end: int) -> Iterator[Record]:
        while start < end and (records := self._log.read(topic, partition, start, end - start)):
            yield from records
            start = records[-1].offset + 1


def _gap(since: Positions, until: Positions, streams: Iterable[str]) -> int:
    return sum(
        max(0, end - start) for stream in streams for start, end in zip(since[stream], until[stream], strict=True)
    )
