"""The reference pages, generated from the code."""

from __future__ import annotations

import asyncio
import json

from pydantic_core import PydanticUndefined

from agent.plugins.catalogue import PluginInfo, describe, kind_files, native_files
from agent.plugins.launcher.client import Launcher
from alerting.webhook_body import schema
from vedette import settings
from vedette.telemetry import METRICS

PROCESSES = (
    ("every process", settings.Settings),
    ("whoever opens the event log", settings.LogSettings),
    ("whoever opens the database", settings.StoreSettings),
    ("migrate, retention, rebuild and gateway", settings.TableSettings),
    ("whoever reads or writes the archive", settings.ArchiveSettings),
    ("gateway", settings.GatewaySettings),
    ("flows", settings.FlowSettings),
    ("the archive's flow", settings.ArchiveFlowSettings),
    ("alert worker", settings.AlertWorkerSettings),
    ("agent and probe", settings.SenderSettings),
    ("agent", settings.AgentSettings),
    ("probe", settings.ProbeSettings),
)


def _default(field: object) -> str:
    default = getattr(field, "default", None)
    if getattr(field, "default_factory", None) is not None:
        return "this host's name"
    return "required" if default is PydanticUndefined else f"`{default}`"


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Each is an environment variable; `NAME_FILE` names a file to read it from instead. A wrong value stops the",
        "process at start with the variable, the value, and what is allowed. This page is generated from the code.",
    ]
    seen: set[str] = set()
    for title, kind in PROCESSES:
        fields = {name: field for name, field in kind.model_fields.items() if name not in seen}
        seen |= fields.keys()
        if not fields:
            continue
        lines += ["", f"## {title}", "", "| variable | default | meaning |", "|---|---|---|"]
        for name, field in fields.items():
            lines.append(f"| `VEDETTE_{name.upper()}` | {_default(field)} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def webhook_schema() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def metrics_page() -> str:
    lines = [
        "# Metrics",
        "",
        "What Vedette says about itself, at `/metrics` of the gateway and, with `VEDETTE_METRICS_PORT`, of every other",
        "process (on loopback). The list is closed: a name outside it cannot be counted. Generated from the code.",
        "",
        "| metric | kind | labels | meaning |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{m.name}` | {m.kind} | {', '.join(m.labels)} | {m.help} |" for m in METRICS]
    return "\n".join(lines) + "\n"


def plugins() -> list[PluginInfo]:
    """What every plugin that ships says about itself, asked in a process as the agent does."""

    async def ask() -> list[PluginInfo]:
        launcher = Launcher()
        try:
            return await describe(launcher, [*native_files(), *kind_files()])
        finally:
            launcher.close()

    return asyncio.run(ask())


def plugins_catalogue() -> str:
    """What the page knows of the plugins that ship, one in a line."""
    rows = {}
    for info in sorted(plugins(), key=lambda one: one.name):
        metrics = [{"name": one.name, "label": one.label, "unit": one.unit, "kind": one.kind} for one in info.metrics]
        rows[info.name] = {"title": info.title, "section": info.section, "metrics": metrics}
    lines = [f"{json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in rows.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def plugins_page() -> str:
    lines = [
        "# The plugins that ship",
        "",
        "How to use them, and how to write one: [Plugins](plugins.md). This page is generated from the code.",
        "",
        "| plugin | what | section |",
        "|---|---|---|",
    ]
    found = sorted(plugins(), key=lambda info: info.name)
    lines += [f"| [{info.name}](#{info.name}) | {info.title} | {info.section} |" for info in found]
    for info in found:
        lines += ["", f"## {info.name}", "", info.notes, "", "| option | default | meaning |", "|---|---|---|"]
        for one in info.options:
            shown = "required" if one.required else f"`{json.dumps(one.default)}`"
            lines.append(f"| `{one.name}` | {shown} | {_cell(one.notes + (' (secret)' if one.secret else ''))} |")
        lines += ["", "| metric | unit | kind | meaning | default rules |", "|---|---|---|---|---|"]
        for metric in info.metrics:
            rules = "; ".join(_rule(rule.above, rule.below, rule.for_s, rule.severity) for rule in metric.rules)
            lines.append(f"| `{metric.name}` | {metric.unit} | {metric.kind} | {_cell(metric.label)} | {rules} |")
    return "\n".join(lines) + "\n"


def _rule(above: float | None, below: float | None, for_s: int, severity: str) -> str:
    limit = f"above {above:g}" if above is not None else f"below {below:g}"
    return f"{limit}{f' for {for_s} s' if for_s else ''}: {severity}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
