"""Processes of a benchmark: started, watched, ended; their CPU time and memory from the kernel's books."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import psutil

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of the loopback that nobody has now."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process and all of its children, living and dead."""
    process = psutil.Process(pid)
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    own = process.cpu_times()
    return total + own.children_user + own.children_system


def peak_mb(pid: int) -> float:
    """The highest resident memory of a process and its children (MB), shared pages counted once for each."""
    total = 0.0
    process = psutil.Process(pid)
    for one in [process, *process.children(recursive=True)]:
        try:
            status = Path(f"/proc/{one.pid}/status").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
    return total


def size_mb(folder: Path) -> float:
    """What the files below take (MB)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def answers(url: str) -> bool:
    """Whether `url` answers with 200 now."""
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for(what: str, done: Callable[[], bool], patience_s: float = 120.0) -> None:
    """Return when `done` says so; give up loudly."""
    deadline = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {patience_s:.0f} s in vain: {what}")
        time.sleep(0.05)


def end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask each to stop, in the order given, and wait for it."""
    for process in processes:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
