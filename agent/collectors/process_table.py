"""The process table: one row for each process, read as cheaply as the system allows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psutil

_STAT_BYTES = 1024
"""More than the longest `/proc/<pid>/stat`: 52 numbers and a name of at most 64 characters."""


class ProcessRow(NamedTuple):
    """One process. `started` makes a reused `pid` another process; `cpu_s` is all its CPU time so far."""

    pid: int
    started: float
    age_s: float
    command: str
    cpu_s: float
    rss_bytes: float
    threads: int


def parse_stat(stat: bytes, ticks: int, page: int, uptime_s: float) -> ProcessRow:
    """The row in the text of `/proc/<pid>/stat` (proc(5)); a `ValueError` or `IndexError` if it is cut.

    The name stands in parentheses and may itself hold spaces and parentheses.
    """
    left, right = stat.index(b"("), stat.rindex(b")")
    field = stat[right + 2 :].split(None, 22)
    started = int(field[19]) / ticks
    return ProcessRow(
        int(stat[:left]),
        started,
        max(0.0, uptime_s - started),
        stat[left + 1 : right].decode("utf-8", "replace"),
        (int(field[11]) + int(field[12])) / ticks,
        int(field[21]) * page,
        int(field[17]),
    )


def read_procfs(root: str = "/proc") -> list[ProcessRow]:
    """All processes from Linux' `/proc`: one small file for each, a tenth of what psutil costs."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    rows: list[ProcessRow] = []
    for name in os.listdir(root):  # noqa: PTH208 - a Path for each entry would double the cost
        if not name.isdigit():
            continue
        try:
            rows.append(parse_stat(_read(f"{root}/{name}/stat"), ticks, page, uptime))
        except (OSError, ValueError, IndexError):
            continue  # it ended while we looked
    return rows


def _read(path: str) -> bytes:
    opened = os.open(path, os.O_RDONLY)
    try:
        return os.read(opened, _STAT_BYTES)
    finally:
        os.close(opened)


def read_psutil() -> list[ProcessRow]:
    """All processes through psutil, for systems without `/proc`; what it may not see counts as zero."""
    now = time.time()
    attributes = ["pid", "create_time", "name", "cpu_times", "memory_info", "num_threads"]
    rows: list[ProcessRow] = []
    for process in psutil.process_iter(attributes):
        info = process.info
        times, memory = info["cpu_times"], info["memory_info"]
        started = float(info["create_time"] or 0.0)
        rows.append(
            ProcessRow(
                info["pid"],
                started,
                max(0.0, now - started),
                info["name"] or "",
                times.user + times.system if times else 0.0,
                float(memory.rss) if memory else 0.0,
                info["num_threads"] or 1,
            )
        )
    return rows


def read_processes() -> Iterable[ProcessRow]:
    """All processes, the cheapest way there is."""
    return read_procfs() if Path("/proc/self/stat").exists() else read_psutil()
