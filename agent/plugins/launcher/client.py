"""The agent's end of the launcher: starts it when it is first needed, gives orders, and gathers what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from agent.plugins.launcher.capture import Capture
from vedette.errors import Unavailable
from vedette.telemetry import get_logger

MOST_ANSWER = 1 << 20
MOST_NOISE = 1 << 20
KEPT_NOISE = 4096
"""Bytes that a run may answer and print before it is ended, and how much of what it prints is kept."""
BURIAL_S = 5.0
"""A run that was to be killed is gone within this time, or the launcher is not well."""
CLOSE_S = 2.0
"""So long a launcher has for ending what runs."""
_ROOM = Path(__file__).parents[3]
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "HOME": "/",
}
"""All that a plugin sees of the environment."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run ended. `why` is empty unless it was ended by force: timeout, memory, processes, answer, noise, …"""

    status: int
    why: str
    answer: bytes
    noise: bytes
    cpu_s: float
    wall_s: float

    def code(self) -> int:
        """The exit code, or minus the signal."""
        return os.waitstatus_to_exitcode(self.status) if self.status >= 0 else -1


class _Note(msgspec.Struct):
    ended: int
    status: int
    cpu_s: float = 0.0
    why: str = ""


_notes = msgspec.json.Decoder(_Note)


class LauncherLost(Unavailable):
    """The launcher ended; what ran is gone, and the next run starts another."""

    code = "launcher-lost"


class Launcher:
    """Runs plugins' orders. Not before the first of them is there a process; `close` ends it and all that run."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._waiting: dict[int, asyncio.Future[_Note]] = {}
        self._numbers = count(1)
        self._loaded: tuple[set[str], set[str]] = (set(), set())
        self._log = get_logger("plugins")

    @property
    def pid(self) -> int | None:
        """The launcher's process, if there is one."""
        return None if self._process is None else self._process.pid

    async def run(
        self, order: dict[str, Any], *, timeout_s: float, memory_mb: int, sockets: tuple[int, ...] = ()
    ) -> Ended:
        """Carry out an order in a process of its own, which gets `sockets` as its descriptors from 4 on.

        Raises `LauncherLost` if the launcher died meanwhile.
        """
        loop = asyncio.get_running_loop()
        number = next(self._numbers)
        began = loop.time()
        with Capture(MOST_ANSWER, MOST_ANSWER) as answer, Capture(MOST_NOISE, KEPT_NOISE) as noise:
            head = {"do": "run", "id": number, "timeout_s": timeout_s, "memory_mb": memory_mb}
            request = _in_memory(msgspec.json.encode(order))
            try:
                ended = self._order(head, number, [request, answer.writer, noise.writer, *sockets])
            finally:
                os.close(request)
            try:
                answer.begin(lambda: self._kill(number, "answer"))
                noise.begin(lambda: self._kill(number, "noise"))
                note = await self._note(number, ended, began + timeout_s)
            finally:
                self._waiting.pop(number, None)
                if not ended.done():
                    self._kill(number, "cancelled")
            answer.finish()
            noise.finish()
            return Ended(note.status, note.why, answer.kept(), noise.kept(), note.cpu_s, loop.time() - began)

    def load(self, modules: Sequence[str], paths: Sequence[str]) -> None:
        """Have modules loaded, and files compiled, once for all later runs. Only for what is our own."""
        fresh = [sorted(set(new) - old) for new, old in zip((modules, paths), self._loaded, strict=True)]
        if any(fresh) and self._socket is not None:
            for known, new in zip(self._loaded, fresh, strict=True):
                known.update(new)
            self._send({"do": "load", "modules": fresh[0], "paths": fresh[1]}, [])

    def close(self) -> None:
        """End the launcher, and with it all runs and whatever they have started: it sees to that when it is let go."""
        if self._socket is not None and self._process is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(CLOSE_S)
        self._lost()

    async def _note(self, number: int, ended: asyncio.Future[_Note], deadline: float) -> _Note:
        loop = asyncio.get_running_loop()
        done, _ = await asyncio.wait({ended}, timeout=max(0.0, deadline - loop.time()))
        if not done:
            self._kill(number, "timeout")
            done, _ = await asyncio.wait({ended}, timeout=BURIAL_S)
            if not done:
                self._log.error("launcher_hangs")
                self._lost()
        return await ended

    def _order(self, head: dict[str, Any], number: int, descriptors: list[int]) -> asyncio.Future[_Note]:
        if self._socket is None:
            self._start()
        future: asyncio.Future[_Note] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._send(head, descriptors)
        return future

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            paths = [str(_ROOM / "agent" / "sdk"), str(_ROOM), *(p for p in sys.path if p.endswith("-packages"))]
            program = str(Path(__file__).with_name("program.py"))
            self._process = subprocess.Popen(
                [str(sys.executable), "-I", "-S", "-B", program, *paths],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise LauncherLost(f"plugins cannot be started: {error.strerror}") from error
        finally:
            theirs.close()
        ours.setblocking(False)
        self._socket = ours
        self._loaded = (set(), set())
        asyncio.get_running_loop().add_reader(ours, self._heard)

    def _send(self, message: dict[str, Any], descriptors: list[int]) -> None:
        assert self._socket is not None
        try:
            socket.send_fds(self._socket, [msgspec.json.encode(message)], descriptors)
        except OSError as error:
            self._log.warning("launcher_lost", error=repr(error))
            self._lost()

    def _kill(self, number: int, why: str) -> None:
        if self._socket is not None:
            self._send({"do": "kill", "id": number, "why": why}, [])

    def _heard(self) -> None:
        assert self._socket is not None
        try:
            message = self._socket.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._log.warning("launcher_lost")
            self._lost()
            return
        note = _notes.decode(message)
        future = self._waiting.get(note.ended)
        if future is not None and not future.done():
            future.set_result(note)

    def _lost(self) -> None:
        """End the launcher's process, whatever its state; its children die with it."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)  # nothing if it has ended
            self._process.wait()
        self._socket = self._process = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LauncherLost("the process that starts plugins has ended"))


def _in_memory(data: bytes) -> int:
    """A descriptor to read `data` from; a pipe would hold 64 kB only."""
    number = os.memfd_create("vedette-plugin-order", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(number), "wb") as file:
        file.write(data)
    os.lseek(number, 0, os.SEEK_SET)
    return number
