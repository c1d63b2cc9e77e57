"""The identity: under which name and with which token this host was let in, in a file that only its owner may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from vedette.errors import ConfigurationError

if TYPE_CHECKING:
    from vedette.settings import AgentSettings

_FILE = "agent.identity.json"


class Identity(msgspec.Struct, omit_defaults=True):
    """What enrolment gave: where to report to, as who, with which token; and the key of the account's plugin code."""

    url: str
    source: str
    token: str
    account: int
    fingerprint: str
    plugin_key: str | None = None


def identity_path(spool: Path) -> Path:
    """Where the identity of the agent with this spool is."""
    return spool / _FILE


def read_identity(spool: Path) -> Identity | None:
    """The identity, or None if this host was not enrolled. `ConfigurationError` for a file that holds none."""
    path = identity_path(spool)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError("VEDETTE_SPOOL", str(path), f"a file that can be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        allowed = f"an identity as `vedette agent enrol` writes it ({error})"
        raise ConfigurationError("VEDETTE_SPOOL", str(path), allowed) from error


def write_identity(spool: Path, identity: Identity) -> Path:
    """Keep it, whole or not at all, readable by its owner alone; where it is."""
    path = identity_path(spool)
    fresh = path.with_suffix(".new")
    try:
        spool.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(identity))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise ConfigurationError("VEDETTE_SPOOL", str(spool), f"a folder that can be written ({error})") from error
    return path


def with_identity(settings: AgentSettings) -> AgentSettings:
    """The settings, completed by what enrolment gave. A token that is given (`VEDETTE_TOKEN`) goes before it.

    `ConfigurationError` if a name is given that is not the one this host was enrolled under.
    """
    if settings.token is not None or settings.transport != "http":
        return settings
    identity = read_identity(settings.spool)
    if identity is None:
        return settings
    from vedette.settings import AgentSettings

    given = settings.model_fields_set
    if "source" in given and settings.source != identity.source:
        allowed = f"{identity.source!r}, the name that this host was enrolled under (or enrol it again under another)"
        raise ConfigurationError("VEDETTE_SOURCE", settings.source, allowed)
    url = settings.url if "url" in given else identity.url
    return AgentSettings.load(
        **{**settings.model_dump(), "url": url, "source": identity.source, "token": identity.token}
    )
