"""The agent's own use of the host."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

import psutil


class OwnUse(NamedTuple):
    """CPU seconds of this process since its start, and its resident memory in bytes."""

    cpu_s: float
    memory_bytes: float


def read_own() -> OwnUse:
    """What this process used so far."""
    return OwnUse(time.process_time(), _resident())


def _resident() -> float:
    try:
        # Always our own /proc, also in a container whose psutil reads the host's.
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except FileNotFoundError:
        return float(psutil.Process().memory_info().rss)
    return float(pages * os.sysconf("SC_PAGE_SIZE"))
