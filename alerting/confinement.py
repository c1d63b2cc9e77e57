"""Confinement: what code of others may reach while it delivers in a thread of ours.

A library that opens connections itself cannot be given the HTTP client that refuses private addresses. So the thread
that runs it is watched by Python's audit hooks (PEP 578), which see each connection after its name was resolved, each
file and each process. They hold up code that is led astray by a user's settings, not code that means harm: threads
that it starts, and libraries in C, are not watched.
"""

from __future__ import annotations

import ipaddress
import mimetypes
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from vedette.addresses import is_public

_LOCAL = threading.local()
_INSTALLING = threading.Lock()
_STARTS = (
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.spawn",
)
_CHANGES = (
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "shutil.rmtree",
    "sqlite3.connect",
)
_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")


@dataclass
class Confined:
    """What the thread may do; `refused` says what it was first held back from.

    `connects`: it may open connections, to private addresses if `allow_private`. Once it is `abandoned`, nobody waits
    for it any more, and it may not.
    """

    connects: bool = True
    allow_private: bool = False
    abandoned: bool = False
    refused: str | None = None

    def refuse(self, reason: str) -> None:
        """End what is being done with an error that libraries take for one of the system's."""
        self.refused = self.refused or reason
        raise PermissionError(reason)


@contextmanager
def confined(by: Confined) -> Iterator[None]:
    """Confine this thread while the block runs."""
    _watch()
    _LOCAL.confined = by
    try:
        yield
    finally:
        _LOCAL.confined = None


def _watch() -> None:
    """Install the hook, once in a process: hooks cannot be taken away, and do nothing outside of `confined`."""
    with _INSTALLING:
        if not _watching:
            sys.addaudithook(_look)
            _watching.append(True)


_watching: list[bool] = []


def _look(event: str, args: tuple[Any, ...]) -> None:
    check = _CHECKS.get(event)
    if check is not None:
        by = getattr(_LOCAL, "confined", None)
        if by is not None:
            check(by, args)


def _sending(by: Confined, args: tuple[Any, ...]) -> None:
    address = args[1]
    if not by.connects or by.abandoned:
        by.refuse("connections are not made now")
    if address is None:  # sendmsg over a connection that was looked at
        return
    if not isinstance(address, tuple):
        by.refuse("sockets of this host are not for channels")
    if by.allow_private:
        return
    host = str(address[0])
    try:
        public = is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        by.refuse(f"{host} is a name that is resolved too late to be looked at")
    if not public:
        by.refuse(f"{host} is a private address; VEDETTE_ALLOW_PRIVATE=true allows such receivers")


def _opening(by: Confined, args: tuple[Any, ...]) -> None:
    path, mode, flags = args
    if isinstance(path, int):
        return
    writes = any(mark in str(mode or "r") for mark in "wax+") or bool(
        isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
    )
    real = os.path.realpath(os.fsdecode(path))
    if writes or not (real in mimetypes.knownfiles or real.startswith(_installed())):
        by.refuse("files of this host are not for channels")


def _changing(by: Confined, _: tuple[Any, ...]) -> None:
    by.refuse("files of this host are not for channels")


def _starting(by: Confined, _: tuple[Any, ...]) -> None:
    by.refuse("programs of this host are not for channels")


@cache
def _installed() -> tuple[str, ...]:
    """Where Python and its libraries are, with what they read of their own."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(os.path.realpath(folder) + os.sep for folder in sorted(folders))


_CHECKS: dict[str, Callable[[Confined, tuple[Any, ...]], None]] = {
    "open": _opening,
    **dict.fromkeys(_SENDS, _sending),
    **dict.fromkeys(_STARTS, _starting),
    **dict.fromkeys(_CHANGES, _changing),
}
