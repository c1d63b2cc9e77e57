"""The JSON Schema of files that declare an account, for editors and checks before anything is asked."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from alerting.rules import RuleSpec
from launch.declared.files import SECTIONS
from vedette.maintenance import MaintenanceSpec
from vedette.monitors import MonitorSpec
from vedette.notifying.report import ReportSpec
from vedette.notifying.route import RouteSpec
from vedette.notifying.schedule import ScheduleSpec

_KINDS: dict[str, Any] = {
    "monitors": MonitorSpec,
    "rules": RuleSpec,
    "routes": RouteSpec,
    "schedules": ScheduleSpec,
    "maintenance": MaintenanceSpec,
    "reports": ReportSpec,
}
_NAME = {"type": "string"}
_BY_NAME = {"channels", "schedules", "monitors", "rotation", "channel", "monitor", "model"}
"""Fields that hold numbers over the API, and names in files."""


def schema() -> dict[str, Any]:
    """Of a whole file. Other sections than those with a schema of their own are mappings with a name."""
    definitions: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        if section not in _KINDS:
            sections[section] = {"type": "object", "properties": {"name": _NAME}, "required": ["name"]}
            continue
        found = TypeAdapter(_KINDS[section]).json_schema(ref_template=f"#/$defs/{section}.{{model}}")
        for name, inner in found.pop("$defs", {}).items():
            definitions[f"{section}.{name}"] = _by_name(inner)
        sections[section] = _by_name(found)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What an account of Vedette has",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"type": "array", "items": one} for name, one in sections.items()},
        "$defs": definitions,
    }


def _by_name(found: dict[str, Any]) -> dict[str, Any]:
    """The same with names where the API has numbers."""
    fields = found.get("properties")
    if isinstance(fields, dict):
        for field in _BY_NAME & fields.keys():
            is_list = fields[field].get("type") == "array"
            fields[field] = {"type": "array", "items": _NAME} if is_list else {"type": ["string", "null"]}
    return found
