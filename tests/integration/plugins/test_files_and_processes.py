"""Plugins that look at this host itself: directories, files, logs, processes."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent.plugins.native import log_watch
from agent.plugins.native.directory import DirectoryPlugin
from agent.plugins.native.file import FilePlugin
from agent.plugins.native.log_watch import LogWatchPlugin
from agent.plugins.native.process import ProcessPlugin
from tests.integration.plugins.servers import wait_until
from vedette_plugin.testing import Run, run_once


def good(run: Run) -> dict[str, float]:
    """The values of a run that did its work."""
    assert run.failure is None, run.failure
    assert run.finite()
    assert run.undeclared == []
    return run.values


def test_a_directory_is_counted_as_du_counts_it(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name, size in (("a.log", 10_000), ("deep/b.log", 5), ("deep/er/c.txt", 100_000)):
        (tmp_path / name).write_bytes(b"x" * size)
    (tmp_path / "twice").hardlink_to(tmp_path / "a.log")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.utime(tmp_path / "a.log", (1, time.time() - 5000))
    found = good(run_once(DirectoryPlugin, {"path": str(tmp_path)}))
    blocks = subprocess.run(["du", "-s", "--block-size=1", tmp_path], capture_output=True, check=True).stdout
    folders = sum(path.stat().st_blocks * 512 for path in (tmp_path, tmp_path / "deep", tmp_path / "deep" / "er"))
    assert found["directory.used_bytes"] == int(blocks.split()[0]) - folders
    link = (tmp_path / "loop").lstat().st_size
    assert found["directory.size_bytes"] == 110_005 + link
    assert (found["directory.files"], found["directory.directories"]) == (4, 2)
    assert 5000 <= found["directory.oldest_s"] < 5100
    assert found["directory.newest_s"] < 100
    shallow = good(run_once(DirectoryPlugin, {"path": str(tmp_path), "suffix": ".log", "deep": False}))
    assert shallow["directory.files"] == 1
    assert shallow["directory.size_bytes"] == 10_000


def test_a_directory_that_is_none_is_told(tmp_path: Path) -> None:
    run = run_once(DirectoryPlugin, {"path": str(tmp_path / "none")})
    assert run.failure is not None
    assert "is no directory" in run.failure.subject


def test_the_newest_file_of_a_pattern_is_looked_at(tmp_path: Path) -> None:
    for age_s, name in ((9000, "one.dump"), (100, "two.dump")):
        (tmp_path / name).write_text(f"{name} done\n")
        os.utime(tmp_path / name, (1, time.time() - age_s))
    found = good(run_once(FilePlugin, {"path": str(tmp_path / "*.dump"), "contains": "two.dump done"}))
    assert 100 <= found["file.age_s"] < 200
    assert (found["file.exists"], found["file.matches"], found["file.contains"]) == (1, 2, 1)
    assert found["file.size_bytes"] == 14
    assert good(run_once(FilePlugin, {"path": str(tmp_path / "two.dump"), "contains": "x"}))["file.contains"] == 0
    gone = good(run_once(FilePlugin, {"path": str(tmp_path / "three.dump")}))
    assert gone == {"file.exists": 0, "file.matches": 0}


class Log:
    """A log, and a watcher that remembers from run to run."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.options = {"path": str(path), "patterns": {"bad": "ERROR|FATAL", "all": "."}, **options}
        self.memory: dict[str, Any] = {}
        self.alerts: list[tuple[str, ...]] = []

    def write(self, *lines: str) -> None:
        with self.path.open("a") as file:
            file.writelines(lines)

    def look(self) -> tuple[float, float]:
        """Lines that are bad, and all lines."""
        run = run_once(LogWatchPlugin, self.options, self.memory)
        values = good(run)
        self.memory, self.alerts = run.memory, run.alerts
        self.behind = values["log_watch.behind_bytes"]
        assert run.kinds["log_watch.lines"] == "delta"
        return values['log_watch.matches{pattern="bad"}'], values["log_watch.lines"]


def test_a_log_is_counted_from_its_end_on_and_each_line_once(tmp_path: Path) -> None:
    log = Log(tmp_path / "app.log", alert=["bad"])
    log.write("ERROR before\n")
    assert log.look() == (0, 0)
    log.write("fine\n", "an ERROR\n", "FATAL ERROR\n", "half an ERR")
    assert log.look() == (2, 3)
    assert log.alerts == [(f"{log.path}: 2 lines match bad", "an ERROR")]
    log.write("OR\n")
    assert log.look() == (1, 1)
    assert log.look() == (0, 0)
    assert log.alerts == []


def test_a_rotated_log_loses_no_line_and_counts_none_twice(tmp_path: Path) -> None:
    log = Log(tmp_path / "app.log")
    log.write("start\n")
    log.look()
    log.write("ERROR 1\n")
    assert log.look() == (1, 1)
    log.write("ERROR 2\n", "ERROR 3, without an end")
    log.path.rename(tmp_path / "app.log.1")
    log.write("ERROR 4\n")
    assert log.look() == (3, 3)
    log.path.unlink()
    log.write("ERROR 5\n")
    assert log.look() == (1, 1), "what is gone is gone"
    log.path.write_text("")
    log.write("ERROR 6\n")
    assert log.look() == (1, 1), "emptied in place, and shorter than it was"


