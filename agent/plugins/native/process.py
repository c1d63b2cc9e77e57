"""Processes of one kind: how many there are, and what they use together; for a program that must be running."""

import os
import re
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProcessPlugin(Plugin):
    """All processes of a name, or whose command line matches."""

    name = "process"
    title = "Process"
    section = "Processes"
    options = (
        Option("name", "", "the program's name, as in /proc/PID/comm; or"),
        Option("pattern", "", "a regular expression for the command line with its arguments"),
        Option("proc", "/proc", "where the host's /proc is seen"),
    )
    metrics = (
        Metric(
            "count",
            "Processes",
            larger_is_better=True,
            rules=(Rule("a program does not run", below=1, for_s=60, severity="critical"),),
        ),
        Metric("threads", "Threads"),
        Metric("cpu_s", "Processor time since the last run", "s", 2, kind="delta"),
        Metric("memory_bytes", "Resident memory", "bytes"),
        Metric("files", "Open files; only where they may be counted"),
        Metric(
            "oldest_s",
            "Time since the first one was started",
            "s",
            rules=(Rule("a program was restarted", below=120),),
        ),
        Metric("newest_s", "Time since the last one was started", "s"),
    )

    def run(self) -> None:
        """Look through /proc once."""
        command, text, proc = self.option("name"), self.option("pattern"), self.option("proc")
        if bool(command) == bool(text):
            raise PluginError("options name and pattern: exactly one of them must be given")
        try:
            pattern = re.compile(text.encode())
        except re.error as error:
            raise PluginError(f"option pattern: {text!r} is no regular expression: {error}") from error
        uptime_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        before: dict[str, float] = self.memory("cpu", {})
        now: dict[str, float] = {}
        count = threads = memory = 0
        ages: list[float] = []
        files: int | None = 0
        for pid in filter(str.isdigit, os.listdir(proc)):
            folder = f"{proc}/{pid}"
            try:
                name, fields = _stat(folder)
                if (
                    (name != command)
                    if command
                    else (pid == str(os.getpid()) or not pattern.search(_arguments(folder)))
                ):
                    continue
            except (OSError, ValueError, IndexError):
                continue  # it ended while we looked
            if fields[0] in {b"Z", b"X"}:
                continue  # it has ended; its parent has not looked
            count += 1
            threads += int(fields[17])
            now[f"{pid}:{int(fields[19])}"] = (int(fields[11]) + int(fields[12])) / _TICKS
            memory += int(fields[21]) * _PAGE
            ages.append(max(0.0, uptime_s - int(fields[19]) / _TICKS))
            files = _added(files, folder)
        self.report("count", count)
        # What ended meanwhile takes nothing away from the others; the first run knows no time before it.
        if before or self.memory("ran"):
            self.increase("cpu_s", sum(max(0.0, used - before.get(key, 0.0)) for key, used in now.items()))
        self.remember("ran", value=True)
        self.remember("cpu", now)
        if not count:
            return
        self.report("threads", threads)
        self.report("memory_bytes", memory)
        self.report("files", files)
        self.report("oldest_s", max(ages))
        self.report("newest_s", min(ages))


def _stat(folder: str) -> tuple[str, list[bytes]]:
    """Name and fields from the third on of /proc/PID/stat (proc(5)); the name may hold anything."""
    with open(f"{folder}/stat", "rb") as file:
        text = file.read(4096)
    left, right = text.index(b"("), text.rindex(b")")
    return text[left + 1 : right].decode("utf-8", "replace"), text[right + 2 :].split()


def _arguments(folder: str) -> bytes:
    with open(f"{folder}/cmdline", "rb") as file:
        return file.read(1 << 16).replace(b"\0", b" ").strip()


def _added(files: int | None, folder: str) -> int | None:
    """The count with the open files of one more process; None if those of any may not be seen."""
    try:
        return None if files is None else files + len(os.listdir(f"{folder}/fd"))
    except OSError:
        return None
