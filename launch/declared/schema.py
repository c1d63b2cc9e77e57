"""The JSON Schema of files that declare an account, for editors and checks before anything is asked.

It is made of the definitions by which the gateway judges, with names where the API has numbers, and references to
secrets wherever text may stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from pydantic import TypeAdapter

from alerting.channels import CHANNELS
from alerting.rules import RuleSpec
from ingest_api.routes.model_settings import NewModel
from ingest_api.routes.models import NAME
from ingest_api.routes.roles import ROLE_NAME, Role
from launch.declared.files import SECTIONS
from launch.declared.silences import DeclaredSilence
from vedette.events.plugins import PluginSpec
from vedette.maintenance import MaintenanceSpec
from vedette.monitors import MonitorSpec
from vedette.notifying.group import GroupSpec
from vedette.notifying.report import ReportSpec
from vedette.notifying.route import RouteSpec
from vedette.notifying.schedule import ScheduleSpec

Schema = dict[str, Any]
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_BY_NAME = {"channels", "groups", "schedules", "monitors", "rotation", "channel", "monitor", "model"}
"""Fields that hold numbers over the API, and names in files."""
_REFERENCE = {
    "description": "in place of a text: a secret from elsewhere",
    "oneOf": [
        {"type": "object", "properties": {name: {"type": "string"}}, "required": [name], "additionalProperties": False}
        for name in ("env", "file")
    ],
}


def schema() -> Schema:
    """Of a whole file."""
    definitions: Schema = {}
    sections = {section: _MAKERS[section](section, definitions) for section in SECTIONS}
    whole: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What an account of Vedette has",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"type": "array", "items": _open(one)} for name, one in sections.items()},
        "$defs": {name: _open(one) for name, one in sorted(definitions.items())},
    }
    whole["$defs"]["reference"] = _REFERENCE
    return whole


def _pydantic(kind: Any) -> Callable[[str, Schema], Schema]:
    def make(section: str, definitions: Schema) -> Schema:
        found = TypeAdapter(kind).json_schema(ref_template=f"#/$defs/{section}.{{model}}")
        for name, inner in found.pop("$defs", {}).items():
            definitions[f"{section}.{name}"] = _by_name(inner)
        return _by_name(found)

    return make


def _by_name(found: Schema) -> Schema:
    """The same with names where the API has numbers."""
    fields = found.get("properties")
    if isinstance(fields, dict):
        for field in _BY_NAME & fields.keys():
            said = {"description": fields[field]["description"]} if "description" in fields[field] else {}
            if fields[field].get("type") == "array":
                fields[field] = {**fields[field], "items": _NAME}
            elif field in found.get("required", ()):
                fields[field] = {**_NAME, **said}
            else:
                fields[field] = {"type": ["string", "null"], **said}
    return found


def _channel(section: str, definitions: Schema) -> Schema:
    """One of the kinds, each with its settings. Secrets need not be there: a channel keeps those that it has."""
    kinds = []
    for kind, channel in sorted(CHANNELS.items()):
        settings = channel.settings_schema()
        for name, inner in settings.pop("$defs", {}).items():
            definitions[f"{section}.{name}"] = inner
        secrets = channel.secrets()
        for name in secrets & settings["properties"].keys():
            if name in settings["required"]:
                settings["properties"][name]["description"] = "secret; must be given when the channel is made"
        settings["required"] = [name for name in settings["required"] if name not in secrets]
        kinds.append(
            {
                "type": "object",
                "title": kind,
                "description": settings.pop("description", ""),
                "properties": {"name": _NAME, "kind": {"const": kind}, "config": settings},
                "required": ["name", "kind", "config"],
                "additionalProperties": False,
            }
        )
    return {"oneOf": kinds}


def _role(section: str, definitions: Schema) -> Schema:
    found = _pydantic(Role)(section, definitions)
    (plugin,), parts = msgspec.json.schema_components([PluginSpec], ref_template=f"#/$defs/{section}.{{name}}")
    definitions |= {f"{section}.{name}": part for name, part in parts.items()}
    found["properties"] = {
        "name": {"type": "string", "pattern": ROLE_NAME},
        **found["properties"],
        "plugins": {**found["properties"]["plugins"], "items": plugin},
    }
    found["required"] = ["name"]
    found.pop("examples", None)
    return found


def _model(section: str, definitions: Schema) -> Schema:
    found = _pydantic(NewModel)(section, definitions)
    found["properties"]["name"]["pattern"] = f"^{NAME.pattern}$"
    return found


def _monitor(section: str, definitions: Schema) -> Schema:
    """A URL says of which kind it is; what is there already keeps both."""
    found = _pydantic(MonitorSpec)(section, definitions)
    found["required"] = ["name"]
    return found


_MAKERS: dict[str, Callable[[str, Schema], Schema]] = {
    "channels": _channel,
    "groups": _pydantic(GroupSpec),
    "monitors": _monitor,
    "roles": _role,
    "models": _model,
    "schedules": _pydantic(ScheduleSpec),
    "routes": _pydantic(RouteSpec),
    "silences": _pydantic(DeclaredSilence),
    "rules": _pydantic(RuleSpec),
    "maintenance": _pydantic(MaintenanceSpec),
    "reports": _pydantic(ReportSpec),
}


def _open(found: Any) -> Any:
    """The same with a reference to a secret allowed in place of each text, and without the API's examples."""
    if isinstance(found, list):
        return [_open(one) for one in found]
    if not isinstance(found, dict):
        return found
    opened = {word: one if word in _VALUES else _open(one) for word, one in found.items() if not _is_example(word, one)}
    if "properties" in found:
        # Names tell things apart before references are looked up.
        opened["properties"] = {n: one if n == "name" else _open(one) for n, one in found["properties"].items()}
    if opened.get("type") != "string" or opened.keys() & {"const", "enum"}:
        return opened
    notes = {word: opened.pop(word) for word in _NOTES & opened.keys()}
    return {**notes, "anyOf": [opened, {"$ref": "#/$defs/reference"}]}


_VALUES = {"properties", "const", "enum", "default", "required"}
"""Words that hold values, or names, and no schemas."""
_NOTES = {"title", "description", "default", "writeOnly"}


def _is_example(word: str, one: Any) -> bool:
    return word == "examples" and isinstance(one, list)
