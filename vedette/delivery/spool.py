"""The spool: reports on disk until they are acknowledged, oldest first, bounded in bytes and age."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vedette.clock import Clock
from vedette.telemetry import get_logger, metrics

ReportKind = Literal["samples", "checks"]

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_SCHEMA = """
CREATE TABLE IF NOT EXISTS report (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, body BLOB NOT NULL
)
"""
# Looks from the oldest on, and only until one is young enough: the table may hold millions. A clock that was set back
# left some from times that have yet to come: they hide none that are too old.
_DROP_OLD = """
DELETE FROM report
 WHERE at_ms < :oldest
   AND id < coalesce(
       (SELECT id FROM report WHERE at_ms BETWEEN :oldest AND :now ORDER BY id LIMIT 1), 9223372036854775807
   )
RETURNING length(body)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """One spooled report: a JSON object, ready to be sent."""

    id: int
    kind: ReportKind
    body: bytes


class Spool:
    """Reports in one SQLite file.

    `append` returns when the report would survive kill -9 (and, but for the last moments, a power cut:
    WAL with `synchronous=NORMAL`). Above `max_bytes` of bodies or `max_age_s` the oldest are dropped, counted
    in `dropped` and in the metric. Methods may be called from any thread and block for a disk write.
    A file that is no database (a torn disk) is set aside under `.broken` and a new one begun; one that is
    locked or may not be opened is an `sqlite3.OperationalError`, as is a full disk later, and then nothing
    of that call was kept.
    """

    def __init__(self, folder: Path, clock: Clock, *, max_bytes: int, max_age_s: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_age_ms = max_age_s * 1000
        self._lock = threading.Lock()
        self._log = get_logger("spool")
        self._bytes = 0
        self._count = 0
        self._db = self._open(folder / "spool.db")
        self.dropped = 0

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            return self._connect(path)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _CORRUPT:
                raise
            self._log.error("spool_broken", path=str(path), error=str(error))
            path.replace(path.with_suffix(".broken"))
            for suffix in ("-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            return self._connect(path)

    def _connect(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute(_SCHEMA)
            row = db.execute("SELECT coalesce(sum(length(body)), 0), count(*) FROM report").fetchone()
            self._bytes, self._count = row
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    @property
    def size_bytes(self) -> int:
        """Bytes of bodies that wait."""
        return self._bytes

    def __len__(self) -> int:
        return self._count

    def append(self, kind: ReportKind, bodies: Sequence[bytes]) -> None:
        """Add reports in one transaction, then drop what is above the bounds."""
        now = self._clock.now_ms()
        added = sum(map(len, bodies))
        with self._lock:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    "INSERT INTO report (kind, at_ms, body) VALUES (?, ?, ?)",
                    ((kind, now, body) for body in bodies),
                )
                gone = self._trim(now, self._bytes + added)
            self._book(len(bodies) - len(gone), added - sum(gone))
            self.dropped += len(gone)
        if gone:
            metrics().count("vedette_spool_dropped_total", len(gone))
            self._log.warning("spool_dropped", reports=len(gone), reason="bounds")

    def _trim(self, now: int, size: int) -> list[int]:
        """Drop what is above the bounds, where `size` bytes are there; the sizes of what went."""
        gone = self._db.execute(_DROP_OLD, {"oldest": now - self._max_age_ms, "now": now}).fetchall()
        excess = size - sum(row[0] for row in gone) - self._max_bytes
        while excess > 0:
            row = self._db.execute(
                "DELETE FROM report WHERE id = (SELECT min(id) FROM report) RETURNING length(body)"
            ).fetchone()
            if row is None:
                break
            gone.append(row)
            excess -= row[0]
        return [row[0] for row in gone]

    def _book(self, reports: int, size: int) -> None:
        """Count a change, once its transaction is committed (one that failed changed nothing)."""
        self._count += reports
        self._bytes += size
        metrics().set("vedette_spool_bytes", self._bytes)

    def oldest(self, max_reports: int, max_bytes: int) -> list[Report]:
        """The oldest reports, all of one kind, at least one if there is any."""
        with self._lock:
            rows = self._db.execute("SELECT id, kind, body FROM report ORDER BY id LIMIT ?", (max_reports,)).fetchall()
        found: list[Report] = []
        size = 0
        for row in rows:
            report = Report(*row)
            size += len(report.body)
            if found and (report.kind != found[0].kind or size > max_bytes):
                break
            found.append(report)
        return found

    def remove(self, reports: Sequence[Report]) -> None:
        """Forget reports that were acknowledged (or can never be accepted)."""
        with self._lock:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                gone = [
                    len(report.body)
                    for report in reports
                    if self._db.execute("DELETE FROM report WHERE id = ?", (report.id,)).rowcount
                ]
            self._book(-len(gone), -sum(gone))

    def close(self) -> None:
        """Close the file; what is in it stays."""
        with self._lock:
            self._db.close()