@pytest.mark.parametrize("packed", [False, True])
def test_a_log_that_is_copied_and_emptied_or_packed_at_once_loses_nothing(tmp_path: Path, packed: bool) -> None:
    log = Log(tmp_path / "app.log")
    log.write("start\n")
    log.look()
    log.write("ERROR 1\n")
    log.look()
    log.write("ERROR 2\n")
    if packed:
        (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(log.path.read_bytes()))
        log.path.unlink()
    else:
        shutil.copy(log.path, tmp_path / "app.log-20270101")
        os.truncate(log.path, 0)
    log.write("ERROR 3\n")
    assert log.look() == (2, 2)
    assert log.look() == (0, 0)


def test_several_rotations_between_two_looks_lose_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path / "app.log")
    log.write("start\n")
    log.look()
    for number in range(4):
        log.write(f"ERROR {number}\n")
        os.utime(log.path, (1, time.time() - 100 + number))
        log.path.rename(tmp_path / f"app-2027010{number}.log")
        (tmp_path / "app-errors.log").write_text("ERROR of another log\n")
    log.write("ERROR now\n")
    assert log.look() == (5, 5)
    assert log.look() == (0, 0)


def test_a_writer_that_still_holds_the_rotated_file_is_followed(tmp_path: Path) -> None:
    log = Log(tmp_path / "app.log")
    log.write("start\n")
    log.look()
    with log.path.open("a") as held:
        log.path.rename(tmp_path / "app.log.1")
        log.path.touch()
        assert log.look() == (0, 0)
        held.write("ERROR late\n")
    assert log.look() == (1, 1)
    log.write("ERROR new\n")
    assert log.look() == (1, 1)
    assert log.look() == (0, 0)


def test_a_line_that_is_too_long_counts_once_though_it_takes_several_looks(tmp_path: Path) -> None:
    log = Log(tmp_path / "app.log")
    log.write("")
    log.look()
    log.write("ERROR " + "x" * 200_000)
    assert log.look() == (1, 1)
    log.write("ERROR " * 50_000)
    assert log.look() == (0, 0)
    log.write("\nERROR next\n")
    assert log.look() == (1, 1)


def test_another_path_is_another_log(tmp_path: Path) -> None:
    log = Log(tmp_path / "app.log")
    log.write("start\n")
    log.look()
    (tmp_path / "other.log").write_text("ERROR long ago\n")
    log.options["path"] = str(tmp_path / "other.log")
    assert log.look() == (0, 0)


def test_a_log_that_grows_faster_than_it_may_be_read_is_behind_and_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_watch, "_MOST", 10_000)
    monkeypatch.setattr(log_watch, "_PIECE", 1000)
    log = Log(tmp_path / "app.log")
    log.write("")
    log.look()
    log.write(*(f"ERROR number {number:05}\n" for number in range(1500)))
    log.path.rename(tmp_path / "app.log.1")
    log.write("ERROR at last\n")
    seen = [log.look() for _ in range(6)]
    assert sum(bad for bad, _ in seen) == sum(lines for _, lines in seen) == 1501
    assert all(lines < 560 for _, lines in seen)
    assert log.behind == 0


def test_what_is_wrong_with_a_log_is_told(tmp_path: Path) -> None:
    gone = run_once(LogWatchPlugin, {"path": str(tmp_path / "none")})
    assert gone.failure is not None
    assert "cannot be read" in gone.failure.subject
    (tmp_path / "log").write_text("")
    bad = run_once(LogWatchPlugin, {"path": str(tmp_path / "log"), "patterns": {"x": "("}})
    assert bad.failure is not None
    assert "patterns[x]" in bad.failure.subject


def test_processes_are_found_by_their_arguments_and_added_up() -> None:
    mark = f"vedette-test-{os.getpid()}"
    assert good(run_once(ProcessPlugin, {"pattern": mark})) == {"process.count": 0}
    command = [sys.executable, "-c", "while True: pass", mark]
    children = [subprocess.Popen(command) for _ in range(2)]
    try:
        wait_until(lambda: run_once(ProcessPlugin, {"pattern": mark}).values.get("process.memory_bytes", 0) > 8e6)
        first = run_once(ProcessPlugin, {"pattern": mark})
        assert "process.cpu_s" not in first.values
        time.sleep(0.5)
        found = good(run_once(ProcessPlugin, {"pattern": mark}, first.memory))
        children[1].kill()
        children[1].wait()
        fewer = good(run_once(ProcessPlugin, {"pattern": mark}, first.memory))
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert (found["process.count"], found["process.threads"]) == (2, 2)
    assert found["process.files"] >= 6
    assert 0 <= found["process.newest_s"] <= found["process.oldest_s"] < 600
    assert 0 < found["process.cpu_s"] < 60
    assert 0 < fewer["process.cpu_s"] < 60, "one that ended is no new beginning of all"


def test_a_process_is_found_by_its_name_and_one_that_has_ended_is_none(tmp_path: Path) -> None:
    program = shutil.copy(shutil.which("sleep") or "", tmp_path / f"nap{os.getpid() % 100_000}")
    options = {"name": Path(program).name}
    child = subprocess.Popen([program, "600"])
    try:
        wait_until(lambda: good(run_once(ProcessPlugin, options))["process.count"] == 1)
        child.kill()
        wait_until(lambda: good(run_once(ProcessPlugin, options))["process.count"] == 0)
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("options", [{}, {"name": "x", "pattern": "y"}, {"pattern": "("}])
def test_what_is_wrong_with_the_choice_of_processes_is_told(options: dict[str, str]) -> None:
    run = run_once(ProcessPlugin, options)
    assert run.failure is not None
    assert "pattern" in run.failure.subject
