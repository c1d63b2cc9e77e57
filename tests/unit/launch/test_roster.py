"""The roster: written when something changed, at most once a second, read back by the doctor."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from launch.up.child import Child, ChildSpec
from launch.up.folder import DataFolder
from launch.up.roster import Roster, read_roster
from vedette.clock import FakeClock


class Running(Child):
    """A child without a process."""

    number = 7

    @property
    def pid(self) -> int | None:
        return self.number


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now_ms=1_000_000)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


@pytest.fixture
def child(tmp_path: Path) -> Running:
    return Running(ChildSpec("probe", [], {}, tmp_path / "output" / "probe.log"))


def test_children_come_back_with_wall_clock_times(folder: DataFolder, clock: FakeClock, child: Running) -> None:
    clock.advance(100)
    child.started, child.restarts = 90.0, 2
    child.restarted.extend([50.0, 90.0])
    Roster(folder, clock).note([child])
    found = read_roster(folder)
    assert found is not None
    (probe,) = found
    assert (probe.name, probe.pid, probe.restarts) == ("probe", 7, 2)
    assert probe.started_ms == 1_090_000
    assert probe.restarted_ms == [1_050_000, 1_090_000]
    assert probe.output == str(child.spec.output)
    assert stat.S_IMODE(folder.children.stat().st_mode) == 0o600


def test_nothing_is_written_while_nothing_changes(folder: DataFolder, clock: FakeClock, child: Running) -> None:
    roster = Roster(folder, clock)
    roster.note([child])
    folder.children.unlink()
    clock.advance(5)
    roster.note([child])
    assert read_roster(folder) is None


def test_a_change_is_written_when_a_second_has_passed(folder: DataFolder, clock: FakeClock, child: Running) -> None:
    roster = Roster(folder, clock)
    roster.note([child])
    child.number = 8
    clock.advance(0.5)
    roster.note([child])
    assert [each.pid for each in read_roster(folder) or []] == [7]
    clock.advance(0.5)
    roster.note([child])
    assert [each.pid for each in read_roster(folder) or []] == [8]


def test_a_disk_that_fails_is_tried_again(folder: DataFolder, clock: FakeClock, child: Running) -> None:
    folder.children.mkdir()
    roster = Roster(folder, clock)
    roster.note([child])
    folder.children.rmdir()
    clock.advance(1)
    roster.note([child])
    assert len(read_roster(folder) or []) == 1


def test_after_the_end_there_is_none(folder: DataFolder, clock: FakeClock, child: Running) -> None:
    roster = Roster(folder, clock)
    roster.clear()
    roster.note([child])
    roster.clear()
    assert read_roster(folder) is None


@pytest.mark.parametrize("text", ["", "{", "7", '[{"name": "x"}]', '["x"]'])
def test_a_roster_that_cannot_be_read_is_none(folder: DataFolder, text: str) -> None:
    folder.children.write_text(text)
    assert read_roster(folder) is None
