"""The process: what recorders do when it forks or ends. The hooks are set by the first recorder, not at import."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette_client.recorder import Recorder

EXIT_WAIT_S = 5.0
"""How long the end of a program waits for its rows to be sent, for each recorder."""

_recorders: weakref.WeakSet[Recorder] = weakref.WeakSet()
_lock = threading.Lock()
_hooked = False


def watch(recorder: Recorder) -> None:
    """Renew the recorder in forked children, and close it when the program ends."""
    global _hooked  # noqa: PLW0603 - the hooks are the process's, and so is the mark that they are set
    with _lock:
        _recorders.add(recorder)
        if not _hooked:
            _hooked = True
            atexit.register(_at_exit)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_in_child)


def _in_child() -> None:
    """The forking thread holds the lock; no other thread lives here."""
    _lock.release()
    for recorder in list(_recorders):
        recorder.renew()


def _at_exit() -> None:
    for recorder in list(_recorders):
        recorder.close(EXIT_WAIT_S)
