"""The agent's long life in little memory: once its settings are checked, the process replaces itself by a smaller one.

What reads commands and checks settings (typer, pydantic) is a third of an agent's memory, is needed for a moment, and
cannot be unloaded. So `become_lean` starts the interpreter anew in the same process, with the checked settings in a
pipe that only this process sees, and `agent.__main__` goes on there.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, cast

import msgspec

from vedette.telemetry import get_logger

if TYPE_CHECKING:
    from vedette.settings import AgentSettings

ENDING = (signal.SIGTERM, signal.SIGINT)
"""Signals that end the agent."""
_ARENAS = "MALLOC_ARENA_MAX"
"""Each thread's own arena keeps what it once had; an agent's few threads hardly allocate at once."""


class Secret(msgspec.Struct, frozen=True):
    """A value that is shown nowhere by accident."""

    value: str

    def get_secret_value(self) -> str:
        """What is kept secret."""
        return self.value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__


class Plain(msgspec.Struct, frozen=True):
    """As much of `AgentSettings` as an agent of a gateway needs, under the same names."""

    log_level: Literal["debug", "info", "warning", "error"]
    log_format: Literal["console", "json"]
    metrics_port: int
    url: str
    token: Secret
    spool: Path
    spool_max_mb: int
    spool_max_age_s: int
    source: str
    interval_s: float
    host_root: Path
    plugins: Path
    plugin_key: str | None
    transport: Literal["http"] = "http"


def plain(settings: AgentSettings) -> Plain:
    """These settings, which must have a token."""
    assert settings.token is not None
    names = [name for name in Plain.__struct_fields__ if name not in {"token", "transport"}]
    return Plain(token=Secret(settings.token.get_secret_value()), **{name: getattr(settings, name) for name in names})


def encode(settings: Plain) -> bytes:
    """As `decode` reads it; the token is readable in it."""
    return msgspec.json.encode(settings, enc_hook=str)


def decode(data: bytes) -> Plain:
    """What `encode` gave."""
    return msgspec.json.decode(data, type=Plain, dec_hook=lambda kind, value: kind(value))


def become_lean(settings: AgentSettings) -> None:
    """Go on in a fresh interpreter: same process, same working folder, same output, less memory.

    Signals that end it wait until the agent minds them. Returns, with those signals as before, only where this cannot
    be done: then this process has to go on as it is.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        _begin_anew(encode(plain(settings)))
    except OSError as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        get_logger("agent").warning("not_lean", reason=str(error))


def _begin_anew(settings: bytes) -> NoReturn:
    number, writing = os.pipe()
    os.set_inheritable(number, True)
    with os.fdopen(writing, "wb") as file:
        file.write(settings)  # far less than a pipe holds
    environment = {_ARENAS: "2", **os.environ}
    command = [sys.executable, "-P", "-m", "agent", str(number)]  # -P: nothing from the working folder is the agent
    try:
        os.execve(sys.executable, command, environment)  # noqa: S606 - it is this program
    except OSError:
        os.close(number)
        raise


def go_on(number: int) -> AgentSettings:
    """The settings that `become_lean` left at this descriptor."""
    with os.fdopen(number, "rb") as file:
        return cast("AgentSettings", decode(file.read()))
