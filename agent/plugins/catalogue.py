"""The catalogue: what plugins say about themselves, asked of them in a process of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from agent.plugins.finding import KINDS, NATIVE
from agent.plugins.launcher.client import Launcher
from vedette.errors import InvalidInput

TIMEOUT_S = 30.0
MEMORY_MB = 256


class RuleInfo(msgspec.Struct):
    """A default rule of a metric."""

    name: str
    above: float | None = None
    below: float | None = None
    for_s: int = 0
    severity: Literal["warning", "critical"] = "warning"


class MetricInfo(msgspec.Struct):
    """A metric, as its plugin declares it."""

    name: str
    label: str
    unit: str
    precision: int
    larger_is_better: bool | None
    kind: Literal["gauge", "counter", "delta"]
    rules: list[RuleInfo]


class OptionInfo(msgspec.Struct):
    """An option, as its plugin declares it."""

    name: str
    default: Any
    notes: str
    required: bool
    secret: bool


class PluginInfo(msgspec.Struct):
    """What a plugin's file says; `failure` if it could not be loaded."""

    path: str
    name: str = ""
    title: str = ""
    section: str = ""
    notes: str = ""
    options: list[OptionInfo] = msgspec.field(default_factory=list)
    metrics: list[MetricInfo] = msgspec.field(default_factory=list)
    failure: tuple[str, str] | None = None


class _Answer(msgspec.Struct):
    plugins: list[PluginInfo]


def native_files() -> list[Path]:
    """The plugins that ship with the agent."""
    return sorted(path for path in NATIVE.glob("*.py") if path.stem != "__init__")


def kind_files() -> list[Path]:
    """The plugins behind the other kinds."""
    return [KINDS / name for name in ("nagios.py", "prometheus.py", "json_values.py", "statsd.py")]


async def describe(launcher: Launcher, paths: Sequence[Path]) -> list[PluginInfo]:
    """What the files say about themselves, in their order. Raises `InvalidInput` if nobody answers."""
    order = {"mode": "describe", "paths": [str(path.resolve()) for path in paths]}
    ended = await launcher.run(order, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB)
    try:
        return msgspec.json.decode(ended.answer, type=_Answer).plugins
    except msgspec.DecodeError as error:
        noise = ended.noise.decode("utf-8", "replace").strip()
        shown = ", ".join(path.name for path in paths[:3])
        raise InvalidInput("plugin", shown, f"a file that says what it is ({noise or ended.why or error})") from error


def threshold_rules(info: PluginInfo, instance: str | None = None) -> list[dict[str, Any]]:
    """The default rules as the rules API takes them: thresholds on every series of a metric, or of one instance."""
    found = []
    for metric in info.metrics:
        selector = f"{info.name}.{metric.name}" + (f'{{instance="{instance}"}}' if instance else "")
        for rule in metric.rules:
            limit = {"above": rule.above} if rule.above is not None else {"below": rule.below}
            found.append({"name": rule.name, "kind": "threshold", "series": selector, "for_s": rule.for_s, **limit})
    return found
