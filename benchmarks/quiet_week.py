"""The default rules: what they raise in a week in which nothing is wrong, and whether they find what they are for.

    python benchmarks/quiet_week.py [--days N] [--hosts N] [--endpoints N] [--models N] [--seeds N] [--no-faults]

The fleet is simulated; windows, statistics, rules, machines and timers are those of the flows. Quiet is not still:
hosts have their days, backups that keep processors and disks busy, builds, logs that rotate, agents that restart; each
check fails by itself once in 5,000 times, locations lose their network or a tenth of their routes for minutes; inputs
of models vary as samples do. Promise: at most `BUDGET` alerts a week of 50 hosts, 200 endpoints and 5 models, and every
fault of the script is found in time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.quiet_endpoints import Endpoints
from benchmarks.quiet_endpoints import Fault as EndpointFault
from benchmarks.quiet_faults import Scripted, scripted
from benchmarks.quiet_fleet import T0, Fleet
from benchmarks.quiet_hosts import Forced, Hosts
from benchmarks.quiet_models import Fault as ModelFault
from benchmarks.quiet_models import Models
from vedette.events.signals import AlertTransition, Signal

BUDGET = 10
DAY = 1440
MINUTE_MS = 60_000


def quiet(hosts: int, endpoints: int, models: int, days: int, seed: int, every_ms: int = 10_000) -> Fleet:
    """A fleet after so many days in which nothing was wrong."""
    fleet = Fleet(Hosts(hosts, every_ms, seed), Endpoints(endpoints, seed), Models(models, 500, seed))
    fleet.run(days * DAY)
    return fleet


def troubled(script: Sequence[Scripted], minutes: int, seed: int, every_ms: int = 10_000) -> Fleet:
    """A fleet after so many minutes in which what is in the script has happened."""
    causes = [one.cause for one in script]
    faults = [one for one in causes if isinstance(one, EndpointFault)]
    # What needs the server of monitor 10 fails with it, and nobody is to be told of that.
    faults += [EndpointFault(11, one.from_ms, one.until_ms) for one in faults if one.monitor == 10]
    fleet = Fleet(
        Hosts(16, every_ms, seed, [one for one in causes if isinstance(one, Forced)]),
        Endpoints(20, seed, faults, {11: 10}),
        Models(6, 500, seed, [one for one in causes if isinstance(one, ModelFault)]),
    )
    begin_ms = min(one.begin_ms for one in script)
    fleet.run((begin_ms - T0) // MINUTE_MS)
    for cause in causes:
        if isinstance(cause, Signal):
            fleet.judge.hear(cause, cause.at)
    fleet.run(minutes - (begin_ms - T0) // MINUTE_MS)
    return fleet


def found(script: Sequence[Scripted], transitions: Sequence[AlertTransition]) -> dict[str, AlertTransition | None]:
    """The alert that found each fault in time, by what happened."""
    return {
        one.what: next(
            (
                t
                for t in transitions
                if t.state == "firing"
                and t.rule_name == one.rule
                and t.subject == one.subject
                and one.begin_ms <= t.at <= one.begin_ms + one.within_ms
            ),
            None,
        )
        for one in script
    }


def strays(script: Sequence[Scripted], transitions: Sequence[AlertTransition]) -> list[AlertTransition]:
    """Alerts that no fault of the script explains: of other subjects."""
    explained = {one.subject for one in script}
    return [t for t in transitions if t.state in {"firing", "notice"} and t.subject not in explained]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--endpoints", type=int, default=200)
    parser.add_argument("--models", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1, help="so many weeks, each another one")
    parser.add_argument("--seed", type=int, default=1, help="of the first week")
    parser.add_argument("--no-faults", action="store_true")
    asked = parser.parse_args()
    for seed in range(asked.seed, asked.seed + asked.seeds):
        begun = time.perf_counter()
        fleet = quiet(asked.hosts, asked.endpoints, asked.models, asked.days, seed)
        raised = [t for t in fleet.judge.transitions if t.state in {"firing", "notice"}]
        spent = len(raised) / (BUDGET * asked.days / 7)
        print(
            f"quiet, seed {seed}: {asked.days} days, {fleet.judge.signals:,} signals: {len(raised)} alerts"
            f" ({spent:.2f} of the budget of {BUDGET} a week); {time.perf_counter() - begun:.0f} s"
        )
        for rule, many in Counter(t.rule_name for t in raised).most_common():
            print(f"    {many:3} {rule}: {next(t.title for t in raised if t.rule_name == rule)}")
    if asked.no_faults:
        return
    script = scripted(T0 + 2 * DAY * MINUTE_MS)
    fleet = troubled(script, 3 * DAY, seed=7)
    alerts = found(script, fleet.judge.transitions)
    for one in script:
        alert = alerts[one.what]
        told = "NOT FOUND" if alert is None else f"{(alert.at - one.begin_ms) / 1000:6.0f} s  {alert.title}"
        print(f"{one.what:50} {one.rule:22} {told}")
    print(f"{sum(alert is not None for alert in alerts.values())} of {len(script)} faults found in time")
    for t in strays(script, fleet.judge.transitions):
        print(f"    besides: {t.rule_name}: {t.title}")


if __name__ == "__main__":
    main()
