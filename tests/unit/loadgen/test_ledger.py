"""The ledger's file: what was acknowledged comes back, and a file that is none, or not whole, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.loadgen.ledger import LedgerWriter, read_ledger
from launch.loadgen.plan import CHECKS_LANE, Plan
from vedette.errors import Conflict, InvalidInput

PLAN = Plan(3, 1_700_000_000_000, 4_000, 7, 5, 100, 3, 40, (11, 12), 2)


def written(path: Path, *lines: tuple[int, int, int], end: bool = True) -> Path:
    writer = LedgerWriter(path, PLAN)
    for line in lines:
        writer.acknowledged(*line)
    if end:
        writer.end()
    writer.close()
    return path


def test_what_was_acknowledged_comes_back(tmp_path: Path) -> None:
    ledger = read_ledger(written(tmp_path / "l", (0, 0, 1), (CHECKS_LANE, 0, 1), (0, 1, 3)))
    assert ledger.plan == PLAN
    assert [ledger.steps(lane) for lane in (0, 1, CHECKS_LANE)] == [26, 0, 10]
    assert [ledger.attempts(0, step) for step in (0, 12, 13, 25)] == [1, 1, 3, 3]
    assert ledger.repeated == 1


def test_one_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path / "l")
    with pytest.raises(Conflict, match="exists already"):
        LedgerWriter(path, PLAN)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"--ledger: .*No such file"):
        LedgerWriter(tmp_path / "not" / "there", PLAN)


def test_one_without_its_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="this one runs, or was killed"):
        read_ledger(written(tmp_path / "l", (0, 0, 1), end=False))


def test_one_with_a_gap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="in their order"):
        read_ledger(written(tmp_path / "l", (0, 0, 1), (0, 2, 1)))


@pytest.mark.parametrize("content", [b"", b"x\n", b'{"form": "other"}\nend\n', b"[]\nend\n"])
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "l"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="--check: "):
        read_ledger(path)
    with pytest.raises(InvalidInput, match="--check: "):
        read_ledger(tmp_path / "none")
