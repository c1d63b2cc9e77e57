"""The agent's long life in little memory: once its settings are checked, the process replaces itself by a smaller one.

What reads commands and checks settings (typer, pydantic) is a third of an agent's memory, is needed for a moment, and
cannot be unloaded. So `become_lean` starts the interpreter anew in the same process, with the checked settings in a
file that only this process sees, and `agent.__main__` goes on there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, cast

import msgspec

if TYPE_CHECKING:
    from vedette.settings import AgentSettings

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


def become_lean(settings: AgentSettings) -> NoReturn:
    """Go on in a fresh interpreter: same process, same working folder, same output, less memory."""
    number = os.memfd_create("vedette-agent", 0)
    os.write(number, encode(plain(settings)))
    os.lseek(number, 0, os.SEEK_SET)
    environment = {_ARENAS: "2", **os.environ}
    # -P: what lies in the working folder must not be taken for the agent.
    os.execve(sys.executable, [sys.executable, "-P", "-m", "agent", str(number)], environment)  # noqa: S606 - it is this program


def go_on(number: int) -> AgentSettings:
    """The settings that `become_lean` left at this descriptor."""
    with os.fdopen(number, "rb") as file:
        return cast("AgentSettings", decode(file.read()))
