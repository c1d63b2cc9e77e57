"""PluginSpec: which plugin an agent runs, how, and within what bounds."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

PluginKind = Literal["python", "nagios", "prometheus", "json", "statsd"]


class PluginCode(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A plugin's source text, its SHA-256 (hexadecimal), and the account's ed25519 signature (base64) over it."""

    source: str
    sha256: str
    signature: str


class PluginSpec(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One instance of a plugin: `name` tells it from others, `plugin` says which it is.

    Times are in seconds. `options` may hold `${file:/path}` and `${env:NAME}`, which only the host resolves.
    """

    name: str
    plugin: str
    kind: PluginKind = "python"
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    interval_s: float = 60.0
    timeout_s: float = 20.0
    memory_mb: int = 128
    max_series: int = 500
    code: PluginCode | None = None
