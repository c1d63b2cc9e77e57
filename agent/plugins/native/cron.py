"""cron: whether its daemon runs, how many jobs there are, which run now, and for how long."""

import os
import re
import time

from vedette_plugin import Metric, Option, Plugin, Rule

_TICKS = os.sysconf("SC_CLK_TCK")
_JOB = re.compile(r"^\s*(?:@[a-z]+|[\d*][\d*/,-]*(?:\s+\S+){4})\s+\S")
_MOST_FILES = 1000
_REBOOT_S = 60


class CronPlugin(Plugin):
    """The cron of this host. Whether a job did its work, its heartbeat tells (`vedette run`), not this plugin."""

    name = "cron"
    title = "cron"
    section = "Processes"
    options = (
        Option("daemons", ["cron", "crond"], "names that the daemon may have, as in /proc/PID/comm"),
        Option(
            "tables",
            ["/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs", "/var/spool/cron"],
            "files with jobs, and folders of them; what may not be read is left out",
        ),
        Option("proc", "/proc", "where the host's /proc is seen"),
    )
    metrics = (
        Metric(
            "running",
            "The daemon runs",
            larger_is_better=True,
            rules=(Rule("cron does not run", below=1, for_s=120, severity="critical"),),
        ),
        Metric("jobs", "Jobs in the tables that may be read"),
        Metric("jobs_running", "Jobs that run now"),
        Metric(
            "oldest_s",
            "How long the oldest of them has run, but for those that began with the daemon (@reboot)",
            "s",
            larger_is_better=False,
            rules=(Rule("a job of cron does not end", above=21_600, for_s=60),),
        ),
    )

    def run(self) -> None:
        """Look through the tables, and through /proc once."""
        self.report("jobs", sum(map(_count_jobs, _files(self.option("tables")))))
        processes = _processes(self.option("proc"))
        daemons = {pid for pid, (name, parent, _) in processes.items()
                   if name in self.option("daemons") and processes.get(parent, ("",))[0] != name}  # fmt: skip
        self.report("running", float(bool(daemons)))
        # For each job the daemon starts a process of its own name, which waits for the job.
        jobs = [(began, began - processes[parent][2]) for _, parent, began in processes.values() if parent in daemons]
        self.report("jobs_running", len(jobs))
        uptime_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        # What began with the daemon (@reboot) may well be meant to stay.
        ages = [uptime_s - began / _TICKS for began, after in jobs if after > _REBOOT_S * _TICKS]
        self.report("oldest_s", max(ages, default=0.0))


def _files(tables: list[str]) -> list[str]:
    found = []
    for place in tables:
        try:
            names = [f"{place}/{name}" for name in os.listdir(place)] if os.path.isdir(place) else [place]
        except OSError:
            continue
        found += [name for name in names if os.path.isfile(name)]
    return found[:_MOST_FILES]


def _count_jobs(path: str) -> int:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return sum(bool(_JOB.match(line)) for line in file.read(1 << 20).splitlines())
    except OSError:
        return 0


def _processes(proc: str) -> dict[str, tuple[str, str, int]]:
    """Name, parent and time of start of each process that has not ended (proc(5))."""
    found = {}
    for pid in filter(str.isdigit, os.listdir(proc)):
        try:
            with open(f"{proc}/{pid}/stat", "rb") as file:
                text = file.read(4096).decode("utf-8", "replace")
        except OSError:
            continue
        name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        if rest[0] not in {"Z", "X"}:
            found[pid] = (name, rest[1], int(rest[19]))
    return found
