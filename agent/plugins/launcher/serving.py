"""Serving: the launcher's loop, which forks a process for each order and tells how it ended.

It has one thread, and has loaded what plugins use, so that a run costs a fork and not the start of an interpreter. An
order is a JSON object; `run` comes with three descriptors: the request to read, where the answer goes, where prints go.
It ends, and everything it started with it, when the agent closes the socket or dies.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress

from agent.plugins.launcher import limits, watching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

WATCH_S = 0.1
LOOK_S = 1.0
"""How often a process that runs on is looked at, and how often all that it has started are."""
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NAME = 15
_MOST_DESCRIPTORS = 8
_CRADLE = ("vedette_plugin.running", "vedette_plugin.connecting", "encodings.idna", "subprocess")
"""What is loaded before the first run: nearly every plugin uses it."""


class Run:
    """One process of a plugin, by its number and the agent's name for it."""

    __slots__ = ("id", "looked", "memory", "pid", "tasks", "why")

    def __init__(self, order: "dict[str, Any]", pid: int, tasks: int) -> None:
        self.id = order["id"]
        self.memory = order["memory_mb"] << 20
        self.pid = pid
        self.tasks = tasks
        self.looked = time.monotonic()
        self.why = ""


class Launcher:
    """The loop: orders in, deaths out."""

    def __init__(self, agent: socket.socket, libc: ctypes.CDLL, wakeup: int) -> None:
        self._agent = agent
        self._libc = libc
        self._wakeup = wakeup
        self._runs: dict[int, Run] = {}
        self._codes: dict[str, CodeType] = {}
        self._pid = os.getpid()
        self._strangers = False
        self._swept = 0.0

    def serve(self) -> None:
        """Until the agent is gone."""
        poll = select.poll()
        poll.register(self._agent, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        while True:
            ready = {number for number, _ in poll.poll(WATCH_S * 1000 if self._runs else None)}
            if self._wakeup in ready:
                os.read(self._wakeup, 4096)
            self._bury()
            if self._agent.fileno() in ready and not self._obey():
                return
            self._watch()

    def _obey(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._agent, 65_536, _MOST_DESCRIPTORS)
        try:
            if not message:
                return False
            order = json.loads(message)
            if order["do"] == "run":
                self._start(order, descriptors)
            elif order["do"] == "kill":
                for run in [run for run in self._runs.values() if run.id == order["id"]]:
                    self._kill(run, order.get("why", ""))
            elif order["do"] == "load":
                self._load(order)
        finally:
            for number in descriptors:
                os.close(number)
        return True

    def _start(self, order: "dict[str, Any]", descriptors: list[int]) -> None:
        try:
            tasks = watching.tasks_of_the_host()
            pid = os.fork()
        except OSError as error:
            self._tell({"ended": order["id"], "status": -1, "why": f"it cannot be started: {error.strerror}"})
            return
        if pid == 0:
            self._child(order, descriptors)
        self._runs[pid] = Run(order, pid, tasks)

    def _child(self, order: "dict[str, Any]", descriptors: list[int]) -> None:
        code = 1
        try:
            request = json.load(os.fdopen(descriptors[0], "rb", closefd=False))
            limits.connect_outputs(*descriptors[1:])
            limits.enter(self._libc, self._pid, order["timeout_s"], order["memory_mb"])
            self._libc.prctl(_PR_SET_NAME, b"vedette-plugin", 0, 0, 0)
            answer = json.dumps(self._carried_out(request)).encode()
            sys.stdout.flush()
            sys.stderr.flush()
            with open(3, "wb", 0) as result:
                while answer:
                    answer = answer[result.write(answer) :]
            code = 0
        except BaseException:  # noqa: BLE001 - this process ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(code)

    def _carried_out(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """In the child: what the request asks for."""
        if request["mode"] == "verify":
            from vedette.events.signing import verdict

            return {"reason": verdict(**request["given"])}
        from vedette_plugin.running import carry_out

        return carry_out(request, self._codes)

    def _load(self, order: "dict[str, Any]") -> None:
        """Load modules, and compile files, that plugins of ours use again and again, for all later children."""
        for name in order["modules"]:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - then the plugin will say so
                continue
        from vedette_plugin.running import compile_plugin

        for path in order["paths"]:
            if path not in self._codes:
                try:
                    self._codes[path] = compile_plugin(path, None)
                except (OSError, SyntaxError, ValueError):
                    continue  # the same
        gc.collect()
        gc.freeze()

    def _bury(self) -> None:
        """Tell the agent of runs that have ended, and end what they have left behind."""
        while (pid := _dead()) is not None:
            run = self._runs.pop(pid, None)
            self._strangers = True
            if run is not None:
                _end_group(pid)  # before it is buried: until then nobody else can have its number
            _, status, usage = os.wait4(pid, 0)
            if run is not None:
                cpu_s = usage.ru_utime + usage.ru_stime
                self._tell({"ended": run.id, "status": status, "cpu_s": cpu_s, "why": run.why})
        if self._strangers and (time.monotonic() - self._swept > LOOK_S or not self._runs):
            self._sweep()

    def _sweep(self) -> None:
        """End processes that have become ours because who started them has ended: no run leaves anything behind.

        To look at all processes costs more than a run, so mostly one question to the kernel is enough: no children.
        """
        self._strangers = False
        self._swept = time.monotonic()
        if not self._runs and not _has_children():
            return
        for number, row in watching.process_table().items():
            if row.parent == self._pid and number not in self._runs:
                _end(number)

    def _watch(self) -> None:
        """End runs that hold too much or have too many processes."""
        for run in list(self._runs.values()):
            if watching.resident(run.pid) > run.memory:
                self._kill(run, "memory")
                continue
            many = watching.tasks_of_the_host() - run.tasks > watching.MOST_PROCESSES
            now = time.monotonic()
            if many or now - run.looked > LOOK_S:
                run.looked = now
                self._look(run)

    def _look(self, run: Run) -> None:
        table = watching.process_table()
        family = [number for number in watching.family(table, run.pid) if number in table]
        run.tasks = watching.tasks_of_the_host()  # what is more than now is a reason to look again
        if len(family) > watching.MOST_PROCESSES:
            self._kill(run, "processes", family)
        elif sum(table[number].rss for number in family) > run.memory:
            self._kill(run, "memory", family)

    def _kill(self, run: Run, why: str, members: "list[int] | None" = None) -> None:
        """The group at one blow, then who has left it; the rest when `_bury` finds them orphaned."""
        run.why = run.why or why
        members = watching.family(watching.process_table(), run.pid) if members is None else members
        _end_group(run.pid)
        for number in members:
            _end(number)

    def _tell(self, message: "dict[str, Any]") -> None:
        self._agent.send(json.dumps(message).encode())

    def end(self) -> None:
        """End all runs."""
        for run in list(self._runs.values()):
            self._kill(run, "the agent ends")


def _dead() -> int | None:
    """A child that has ended and is not buried yet."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if found is None else found.si_pid


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _end(number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(number, signal.SIGKILL)


def _end_group(number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(number, signal.SIGKILL)


def serve() -> None:
    """Serve the agent at descriptor 0."""
    agent = socket.socket(fileno=0)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(_PR_SET_NAME, b"vedette-plugins", 0, 0, 0)
    reader, writer = os.pipe()
    for number in (reader, writer):
        os.set_blocking(number, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the agent's to answer
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for name in _CRADLE:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    launcher = Launcher(agent, libc, reader)
    try:
        launcher.serve()
    finally:
        launcher.end()
