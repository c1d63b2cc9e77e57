"""Owners: who could have written a file that says what this agent runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def foreign_hand(path: Path) -> str | None:
    """What is wrong if others than root and the agent's user could have written the file or its folder; else None.

    Raises `OSError` if it is not there.
    """
    for place in (path.resolve(), path.resolve().parent):
        found = place.stat()
        if found.st_uid not in {0, os.geteuid()} or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return f"{place} may be written by others than root and the agent's user"
    return None
