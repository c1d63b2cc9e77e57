"""Supervised processes: a child of `vedette up`, or of a flow's cluster, ends when its parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

MEMBER = "member"
"""Value of `VEDETTE_SUPERVISED` for a process of a cluster whose parent holds the lock of the recovery folder."""
PARENT = "VEDETTE_PARENT"
"""Variable with the number of the process that supervises this one."""
_AT_DEATH = {"1": signal.SIGTERM, MEMBER: signal.SIGKILL}
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask Linux for a signal at the parent's death, if this process has one that supervises it; elsewhere do nothing.

    A child of `vedette up` gets a SIGTERM, a process of a flow's cluster SIGKILL: the next start waits for its lock.
    """
    number = _AT_DEATH.get(os.environ.get("VEDETTE_SUPERVISED", ""))
    if number is None or not sys.platform.startswith("linux"):
        return
    # A parent that died before this line has left us to another: only its own number tells.
    parent = int(os.environ.get(PARENT) or os.getppid())
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died before the request
        sys.exit(1)
