"""The embedded event log: one SQLite file in WAL mode, for one machine and several processes."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from xxhash import xxh3_64_intdigest

from vedette.errors import InvalidInput, LogUnavailable, NotFound
from vedette.events.topics import TOPICS
from vedette.log.group_commit import GroupCommit, Write
from vedette.log.port import Bounds, Message, Record

_SHIFT = 40
"""A message's row number is its partition's row number, shifted, plus its offset: a partition's messages
lie side by side in the file, and 2^40 of them fit."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS partition (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL,
    first_offset INTEGER NOT NULL DEFAULT 0, next_offset INTEGER NOT NULL DEFAULT 0, last_ms INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, number)
);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
);
"""
_BUSY_S = 30.0
_READ_BYTES = 8 << 20
_DELETE_AT_ONCE = 5_000


class EmbeddedLog:
    """The log port over SQLite.

    Writes of all threads of a process are gathered into one transaction (group commit) and are durable
    (`synchronous=FULL`) when acknowledged. Other processes may write and read at the same time; SQLite's lock
    orders them. The number of partitions is fixed when the file is made.
    """

    def __init__(self, path: Path, *, partitions: int = 4, max_pending_bytes: int = 64 << 20) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            db = self._db()
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
            with db:
                db.execute("BEGIN IMMEDIATE")
                _make_partitions(db, partitions)
            self._ids = _load_partitions(db)
        except (sqlite3.Error, OSError) as error:
            raise LogUnavailable(f"the embedded log {path} cannot be opened: {error}") from error
        self._commits = GroupCommit(self._write, max_pending_bytes)

    def _db(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA wal_autocheckpoint=4000")
            db.execute("PRAGMA cache_size=-16000")
            self._local.db = db
            with self._lock:
                self._connections.append(db)
        return db

    def _id(self, topic: str, partition: int) -> int:
        ids = self._topic(topic)
        if not 0 <= partition < len(ids):
            raise InvalidInput("partition", partition, f"0 to {len(ids) - 1}")
        return ids[partition]

    def _topic(self, topic: str) -> list[int]:
        try:
            return self._ids[topic]
        except KeyError:
            raise NotFound(f"topic {topic!r} does not exist; there are {', '.join(sorted(self._ids))}") from None

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        """Hand over to the writer thread; see the port for what the future promises."""
        ids = self._topic(topic)
        size = sum(len(message.value) + len(message.key) for message in messages)
        rows = [(ids[xxh3_64_intdigest(message.key) % len(ids)], message) for message in messages]
        return self._commits.submit(Write(rows, size))

    def _write(self, writes: Sequence[Write]) -> None:
        """One transaction for all `writes`; runs on the writer thread."""
        try:
            db = self._db()
            with db:
                db.execute("BEGIN IMMEDIATE")
                self._insert(db, [row for write in writes for row in write.rows])
        except sqlite3.Error as error:
            raise LogUnavailable(f"the embedded log {self._path} could not be written: {error}") from error

    @staticmethod
    def _insert(db: sqlite3.Connection, rows: list[tuple[int, Message]]) -> None:
        # Offsets are read inside the transaction: another process may have written since.
        heads = {row[0]: [row[1], row[2]] for row in db.execute("SELECT id, next_offset, last_ms FROM partition")}
        now = time.time_ns() // 1_000_000
        values = []
        for partition, message in rows:
            head = heads[partition]
            # A clock that was set back must not unsort a partition: offset_at searches by time.
            head[1] = max(head[1], now)
            values.append(((partition << _SHIFT) + head[0], head[1], message.key, message.value))
            head[0] += 1
        db.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", values)
        touched = {partition for partition, _ in rows}
        db.executemany(
            "UPDATE partition SET next_offset = ?, last_ms = ? WHERE id = ?",
            ((*heads[partition], partition) for partition in touched),
        )

    def read(self, topic: str, partition: int, offset: int, max_messages: int) -> list[Record]:
        """One indexed range scan."""
        base = self._id(topic, partition) << _SHIFT
        found: list[Record] = []
        size = 0
        try:
            cursor = self._db().execute(
                "SELECT id - ?, time_ms, key, value FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
                (base, base + max(0, offset), base + (1 << _SHIFT), max_messages),
            )
            for row in cursor:
                found.append(Record(*row))
                size += len(row[3])
                if size >= _READ_BYTES:
                    cursor.close()
                    break
        except sqlite3.Error as error:
            raise LogUnavailable(f"the embedded log {self._path} could not be read: {error}") from error
        return found

    def _query(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._db().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise LogUnavailable(f"the embedded log {self._path} could not be read: {error}") from error

    def ended(self, topic: str, partition: int, offset: int) -> bool:
        """One row of the partition table."""
        rows = self._query("SELECT next_offset FROM partition WHERE id = ?", (self._id(topic, partition),))
        return bool(rows[0][0] <= offset)

    def bounds(self, topic: str) -> list[Bounds]:
        """From the partition table."""
        self._topic(topic)
        rows = self._query("SELECT first_offset, next_offset FROM partition WHERE topic = ? ORDER BY number", (topic,))
        return [Bounds(*row) for row in rows]

    def partitions(self, topic: str) -> int:
        """Fixed when the file was made."""
        return len(self._topic(topic))

    def offset_at(self, topic: str, partition: int, time_ms: int) -> int:
        """A binary search: times never decrease within a partition."""
        base = self._id(topic, partition) << _SHIFT
        bounds = self.bounds(topic)[partition]
        low, high = bounds.start, bounds.end
        while low < high:
            middle = (low + high) // 2
            row = self._query("SELECT time_ms FROM message WHERE id = ?", (base + middle,))
            # A row that retention took between the two reads is older than anything asked for.
            if row and row[0][0] >= time_ms:
                high = middle
            else:
                low = middle + 1
        return low

    def enforce_retention(self, now_ms: int) -> int:
        """Delete in small transactions, so that writers wait little."""
        removed = 0
        for name, ids in self._ids.items():
            topic = TOPICS.get(name)
            if topic is None:
                continue
            for number, partition in enumerate(ids):
                keep = self.offset_at(name, number, now_ms - topic.retention_ms)
                removed += self._delete(partition, keep)
        return removed

    def _delete(self, partition: int, keep: int) -> int:
        base, removed = partition << _SHIFT, 0
        db = self._db()
        try:
            while True:
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    (first,) = db.execute("SELECT first_offset FROM partition WHERE id = ?", (partition,)).fetchone()
                    upto = min(keep, first + _DELETE_AT_ONCE)
                    if upto <= first:
                        return removed
                    db.execute("DELETE FROM message WHERE id >= ? AND id < ?", (base + first, base + upto))
                    db.execute("UPDATE partition SET first_offset = ? WHERE id = ?", (upto, partition))
                    removed += upto - first
        except sqlite3.Error as error:
            raise LogUnavailable(f"the embedded log {self._path} could not be trimmed: {error}") from error

    def close(self) -> None:
        """Commit what is pending, stop the writer, close every connection."""
        self._commits.close()
        with self._lock:
            for db in self._connections:
                db.close()
            self._connections.clear()


def _make_partitions(db: sqlite3.Connection, partitions: int) -> None:
    for name in TOPICS:
        (count,) = db.execute("SELECT count(*) FROM partition WHERE topic = ?", (name,)).fetchone()
        if count == 0:
            db.executemany(
                "INSERT INTO partition (topic, number) VALUES (?, ?)", ((name, n) for n in range(partitions))
            )


def _load_partitions(db: sqlite3.Connection) -> dict[str, list[int]]:
    ids: dict[str, list[int]] = {}
    for partition, topic in db.execute("SELECT id, topic FROM partition ORDER BY topic, number"):
        ids.setdefault(topic, []).append(partition)
    return ids
