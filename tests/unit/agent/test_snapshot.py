"""Snapshots of processes: the busiest, with users, and with arguments only where they are allowed."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

from agent.collectors.process_table import ProcessRow
from agent.collectors.snapshot import ProcessSnapshots, read_users


def row(pid: int, cpu_s: float, rss: float = 1.0, started: float = 1.0) -> ProcessRow:
    return ProcessRow(pid, started, 100.0, f"p{pid}", cpu_s, rss, 2)


def test_shares_are_those_since_the_last_snapshot_and_the_busiest_come_first(tmp_path: Path) -> None:
    rows = [row(1, 50), row(2, 0), row(3, 0, rss=9)]
    snapshots = ProcessSnapshots(tmp_path, lambda: rows)
    first = snapshots.take(10.0)
    assert first.busiest[0].cpu_ratio == 0.5, "at first over its life"
    rows[:] = [row(1, 50), row(2, 1), row(3, 0.5, rss=9), row(4, 2, started=10)]
    second = snapshots.take(12.0)
    assert [(use.pid, use.cpu_ratio) for use in second.busiest] == [(4, 1.0), (2, 0.5), (3, 0.25), (1, 0.0)]
    assert (second.processes, second.threads) == (4, 8)


def test_a_reused_number_is_another_process(tmp_path: Path) -> None:
    rows = [row(1, 50)]
    snapshots = ProcessSnapshots(tmp_path, lambda: rows)
    snapshots.take(0.0)
    rows[:] = [row(1, 1, started=9)]
    assert snapshots.take(1.0).busiest[0].cpu_ratio == 1.0


def test_only_so_many_are_shown_by_either(tmp_path: Path) -> None:
    rows = [row(pid, 100 - pid, rss=pid) for pid in range(1, 100)]
    shown = ProcessSnapshots(tmp_path, lambda: rows).take(0.0, most=3).busiest
    assert [use.pid for use in shown] == [1, 2, 3, 97, 98, 99]


def test_a_real_process_has_its_user_and_its_arguments_only_if_allowed() -> None:
    secret = "--password=hunter2"
    child = subprocess.Popen([sys.executable, "-c", "while True: pass", secret])
    try:
        allowed = False
        snapshots = ProcessSnapshots(arguments=lambda: allowed)
        snapshots.take(time.monotonic())
        time.sleep(0.3)
        masked = {use.pid: use for use in snapshots.take(time.monotonic()).busiest}[child.pid]
        time.sleep(0.2)
        allowed = True
        whole = {use.pid: use for use in snapshots.take(time.monotonic()).busiest}[child.pid]
    finally:
        child.kill()
        child.wait()
    assert secret not in masked.command
    assert masked.command.startswith("python")
    assert secret in whole.command
    assert masked.user == pwd.getpwuid(os.getuid()).pw_name
    assert 0.05 < masked.cpu_ratio < 1.5
    assert masked.memory_bytes > 1e6


def test_users_are_those_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("web:x:33:33::/:/bin/sh\nbroken\nother:x:33:1::/:/\n")
    assert read_users(tmp_path) == {33: "web"}
    assert read_users(tmp_path / "nowhere") == {}


def test_a_process_that_ended_meanwhile_is_shown_as_it_was(tmp_path: Path) -> None:
    [use] = ProcessSnapshots(tmp_path, lambda: [row(999_999_999, 1)], lambda: True).take(0.0).busiest
    assert (use.user, use.command) == ("?", "p999999999")
