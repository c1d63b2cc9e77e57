"""The buffer: the rows and messages that wait in memory, within their bounds, and the books about them.

    record() ──► rows ──► gatherer ──► messages ──► sender ──► settled: sent, rejected
                            │              │ ▲
                            └── pending    ▼ │
                                         on disk

Every row is in exactly one of these places; each move and its entry in the books happen under one lock. So
`accepted == sent + dropped + rejected + waiting` at every moment. Only `record` adds without the lock, by one
`list.extend`, which the interpreter's own lock makes atomic; the row counts as accepted from then on. Whoever holds the
lock may take from the head: that is atomic too.

Rows lie in the list flat, `WIDTH` items each. One object for each row would cost `record` twice as much, for every
seven hundred objects that stay make the garbage collector look at them.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Literal

from vedette_client.books import Books, Fate
from vedette_client.counters import Counters
from vedette_client.message import Message

WIDTH = 4
"""Items of a row: features (None for an outcome), prediction or actual, id, time."""

Policy = Literal["drop_oldest", "block", "spill"]


class Buffer:
    """At most `max_rows` rows and, of messages, `max_bytes` bytes.

    Rows that are not yet messages are bounded in number only: with the bound above, and because the gatherer takes them
    within a tick. Under `block` a thread that records has one row above the bound in its hand while it waits.

    `mark` is the number of items up to which `record` need not look at anything; above it, it calls `cross`. While the
    gatherer is `attentive` it looks by itself after each tick, and the first row need not wake it.
    """

    def __init__(self, policy: Policy, max_rows: int, max_bytes: int, batch_rows: int, batch_bytes: int) -> None:
        self.policy = policy
        self.max_rows = max_rows
        self.max_bytes = max_bytes
        self.batch_rows = batch_rows
        self.batch_bytes = batch_bytes
        self.rows: list[Any] = []
        self.messages: deque[Message] = deque()
        # Reentrant: a signal handler or a finaliser may record while its own thread is in here.
        self.changed = threading.Condition(threading.RLock())
        self.mark = 0
        self.attentive = False
        self.flushing = 0
        self.closed = False
        self.leaving = False
        self.stopped = False
        self.books = Books()

    @property
    def in_memory(self) -> int:
        """Rows in memory."""
        return self.not_taken + self.books.pending + self.books.in_messages

    @property
    def not_taken(self) -> int:
        """Rows that the gatherer has not taken yet."""
        return len(self.rows) // WIDTH

    @property
    def waiting(self) -> int:
        """Rows in memory and on disk."""
        return self.in_memory + self.books.on_disk

    def counters(self) -> Counters:
        """The books at one moment."""
        with self.changed:
            if self.stopped:
                self._drop_rows(self.not_taken)  # of a thread that was in `record` while all was given up
            return self.books.counters(self.waiting)

    # What recording threads do.

    def cross(self) -> None:
        """A row was added above the mark: wake the gatherer, and keep the bounds by the policy."""
        with self.changed:
            if self.closed:
                if self.rows:
                    del self.rows[-WIDTH:]  # the row just added, or its like
                    self.books.settle(1, "dropped")
                return
            self.changed.notify_all()
            if self.policy == "block":
                self.changed.wait_for(lambda: self.closed or not self._is_over())
            else:
                self._make_room()
            self._set_mark()

    def reject(self, rows: int = 1) -> None:
        """Count calls that brought no record: accepted, and rejected at once."""
        with self.changed:
            self.books.settle(rows, "rejected")

    def close(self) -> None:
        """Take no more rows: each is dropped at once, and counted. Those that wait are not touched."""
        with self.changed:
            self.closed = True
            self._set_mark()
            self.changed.notify_all()

    def _is_full(self) -> bool:
        """Whether one more message might be above the bound of bytes."""
        return self.books.bytes + self.batch_bytes > self.max_bytes

    def _is_over(self) -> bool:
        return self.in_memory > self.max_rows or (self._is_full() and self.not_taken > self.batch_rows)

    def _make_room(self) -> None:
        while self.in_memory > self.max_rows or self.books.bytes > self.max_bytes:
            message = next((message for message in self.messages if not message.flying), None)
            if message is not None:
                self._leave(message)
                self.books.settle(message.rows, "dropped")
            elif self.rows:
                # A hundredth at once, for each time costs the thread that records some microseconds.
                self._drop_rows(1 + self.max_rows // 100)
            else:
                return

    def _drop_rows(self, most: int) -> None:
        """Drop the oldest rows of those that were not taken."""
        count = min(most, self.not_taken)
        del self.rows[: count * WIDTH]
        self.books.settle(count, "dropped")

    def _set_mark(self) -> None:
        """Choose the mark anew: the first row wakes the gatherer if it sleeps, then a batch of them, then the bound."""
        count = self.not_taken
        room = max(0, self.max_rows - self.in_memory + count)
        if self.closed:
            self.mark = -1
        elif count == 0 and not self.attentive:
            self.mark = 0
        elif count <= self.batch_rows or (self.policy == "block" and self._is_full()):
            self.mark = WIDTH * min(self.batch_rows, room)
        else:
            self.mark = WIDTH * room

    # What the gatherer does.

    def attend(self, attentive: bool) -> None:
        """Look after each tick from now on, or sleep until the first row wakes it (look once more before that)."""
        with self.changed:
            self.attentive = attentive
            self._set_mark()

    @property
    def is_held_up(self) -> bool:
        """Whether rows must stay rows, because those who record wait for room for messages."""
        return self.policy == "block" and not self.closed and self._is_full()

    def take(self) -> list[Any]:
        """The items of up to a batch of rows, oldest first; they are pending until `put`. None if it `is_held_up`."""
        with self.changed:
            if self.is_held_up:
                return []
            items = self.rows[: self.batch_rows * WIDTH]
            del self.rows[: len(items)]
            self.books.pending += len(items) // WIDTH
            self._set_mark()
            return items

    def put(self, messages: list[Message], rejected: int = 0) -> None:
        """Pending rows have become these messages, but for `rejected` ones."""
        with self.changed:
            if self.stopped:
                return  # they were given up while they were made
            for message in messages:
                self.books.pending -= message.rows
                self.messages.append(message)
                self.books.add(message)
            self.books.pending -= rejected
            self.books.settle(rejected, "rejected")
            self._keep()

    def excess(self) -> Message | None:
        """The oldest message to be taken to disk, if memory is more than half full; it flies until `stored`."""
        with self.changed:
            if self.in_memory * 2 <= self.max_rows and self.books.bytes * 2 <= self.max_bytes:
                return None
            return self._fly(next((message for message in self.messages if not message.flying), None))

    def stored(self, message: Message, lost: int) -> None:
        """A message went to disk, where older ones with `lost` rows had to go for it."""
        with self.changed:
            if self._leave(message):
                self.books.on_disk += message.rows
                self.books.spilled += message.rows
                self.books.on_disk -= lost
                self.books.settle(lost, "dropped")
                self._keep()

    def lost(self, rows: int) -> None:
        """Rows on disk can no longer be read."""
        with self.changed:
            self.books.on_disk -= rows
            self.books.settle(rows, "dropped")
            self.changed.notify_all()

    def adopted(self, rows: int) -> None:
        """Rows that an earlier process left on disk are this one's."""
        with self.changed:
            self.books.on_disk += rows
            self.changed.notify_all()

    # What the sender does.

    def head(self, *, flying: bool = False) -> Message | None:
        """The oldest message in memory, also one that flies already if that is wanted.

        It flies from now on, so nobody drops it, until `settle`, `replace`, `stored` or `land`.
        """
        with self.changed:
            return self._fly(next((message for message in self.messages if flying or not message.flying), None))

    def land(self, message: Message) -> None:
        """The message could not be sent now."""
        with self.changed:
            message.flying = False
            self._keep()

    def settle(self, message: Message, fate: Fate, *, disk: bool = False) -> None:
        """The fate of a message is known. One that is no longer here (the recorder was closed) has had its fate."""
        with self.changed:
            if disk:
                if self.stopped:
                    return
                self.books.on_disk -= message.rows
            elif not self._leave(message):
                return
            self.books.settle(message.rows, fate)
            self._keep()

    def replace(self, message: Message, parts: tuple[Message, ...], *, disk: bool = False) -> None:
        """The message goes on as these parts, at its place."""
        with self.changed:
            if disk:
                self.books.on_disk -= message.rows
            elif not self._leave(message):
                return
            self.messages.extendleft(reversed(parts))
            for part in parts:
                self.books.add(part)
            self._keep()

    def give_up(self) -> int:
        """Drop everything that is still in memory; the number of rows."""
        with self.changed:
            before = self.books.fates["dropped"]
            self.stopped = True
            self._drop_rows(self.not_taken)
            for message in list(self.messages):
                self._leave(message)
                self.books.settle(message.rows, "dropped")
            self.books.settle(self.books.pending, "dropped")
            self.books.pending = 0
            self.changed.notify_all()
            return self.books.fates["dropped"] - before

    def _fly(self, message: Message | None) -> Message | None:
        if message is not None:
            message.flying = True
        return message

    def _leave(self, message: Message) -> bool:
        try:
            self.messages.remove(message)  # messages are equal only to themselves
        except ValueError:
            return False
        self.books.remove(message)
        return True

    def _keep(self) -> None:
        if self.policy != "block":
            self._make_room()
        self._set_mark()
        self.changed.notify_all()
