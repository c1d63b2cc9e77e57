"""Our side of the probe benchmark, in a process of its own whose CPU time is counted.

`python benchmarks/probe_vedette.py URL CHECKS CONCURRENCY` prints one JSON object. Each check goes the whole
way of a probe: the check with all its phases, the result as JSON, the spool on disk.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
from pathlib import Path

import uvloop

from probes.check import Vantage
from probes.http import HttpCheck
from probes.journal import Journal
from probes.monitors import Monitor
from probes.reporter import Reporter
from vedette.clock import SystemClock
from vedette.delivery import Spool
from vedette.events.checks import CheckResult

WARM_UP = 200


class Tally:
    """What the checks gave: successes, and the sum of each phase in milliseconds."""

    def __init__(self) -> None:
        self.up = 0
        self.errors: set[str] = set()
        self.phases: dict[str, float] = {}

    def add(self, result: CheckResult) -> None:
        """Count one result."""
        self.up += result.outcome == "up"
        if result.error is not None:
            self.errors.add(result.error)
        for name in ("dns", "connect", "tls", "ttfb", "transfer"):
            value = getattr(result.phases, name)
            if value is not None:
                self.phases[name] = self.phases.get(name, 0.0) + value


def cpu_s() -> float:
    """CPU seconds of this process so far, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def lane(check: HttpCheck, checks: int, reporter: Reporter, tally: Tally) -> None:
    """Run `checks` checks one after the other."""
    for _ in range(checks):
        result = await check.run(1_700_000_000_000)
        tally.add(result)
        reporter.add(result)


async def rounds(url: str, checks: int, lanes: int, folder: Path, vantage: Vantage) -> Tally:
    """Run `checks` checks over `lanes` lanes, results into a spool; everything is on disk at the end."""
    clock = vantage.clock
    spool = Spool(folder, clock, max_bytes=1 << 30, max_age_s=3600)
    reporter = Reporter(spool, Journal(folder), clock, lambda: None)
    writing = asyncio.create_task(reporter.run(lambda: None))
    made = [HttpCheck(Monitor(id=n + 1, name="m", url=url), vantage) for n in range(lanes)]
    tally = Tally()
    await asyncio.gather(*(lane(check, checks // lanes, reporter, tally) for check in made))
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await reporter.flush(lambda: None)
    assert len(spool) == checks // lanes * lanes
    spool.close()
    return tally


async def measure(url: str, checks: int, lanes: int) -> dict[str, object]:
    """Warm up, then the measured run by the same probe."""
    vantage = Vantage("benchmark", SystemClock())
    with tempfile.TemporaryDirectory() as folder:
        await rounds(url, WARM_UP, min(lanes, WARM_UP), Path(folder) / "warm", vantage)
        begin = cpu_s()
        tally = await rounds(url, checks, lanes, Path(folder) / "run", vantage)
        used = cpu_s() - begin
    done = checks // lanes * lanes
    phases = {name: total / done for name, total in tally.phases.items()}
    return {"checks": done, "up": tally.up, "cpu_s": used, "phases_ms": phases, "errors": sorted(tally.errors)[:3]}


if __name__ == "__main__":
    address, number, concurrency = sys.argv[1:4]
    print(json.dumps(uvloop.run(measure(address, int(number), int(concurrency)))))
