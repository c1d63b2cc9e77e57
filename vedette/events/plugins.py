"""PluginSpec: which plugin an agent runs, how, and within what bounds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, get_args

import msgspec

from vedette.errors import InvalidInput
from vedette.events.codec import decode

PluginKind = Literal["python", "nagios", "prometheus", "json", "statsd"]
KINDS: tuple[PluginKind, ...] = get_args(PluginKind)

MAX_CODE = 256 << 10
"""Longest source text of a plugin, in bytes."""
MAX_OPTIONS = 64 << 10
"""Longest options of an instance, in bytes of JSON."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_PLUGIN = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
NAME_RULE = "a letter or digit and then letters, digits, _ . - (at most 64)"
PLUGIN_RULE = "a small letter and then small letters, digits, _ (at most 40)"


class PluginCode(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A plugin's source text (of a `nagios` or `json` plugin: its command), as the account's owner signed it.

    `sha256` (hexadecimal) is of the text in UTF-8, `signature` (base64) by the account's ed25519 key over the plugin's
    name and that hash.
    """

    source: str
    sha256: str
    signature: str


class PluginSpec(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One instance of a plugin: `name` tells it from others on its host, `plugin` says which it is.

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


_decoder = msgspec.json.Decoder(PluginSpec)


def decode_spec(data: bytes) -> PluginSpec:
    """The spec in a JSON object, within its limits; `InvalidInput` for anything else."""
    spec = decode(_decoder, data)
    check_spec(spec)
    return spec


def check_spec(spec: PluginSpec) -> None:
    """Raise `InvalidInput` for the first field outside its limits. A signature is judged by the agent alone."""
    check_name("name", spec.name)
    check_plugin("plugin", spec.plugin)
    _check_number("interval_s", spec.interval_s, 1, 86_400)
    _check_number("timeout_s", spec.timeout_s, 0.1, 300)
    _check_number("memory_mb", spec.memory_mb, 16, 4096)
    _check_number("max_series", spec.max_series, 1, 5000)
    try:
        size = len(msgspec.json.encode(spec.options))
    except (TypeError, ValueError) as error:
        raise InvalidInput("options", spec.options, "what JSON can hold") from error
    if size > MAX_OPTIONS:
        raise InvalidInput("options", f"{size} bytes", f"at most {MAX_OPTIONS} bytes of JSON")
    if spec.code is not None:
        check_code(spec.code)


def check_name(field: str, name: str) -> None:
    """Raise `InvalidInput` for what is no instance's name."""
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(field, name, NAME_RULE)


def check_plugin(field: str, plugin: str) -> None:
    """Raise `InvalidInput` for what is no plugin's name: it begins the names of its series."""
    if _PLUGIN.fullmatch(plugin) is None:
        raise InvalidInput(field, plugin, PLUGIN_RULE)


def check_code(code: PluginCode, digest: Callable[[bytes], str] | None = None) -> None:
    """Raise `InvalidInput` for code that is too long or, given how to make a hash, is not what was hashed."""
    try:
        source = code.source.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("code.source", code.source, "UTF-8 text, without lone surrogates") from error
    if "\0" in code.source:
        raise InvalidInput("code.source", code.source, "text without NUL")
    if not 1 <= len(source) <= MAX_CODE:
        raise InvalidInput("code.source", f"{len(source)} bytes", f"1 to {MAX_CODE} bytes")
    if _SHA256.fullmatch(code.sha256) is None or (digest is not None and digest(source) != code.sha256):
        raise InvalidInput("code.sha256", code.sha256, "the SHA-256 of the source, in 64 small hexadecimal digits")
    if not 1 <= len(code.signature) <= 200:
        raise InvalidInput("code.signature", code.signature, "a base64 ed25519 signature")


def _check_number(field: str, number: float, least: float, most: float) -> None:
    if not least <= number <= most:
        raise InvalidInput(field, number, f"{least} to {most}")
