"""The status: how the agent stands with its gateway, in its log when it changes, and in a file for who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from vedette.clock import Clock
from vedette.errors import shown
from vedette.events.fleet import Refusal
from vedette.telemetry import get_logger

State = Literal["starting", "ok", "refused", "down", "away", "old"]
_FILE = "agent.status.json"
_LEVELS = {"ok": "info", "starting": "info", "old": "info", "away": "warning", "refused": "error", "down": "error"}


class Standing(msgspec.Struct, omit_defaults=True):
    """`state` since `since_ms`: `ok`; `refused` (the gateway does not accept the token: revoked, or for another name);
    `down` (another machine has this identity); `away` (the gateway does not answer); `old` (it knows no check-ins).

    `clock_offset_ms` is this host's clock minus the gateway's. Times are in ms UTC by this host's clock.
    """

    source: str
    state: State
    since_ms: int
    reason: str = ""
    checked_in_ms: int = 0
    clock_offset_ms: int = 0
    config_version: str = ""
    refused: list[Refusal] = msgspec.field(default_factory=list)


class Status:
    """Keeps the standing; a file that cannot be written is no reason to stop."""

    def __init__(self, folder: Path, source: str, clock: Clock) -> None:
        self._path, self._clock = folder / _FILE, clock
        self._log = get_logger("fleet")
        self.now = Standing(source, "starting", clock.now_ms())
        self._write()

    def set(self, state: State, reason: str = "") -> None:
        """The standing is this; said in the log if it is another than before."""
        if state != self.now.state or (state != "away" and reason != self.now.reason):
            self.now.since_ms = self._clock.now_ms()
            getattr(self._log, _LEVELS[state])("standing", state=state, was=self.now.state, reason=reason)
        self.now.state, self.now.reason = state, reason
        self._write()

    def _write(self) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_bytes(msgspec.json.encode(self.now))
            fresh.replace(self._path)
        except OSError as error:
            self._log.warning("status_not_kept", path=shown(str(self._path)), error=str(error))


def read_status(folder: Path) -> Standing | None:
    """What an agent with this folder last wrote of itself, or None if there was none."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=Standing)
    except (OSError, msgspec.MsgspecError):
        return None
