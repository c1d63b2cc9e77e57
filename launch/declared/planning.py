"""The plan: what has to be made, changed and removed so that an account is as files declare it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from launch.client import Gateway
from launch.declared.account import Account, body_of, read_account
from launch.declared.files import SECTIONS, Declared, Fields
from launch.declared.judging import Fault, Refused, judge, split_path
from launch.declared.silences import is_over, request
from vedette.errors import InvalidInput
from vedette.notifying.channel_secrets import CHANNEL_SECRETS
from vedette.storable import ALLOWED, first_unstorable

_KEEPING = frozenset({"channels", "roles", "models"})
"""Sections in which fields that an entry does not name keep their values (of monitors the gateway sees to it)."""
_TOLD = 20
"""So many faults are told at most."""
Action = Literal["create", "change", "remove"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do; `differences` are fields with what they are and what they are to be."""

    action: Action
    section: str
    name: str
    differences: tuple[tuple[str, Any, Any], ...] = ()


def plan(gateway: Gateway, declared: Declared, *, prune: bool, now_ms: int) -> list[Change]:
    """The changes, in the order in which they can be made. Sections that no file names stay as they are; with `prune`,
    what their files do not name is removed. Secrets are not compared: nobody tells them.

    Everything is judged first: `Refused` tells all that is wrong, each with its place. Silences that are over by
    `now_ms` (UTC) are nothing to be made.
    """
    account = read_account(gateway)
    wanted = _judged(declared, _with_future(account, declared))
    changes: list[Change] = []
    monitors = _monitors(gateway, declared) if "monitors" in declared.sections else []
    for section in SECTIONS:
        if section == "monitors":
            changes += monitors
            continue
        for name, fields in wanted.get(section, {}).items():
            known = account.definitions[section].get(name)
            if known is None:
                if section != "silences" or not is_over(fields, now_ms):
                    changes.append(Change("create", section, name))
            elif differences := tuple(_differences(known, fields)):
                changes.append(Change("change", section, name, differences))
    if prune:
        for section in reversed(SECTIONS):
            if section in declared.sections:
                gone = [name for name in account.ids[section] if name not in declared.sections[section]]
                changes += [Change("remove", section, name) for name in gone]
    return changes


def _judged(declared: Declared, expected: Account) -> dict[str, dict[str, Fields]]:
    found: dict[str, dict[str, Fields]] = {}
    faults: list[str] = []
    for section, entries in declared.sections.items():
        if section == "monitors":  # the gateway judges them
            continue
        for name, fields in entries.items():
            try:
                found.setdefault(section, {})[name] = judge(section, name, fields, expected)
            except Fault as fault:
                where = f"{declared.where(section, name, fault.path)}{_path(fault.path)}"
                faults.append(str(InvalidInput(where, _hidden(fault), fault.allowed)))
    _refuse(faults)
    return found


def _refuse(faults: list[str]) -> None:
    more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
    if faults:
        raise Refused("\n".join([*faults[:_TOLD], *more]))


def _path(path: tuple[str | int, ...]) -> str:
    found = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f": {found.removeprefix('.')}" if found else ""


def _hidden(fault: Fault) -> object:
    is_secret = fault.path and fault.path[-1] in CHANNEL_SECRETS and isinstance(fault.value, str)
    return "***" if is_secret and fault.value != "<missing>" else fault.value


def carry_out(gateway: Gateway, declared: Declared, changes: list[Change], now_ms: int) -> Iterator[Change]:
    """Make the changes, one after the other; each is given when it is done. A refusal ends it, with its own words."""
    account = read_account(gateway)
    monitors = [change for change in changes if change.section == "monitors" and change.action != "remove"]
    for change in changes:
        if change in monitors:
            if change == monitors[0]:
                wanted = declared.sections["monitors"]
                _import(gateway, declared, {one.name: wanted[one.name] for one in monitors}, dry_run=False)
                account = read_account(gateway)
        else:
            _carry_out(gateway, account, declared, change, now_ms)
            if change.action == "create":
                account = read_account(gateway)
        yield change


def _carry_out(gateway: Gateway, account: Account, declared: Declared, change: Change, now_ms: int) -> None:
    section, name = change.section, change.name
    place = f"/v1/{section}/{quote(name, safe='') if section == 'roles' else account.ids[section].get(name, '')}"
    fields = declared.sections[section].get(name, {})
    if section == "silences" and (change.action == "remove" or is_over(fields, now_ms)):
        gateway.call("POST", f"{place}/end")
        return
    if change.action == "remove":
        gateway.call("DELETE", place)
        return
    body = body_of(section, name, _kept(section, account.definitions[section].get(name), fields), account)
    if section == "silences":
        body = request(body)
    if section == "roles" or (section == "models" and change.action == "change"):
        body.pop("name")
    if section != "roles" and change.action == "create":
        gateway.call("POST", f"/v1/{section}", body=body)
    else:
        gateway.call("PUT", place, body=body)


def _kept(section: str, known: Fields | None, fields: Fields) -> Fields:
    """The fields with those that an entry does not name and that keep their values."""
    if known is None or section not in _KEEPING:
        return fields
    config = {"config": {**known["config"], **fields["config"]}} if section == "channels" else {}
    return {**known, **fields, **config}


def _with_future(account: Account, declared: Declared) -> Account:
    """The account with numbers for what is still to be made, so that declarations that name it can be looked at."""
    found = Account({section: dict(ids) for section, ids in account.ids.items()}, account.definitions)
    for section, entries in declared.sections.items():
        for number, name in enumerate(entries):
            found.ids[section].setdefault(name, -1 - number)
    return found


def _differences(known: Fields, wanted: Fields, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Fields that `wanted` has otherwise; what it does not name keeps its value."""
    for name, value in wanted.items():
        before = known.get(name)
        if name in CHANNEL_SECRETS or before == value:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            yield from _differences(before, value, f"{path}{name}.")
        else:
            yield f"{path}{name}", before, value


def _monitors(gateway: Gateway, declared: Declared) -> list[Change]:
    """By the gateway's own import, which knows what each kind of monitor may say."""
    actions: dict[str, Action] = {"create": "create", "update": "change"}
    found = _import(gateway, declared, declared.sections["monitors"], dry_run=True)
    return [
        Change(actions[one["action"]], "monitors", one["name"], tuple((field, "…", "…") for field in one["changes"]))
        for one in found["monitors"]
        if one["action"] in actions
    ]


def _import(gateway: Gateway, declared: Declared, wanted: dict[str, Fields], *, dry_run: bool) -> dict[str, Any]:
    entries = [{"name": name, **fields} for name, fields in wanted.items()]
    for entry in entries:
        found = first_unstorable(entry)
        if found is not None:
            where = f"{declared.where('monitors', entry['name'])}: {found[0]}"
            raise Refused(str(InvalidInput(where, found[1], ALLOWED)))
    content = msgspec.json.encode({"monitors": entries})
    params = {"format": "json", "dry_run": dry_run}
    answer: dict[str, Any] = gateway.call("POST", "/v1/monitors/import", params=params, content=content)
    faults = []
    for fault in answer["faults"]:
        name, path = fault.get("name"), split_path(fault["field"])
        known = ("monitors", name) in declared.places
        where = declared.where("monitors", str(name), path) if known else f"monitors {name!r}"
        faults.append(f"{where}: {fault['field']}: {fault['value']} is not allowed; allowed: {fault['allowed']}")
    _refuse(faults)
    return answer
