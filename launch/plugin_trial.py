"""A trial: one run of one plugin, as the agent does it, with everything shown that came of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.collectors import Group
from agent.plugins.catalogue import PluginInfo, describe
from agent.plugins.finding import Found, find
from agent.plugins.instance import House, Instance
from agent.plugins.launcher.client import Launcher
from agent.plugins.listening import bind
from agent.plugins.memory import Memory
from agent.plugins.outcome import Outcome
from vedette.clock import SystemClock
from vedette.events.plugins import PluginCode, PluginSpec


@dataclass(frozen=True, slots=True)
class Trial:
    """A run and what its plugin says about itself."""

    outcome: Outcome
    info: PluginInfo | None


def try_once(spec: PluginSpec, folder: Path, memory: Path | None) -> Trial:
    """Run `spec` once; its code may lie in `folder`. With `memory`, a folder, it remembers from trial to trial."""
    with tempfile.TemporaryDirectory() as scratch:
        return asyncio.run(_try(spec, folder, memory or Path(scratch)))


async def _try(spec: PluginSpec, folder: Path, memory: Path) -> Trial:
    launcher = Launcher()
    try:
        house = House(launcher, Memory(memory), _nowhere, _unsigned, SystemClock(), folder, 60_000)
        instance = Instance(spec, house)
        if spec.kind == "statsd":
            with bind(str(spec.options.get("address", "127.0.0.1:8125"))) as bound:
                outcome = await instance.run((bound.fileno(),))
        else:
            outcome = await instance.run()
        return Trial(outcome, await _info(launcher, spec, folder) if outcome.state != "refused" else None)
    finally:
        launcher.close()


async def _info(launcher: Launcher, spec: PluginSpec, folder: Path) -> PluginInfo | None:
    found: Found = await find(spec, central=False, folder=folder, verify=_unsigned)
    [info] = await describe(launcher, [Path(found.path or "")])
    return None if info.failure is not None else info


async def _nowhere(_group: Group, _interval_ms: int) -> bool:
    return True


async def _unsigned(_plugin: str, _code: PluginCode) -> str | None:
    return "a trial runs local code only"


def lines_of(trial: Trial, spec: PluginSpec) -> Iterator[str]:
    """What is printed: the state, values with what the plugin says of their metrics, alerts, prints, costs."""
    outcome = trial.outcome
    yield f"{spec.name}: {outcome.state}" + (f": {outcome.error}" if outcome.error else "")
    metrics = {metric.name: metric for metric in trial.info.metrics} if trial.info else {}
    for series, value in outcome.values.items():
        name = series.partition("{")[0].removeprefix(f"{spec.plugin}.")
        metric = metrics.get(name)
        kind = outcome.kinds.get(series, "gauge")
        about = [kind] if metric is None else [kind, metric.label, *filter(None, [metric.unit])]
        yield f"  {series} = {value:g}  ({', '.join(about)})"
    for subject, body in outcome.alerts:
        yield f"  alert: {subject}" + (f": {body}" if body else "")
    for key, value in (outcome.memory or {}).items():
        yield f"  remembered: {key} = {str(value)[:200]}"
    if outcome.noise:
        yield from (f"  printed: {line}" for line in outcome.noise.splitlines()[:20])
    yield f"  {len(outcome.values)} series, {outcome.run_ms:.0f} ms, {outcome.cpu_ms:.1f} ms of CPU"
