"""Planning: what an import would do to the monitors that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from ingest_api.importing.entries import Entry, Fault, Place
from vedette.errors import shown
from vedette.monitors import MonitorSpec
from vedette.monitors.targets import kind_of
from vedette.storable import ALLOWED, first_unstorable

Action = Literal["create", "update", "unchanged"]
_FAULTS_OF_ONE = 10


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be done with one entry; `changes` names the fields that would be different."""

    place: Place
    action: Action
    spec: MonitorSpec
    changes: list[str]
    notes: list[str]

    def describe(self) -> dict[str, Any]:
        """As the API shows it."""
        about = {"name": self.spec.name, "action": self.action, "changes": self.changes, "notes": self.notes}
        return {**self.place.describe(), **about}


def plan(entries: Sequence[Entry], stored: Mapping[str, dict[str, Any]]) -> tuple[list[Planned], list[Fault]]:
    """Decide for each entry, by its name; `stored` are the definitions that there are.

    A field that an entry does not name keeps the value that the stored monitor has, unless its kind changes.
    """
    planned: list[Planned] = []
    faults: list[Fault] = []
    places: dict[str, Place] = {}
    for entry in entries:
        known = stored.get(entry.fields["name"]) if isinstance(entry.fields.get("name"), str) else None
        found = _validated(entry, _merged(entry.fields, known))
        if not isinstance(found, MonitorSpec):
            faults += found
        elif found.name in places:
            faults.append(_again(entry, found.name, places[found.name]))
        else:
            places[found.name] = entry.place
            changes = _changes(found, known)
            action: Action = "create" if known is None else "update" if changes else "unchanged"
            planned.append(Planned(entry.place, action, found, [] if known is None else changes, entry.notes))
    return planned, faults


def _merged(fields: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    if known is None:
        return fields
    kind = fields.get("kind") or kind_of(fields.get("url", known["url"]))
    if kind is None and "url" not in fields:
        kind = known.get("kind")  # a heartbeat has no URL that would tell it
    return {**known, **fields} if kind == known.get("kind", "http") else fields


def _validated(entry: Entry, fields: dict[str, Any]) -> MonitorSpec | list[Fault]:
    named = fields.get("name")
    name = named if isinstance(named, str) else None
    bad = first_unstorable(fields)
    if bad is not None:
        return [Fault(entry.place, name, bad[0], shown(bad[1]), ALLOWED)]
    try:
        return MonitorSpec.model_validate(fields)
    except ValidationError as error:
        complaints = error.errors(include_url=False)[:_FAULTS_OF_ONE]
        return [_fault(entry.place, name, dict(complaint)) for complaint in complaints]


def _fault(place: Place, name: str | None, found: dict[str, Any]) -> Fault:
    """Field, value and what is allowed, from one of pydantic's complaints."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]).removeprefix(".")
    value = "<missing>" if found["type"] == "missing" else shown(found["input"])
    about = found.get("ctx", {})
    if found["type"].startswith("union_tag"):
        path = f"{path}.{about['discriminator'].strip(chr(39))}"
        value = shown(about["tag"]) if "tag" in about else "<missing>"
        return Fault(place, name, path, value, about.get("expected_tags", found["msg"]))
    if not path:  # about the whole: the message names its fields and their values
        return Fault(place, name, "monitor", name or "", found["msg"].removeprefix("Value error, "))
    return Fault(place, name, path, value, found["msg"].removeprefix("Value error, "))


def _again(entry: Entry, name: str, first: Place) -> Fault:
    at = first.where if first.line is None else f"{first.where}, line {first.line}"
    return Fault(entry.place, name, "name", shown(name), f"a name that no other entry has ({at} has it)")


def definition(spec: MonitorSpec) -> dict[str, Any]:
    """All that is stored of a monitor, as it is exported."""
    return {"name": spec.name, "url": spec.url, "paused": spec.paused, **spec.config()}


def _changes(spec: MonitorSpec, known: dict[str, Any] | None) -> list[str]:
    if known is None:
        return []
    try:
        before = definition(MonitorSpec.model_validate(known))
    except ValidationError:  # an older program stored what is not allowed any more: it is written anew
        before = known
    after = definition(spec)
    nothing = object()
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name, nothing) != after.get(name, nothing)
    )
