"""The spool keeps what it took, in order, within its bounds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.delivery.fakes import bodies, open_spool, waiting
from vedette.clock import FakeClock


def test_reports_come_back_oldest_first_in_the_order_they_were_added(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 3))
    spool.append("samples", bodies(4, 5))
    assert waiting(spool) == bodies(1, 5)
    spool.close()


def test_an_empty_spool_has_nothing_to_give(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    assert spool.oldest(10, 1000) == []
    assert (len(spool), spool.size_bytes, spool.dropped) == (0, 0, 0)
    spool.close()


def test_only_reports_that_are_removed_are_forgotten(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 4))
    spool.remove(spool.oldest(2, 1000))
    assert waiting(spool) == bodies(3, 4)
    assert spool.size_bytes == sum(map(len, bodies(3, 4)))
    spool.close()


def test_removing_a_report_twice_counts_once(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 3))
    first = spool.oldest(1, 1000)
    spool.remove(first)
    spool.remove(first)
    assert (len(spool), waiting(spool)) == (2, bodies(2, 3))
    spool.close()


def test_above_its_bytes_it_drops_the_oldest(tmp_path: Path) -> None:
    size = len(bodies(1, 1)[0])
    spool = open_spool(tmp_path, FakeClock(), max_bytes=3 * size)
    spool.append("samples", bodies(1, 5))
    assert waiting(spool) == bodies(3, 5)
    assert (spool.dropped, len(spool), spool.size_bytes) == (2, 3, 3 * size)
    spool.close()


def test_at_its_bytes_it_drops_nothing(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock(), max_bytes=sum(map(len, bodies(1, 5))))
    spool.append("samples", bodies(1, 5))
    assert (waiting(spool), spool.dropped) == (bodies(1, 5), 0)
    spool.close()


def test_one_report_larger_than_the_spool_does_not_stay(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock(), max_bytes=10)
    spool.append("samples", [b"x" * 11])
    assert (len(spool), spool.size_bytes, spool.dropped) == (0, 0, 1)
    spool.close()


def test_what_is_too_old_is_dropped_with_the_next_report(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = open_spool(tmp_path, clock, max_age_s=100)
    spool.append("samples", bodies(1, 2))
    clock.advance(101)
    spool.append("samples", bodies(3, 3))
    assert (waiting(spool), spool.dropped) == (bodies(3, 3), 2)
    spool.close()


def test_what_is_too_old_is_dropped_behind_what_a_clock_that_was_set_back_left(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = open_spool(tmp_path, clock, max_age_s=100)
    clock.advance(10_000)
    spool.append("samples", bodies(1, 1))
    clock.advance(-10_000)
    spool.append("samples", bodies(2, 2))
    clock.advance(101)
    spool.append("samples", bodies(3, 3))
    assert (waiting(spool), spool.dropped) == ([*bodies(1, 1), *bodies(3, 3)], 1)
    spool.close()


def test_what_is_just_not_too_old_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = open_spool(tmp_path, clock, max_age_s=100)
    spool.append("samples", bodies(1, 2))
    clock.advance(100)
    spool.append("samples", bodies(3, 3))
    assert (waiting(spool), spool.dropped) == (bodies(1, 3), 0)
    spool.close()


def test_a_chunk_keeps_to_its_limits_but_holds_at_least_one_report(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 5))
    assert len(spool.oldest(3, 1000)) == 3
    assert len(spool.oldest(10, 2 * len(bodies(1, 1)[0]))) == 2
    assert len(spool.oldest(10, 1)) == 1
    spool.close()


def test_a_chunk_is_of_one_kind_and_never_skips_a_report(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 2))
    spool.append("checks", bodies(3, 3))
    spool.append("samples", bodies(4, 4))
    kinds = []
    while chunk := spool.oldest(10, 1000):
        kinds.append((chunk[0].kind, [report.body for report in chunk]))
        spool.remove(chunk)
    assert kinds == [("samples", bodies(1, 2)), ("checks", bodies(3, 3)), ("samples", bodies(4, 4))]
    spool.close()


def test_a_spool_that_is_opened_again_holds_and_counts_what_was_there(tmp_path: Path) -> None:
    first = open_spool(tmp_path, FakeClock())
    first.append("samples", bodies(1, 3))
    first.close()
    again = open_spool(tmp_path, FakeClock())
    assert (waiting(again), len(again), again.size_bytes) == (bodies(1, 3), 3, sum(map(len, bodies(1, 3))))
    again.close()


@pytest.mark.parametrize("garbage", [b"this is no database, " * 200, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_broken_file_is_set_aside_and_a_new_one_begun(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "spool.db").write_bytes(garbage)
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 1))
    assert waiting(spool) == bodies(1, 1)
    assert (tmp_path / "spool.broken").read_bytes() == garbage
    spool.close()


def test_a_file_whose_pages_are_torn_is_set_aside_too(tmp_path: Path) -> None:
    first = open_spool(tmp_path, FakeClock())
    first.append("samples", [b"x" * 2000] * 50)
    first.close()
    path = tmp_path / "spool.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    spool = open_spool(tmp_path, FakeClock())
    assert (len(spool), (tmp_path / "spool.broken").exists()) == (0, True)
    spool.close()


def test_a_file_that_is_only_locked_is_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_spool(tmp_path, FakeClock())
    first.append("samples", bodies(1, 1))
    first.close()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, timeout=0, **options))
    holder = connect(tmp_path / "spool.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_spool(tmp_path, FakeClock())
    holder.close()
    assert not (tmp_path / "spool.broken").exists()
    again = open_spool(tmp_path, FakeClock())
    assert waiting(again) == bodies(1, 1)
    again.close()


def test_a_write_that_fails_leaves_reports_and_counts_as_they_were(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, FakeClock())
    spool.append("samples", bodies(1, 2))
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count={pages}")  # the disk is full
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.append("samples", [b"x" * 100_000])
    assert (waiting(spool), len(spool), spool.size_bytes) == (bodies(1, 2), 2, sum(map(len, bodies(1, 2))))
    spool._db.execute("PRAGMA max_page_count=10000")
    spool.append("samples", bodies(3, 3))
    assert (waiting(spool), len(spool)) == (bodies(1, 3), 3)
    spool.close()
