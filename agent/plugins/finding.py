"""Finding: which code a spec means, and whether it may run here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.plugins.owners import foreign_hand
from vedette.errors import NotAllowed
from vedette.events.plugins import PluginCode, PluginSpec

NATIVE = Path(__file__).with_name("native")
KINDS = Path(__file__).with_name("kinds")
_FILES = {"nagios": "nagios.py", "prometheus": "prometheus.py", "json": "json_values.py", "statsd": "statsd.py"}
COMMAND_OPTIONS = ("command", "program")
"""Options that name what is run: as good as code, so from elsewhere they come signed or not at all."""

Verify = Callable[[str, PluginCode], Awaitable[str | None]]
"""Says why a plugin's code is not what the account's owner signed; None if it is."""


class Refused(NotAllowed):
    """The code may not run on this host."""

    code = "plugin-refused"


@dataclass(slots=True)
class Found:
    """What to run: a file, or a source text; `ours` if it ships with the agent. `options` are added to the spec's."""

    path: str | None = None
    source: str | None = None
    ours: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def order(self) -> dict[str, Any]:
        """The part of an order that names the code."""
        return {"path": self.path} if self.path is not None else {"source": self.source}


async def find(spec: PluginSpec, *, central: bool, folder: Path, verify: Verify) -> Found:
    """The code of a spec, or `Refused` with the reason.

    `central` specs come from the gateway: they run what ships with the agent, and what is signed. Local ones run what
    lies in `folder` too.
    """
    if spec.kind != "python":
        return await _kind(spec, central, verify)
    if spec.code is not None:
        await _check(spec, central, verify)
        return Found(source=spec.code.source)
    local = folder / f"{spec.plugin}.py"
    if not central and local.exists():
        check_owner(local)
        return Found(str(local.resolve()))
    native = NATIVE / f"{spec.plugin}.py"
    if native.exists() and spec.plugin != "__init__":
        _without_commands(spec, central)
        return Found(str(native), ours=True)
    where = "without signed code" if central else f"and {local} does not exist"
    raise Refused(f"plugin {spec.plugin!r} is none of those that ship with the agent, {where}")


async def _kind(spec: PluginSpec, central: bool, verify: Verify) -> Found:
    found = Found(str(KINDS / _FILES[spec.kind]), ours=True)
    _without_commands(spec, central)
    if spec.code is not None:
        await _check(spec, central, verify)
        found.options = {"command": [spec.code.source.strip()]}
    if spec.kind == "statsd":
        found.options["interval_s"] = spec.interval_s
    return found


async def _check(spec: PluginSpec, central: bool, verify: Verify) -> None:
    assert spec.code is not None
    if not central:
        raise Refused("code stands in a file of its own beside the local configuration, not in it")
    reason = await verify(spec.plugin, spec.code)
    if reason is not None:
        raise Refused(f"its code is not signed by the account's key: {reason}")


def _without_commands(spec: PluginSpec, central: bool) -> None:
    for name in COMMAND_OPTIONS:
        if central and name in spec.options:
            raise Refused(f"option {name} came from the gateway; a command must be signed, as the spec's code")


def check_owner(path: Path) -> None:
    """Raise `Refused` for code that others than root and the agent's user could have written."""
    reason = foreign_hand(path)
    if reason is not None:
        raise Refused(reason)
