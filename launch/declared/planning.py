"""The plan: what has to be made, changed and removed so that an account is as files declare it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from launch.client import Gateway
from launch.declared.account import Account, Fields, body_of, read_account, whole
from launch.declared.files import SECTIONS, Declared
from vedette.errors import InvalidInput
from vedette.notifying.channel_secrets import CHANNEL_SECRETS

Action = Literal["create", "change", "remove"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do; `differences` are fields with what they are and what they are to be."""

    action: Action
    section: str
    name: str
    differences: tuple[tuple[str, Any, Any], ...] = ()


def plan(gateway: Gateway, declared: Declared, *, prune: bool) -> list[Change]:
    """The changes, in the order in which they can be made. Sections that no file names stay as they are; with `prune`,
    what their files do not name is removed. Secrets are not compared: nobody tells them."""
    account = read_account(gateway)
    expected = _with_future(account, declared)
    changes: list[Change] = []
    for section in SECTIONS:
        if section not in declared:
            continue
        if section == "monitors":
            changes += _monitors(gateway, declared[section])
            continue
        for name, fields in declared[section].items():
            wanted = whole(section, name, fields, expected)
            known = account.definitions[section].get(name)
            if known is None:
                changes.append(Change("create", section, name))
            elif differences := tuple(_differences(known, wanted)):
                changes.append(Change("change", section, name, differences))
    if prune:
        for section in reversed(SECTIONS):
            if section in declared:
                gone = [name for name in account.ids[section] if name not in declared[section]]
                changes += [Change("remove", section, name) for name in gone]
    return changes


def carry_out(gateway: Gateway, declared: Declared, changes: list[Change]) -> Iterator[Change]:
    """Make the changes, one after the other; each is given when it is done. A refusal ends it, with its own words."""
    account = read_account(gateway)
    monitors = [change for change in changes if change.section == "monitors" and change.action != "remove"]
    for change in changes:
        if change in monitors:
            if change == monitors[0]:
                _import(gateway, {one.name: declared["monitors"][one.name] for one in monitors}, dry_run=False)
                account = read_account(gateway)
        else:
            _carry_out(gateway, account, declared, change)
            if change.action == "create":
                account = read_account(gateway)
        yield change


def _carry_out(gateway: Gateway, account: Account, declared: Declared, change: Change) -> None:
    section, name = change.section, change.name
    place = quote(name, safe="") if section == "roles" else str(account.ids[section].get(name, ""))
    if change.action == "remove":
        gateway.call("DELETE", f"/v1/{section}/{place}")
        return
    body = body_of(section, name, declared[section][name], account)
    if section == "roles":
        gateway.call("PUT", f"/v1/roles/{place}", body={key: value for key, value in body.items() if key != "name"})
    elif change.action == "create":
        gateway.call("POST", f"/v1/{section}", body=body)
    else:
        if section == "models":
            body.pop("name")
        gateway.call("PUT", f"/v1/{section}/{place}", body=body)


def _with_future(account: Account, declared: Declared) -> Account:
    """The account with numbers for what is still to be made, so that declarations that name it can be looked at."""
    found = Account({section: dict(ids) for section, ids in account.ids.items()}, account.definitions)
    for section, entries in declared.items():
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


def _monitors(gateway: Gateway, declared: dict[str, Fields]) -> list[Change]:
    """By the gateway's own import, which knows what each kind of monitor may say."""
    actions: dict[str, Action] = {"create": "create", "update": "change"}
    return [
        Change(actions[one["action"]], "monitors", one["name"], tuple((field, "…", "…") for field in one["changes"]))
        for one in _import(gateway, declared, dry_run=True)["monitors"]
        if one["action"] in actions
    ]


def _import(gateway: Gateway, declared: dict[str, Fields], *, dry_run: bool) -> dict[str, Any]:
    content = msgspec.json.encode({"monitors": [{"name": name, **fields} for name, fields in declared.items()]})
    params = {"format": "json", "dry_run": dry_run}
    found: dict[str, Any] = gateway.call("POST", "/v1/monitors/import", params=params, content=content)
    for fault in found["faults"][:1]:
        raise InvalidInput(f"monitors {fault.get('name')!r}: {fault['field']}", fault["value"], fault["allowed"])
    return found
