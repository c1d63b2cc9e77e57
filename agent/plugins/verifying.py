"""Verifying: whether code from the gateway is signed, found out once in a process that ends at once."""

from __future__ import annotations

import hashlib

import msgspec

from agent.plugins.launcher.client import Launcher, LauncherLost
from vedette.events.plugins import PluginCode

TIMEOUT_S = 20.0
MEMORY_MB = 256
MOST_KNOWN = 400


class _Verdict(msgspec.Struct):
    reason: str | None


class Verifier:
    """Judges code by the account's public `key`; without one nothing is signed.

    The library for signatures takes ten megabytes, so it is loaded in a child of the launcher and not in the agent.
    Verdicts are kept.
    """

    def __init__(self, launcher: Launcher, key: str | None) -> None:
        self._launcher = launcher
        self._key = key
        self._known: dict[tuple[str, str, str, str], str | None] = {}

    def pin(self, key: str | None) -> bool:
        """Judge by this key from now on; whether that is another one."""
        changed = key != self._key
        if changed:
            self._key = key
            self._known.clear()
        return changed

    async def verify(self, plugin: str, code: PluginCode) -> str | None:
        """Why the code may not run; None if it may. Raises `LauncherLost` if nobody could find out."""
        if self._key is None:
            return "this host has no key of the account, so no code from the gateway runs here"
        content = hashlib.sha256(code.source.encode()).hexdigest()
        about = (plugin, code.sha256, code.signature, content)
        if about not in self._known:
            verdict = await self._ask(plugin, code, self._key)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[about] = verdict
        return self._known[about]

    async def _ask(self, plugin: str, code: PluginCode, key: str) -> str | None:
        given = {"key": key, "plugin": plugin, **msgspec.to_builtins(code)}
        ended = await self._launcher.run({"mode": "verify", "given": given}, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB)
        try:
            return msgspec.json.decode(ended.answer, type=_Verdict).reason
        except msgspec.DecodeError as error:  # too slow, too little memory: another time it may go well
            said = ended.noise.decode("utf-8", "replace")[-300:] or ended.why
            raise LauncherLost(f"it could not be verified: {said}") from error
