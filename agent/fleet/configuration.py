"""The central configuration, taken part by part: one that is wrong is refused with its reason, and the others apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vedette.errors import InvalidInput, shown
from vedette.events.codec import decode, invalid
from vedette.events.fleet import LONGEST_TEXT, Refusal
from vedette.events.plugins import PluginSpec
from vedette.telemetry import get_logger

_FILE = "agent.config.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the configuration: its type, and what to do when it has changed.

    `apply` is given the value, or None where the configuration does not say (then the agent's own setting counts). It
    may refuse all of it by an `InvalidInput`, or some of it by returning refusals. It must not block.
    """

    type: Any
    apply: Callable[[Any], Sequence[Refusal] | None]


class _Kept(msgspec.Struct):
    version: str
    config: dict[str, msgspec.Raw]


class Configuration:
    """What the gateway has configured, kept in a file, so that it holds from the start on while the gateway is away.

    `version` is what was taken last, `refused` what of it was not. A part that is refused stays as it was before.
    """

    def __init__(self, folder: Path, parts: Mapping[str, Part]) -> None:
        self._path = folder / _FILE
        self._parts = parts
        self._applied: dict[str, bytes | None] = {}
        self._log = get_logger("fleet")
        self.version = ""
        self.refused: list[Refusal] = []

    def restore(self) -> None:
        """Apply what was kept. A file that cannot be read is as none: the gateway sends everything again."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            self._log.warning("config_unreadable", path=str(self._path), error=str(error))
            return
        self._apply(kept.version, kept.config)

    def take(self, version: str, config: Mapping[str, msgspec.Raw]) -> None:
        """Apply a configuration and keep it."""
        self._apply(version, config)
        fresh = self._path.with_suffix(".new")
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(_Kept(version, dict(config))))
            fresh.replace(self._path)
        except OSError as error:  # it holds all the same, until the next start
            self._log.warning("config_not_kept", path=str(self._path), error=str(error))
        self._log.info("config_applied", version=version, refused=[refusal.part for refusal in self.refused])

    def _apply(self, version: str, config: Mapping[str, msgspec.Raw]) -> None:
        allowed = ", ".join(self._parts)
        self.refused = [
            Refusal(name[:300], f"this agent does not know it; it knows {allowed}")
            for name in config
            if name not in self._parts
        ]
        for name, part in self._parts.items():
            raw = config.get(name)
            self.refused += self._apply_part(name, part, None if raw is None else bytes(raw))
        self.version = version

    def _apply_part(self, name: str, part: Part, raw: bytes | None) -> list[Refusal]:
        try:
            if raw is None:
                return list(part.apply(None) or ()) if self._applied.get(name) is not None else []
            # Applied also where it has not changed: only so are its refusals told again.
            value = decode(msgspec.json.Decoder(part.type), raw)
            refused = list(part.apply(value) or ())
        except InvalidInput as error:
            self._log.warning("config_refused", part=name, reason=str(error))
            return [_refusal(name, error)]
        except Exception as error:  # noqa: BLE001 - a part that fails costs itself, and never the agent
            self._log.error("config_failed", part=name, error=repr(error))
            return [Refusal(name, f"the agent failed to apply it: {error!r}"[:LONGEST_TEXT])]
        finally:
            self._applied[name] = raw
        return refused


def _refusal(part: str, error: InvalidInput) -> Refusal:
    field = "" if error.field in {"body", part} else f"{error.field}: "
    return Refusal(part, f"{field}{shown(error.value)} is not allowed; allowed: {error.allowed}"[:LONGEST_TEXT])


def plugin_part(assign: Callable[[list[PluginSpec]], Sequence[Refusal] | None]) -> Part:
    """The part `plugins`: each is read by itself, and `assign` gets all that could be read, whenever they change."""

    def apply(given: list[Any] | None) -> list[Refusal]:
        good: dict[str, PluginSpec] = {}
        refused: list[Refusal] = []
        for number, item in enumerate(given or ()):
            name = item.get("name") if isinstance(item, dict) else None
            where = f"plugins[{name if isinstance(name, str) else number}]"[:300]
            try:
                spec = msgspec.convert(item, PluginSpec)
            except msgspec.ValidationError as error:
                refused.append(_refusal(where, invalid(error, item)))
                continue
            if spec.name in good:
                refused.append(Refusal(where, "another plugin has this name"))
                continue
            good[spec.name] = spec
        return [*refused, *(assign(list(good.values())) or ())]

    return Part(list[Any], apply)
