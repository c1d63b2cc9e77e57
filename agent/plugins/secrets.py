"""Secrets: `${file:/path}` and `${env:NAME}` in options become what they name, just before a run, and never leave.

What a secret was is masked in every text that goes out.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vedette.errors import InvalidInput

MASK = "***"
SHORTEST = 3
"""A shorter secret is not masked: it would stand in every other word."""
LONGEST = 64 << 10
_REFERENCE = re.compile(r"\$\{(file|env):([^}]*)\}")
_TELLING = re.compile(r"pass(word|wd|phrase)?|secret|token|api_?key|credential|private_?key", re.IGNORECASE)
"""Options of these names are taken for secrets even before the plugin has said which are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where references may lead. None: anywhere, for who writes options on the host may read what the agent may.

    Options that come from elsewhere reach only files in `folder`, and variables that begin with `prefix`.
    """

    folder: Path | None = None
    prefix: str = ""


class Mask:
    """Replaces secrets in texts, also as they look in URLs and in basic authentication."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= SHORTEST:
                forms |= {secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1]}
                forms.add(base64.b64encode(secret.encode("utf-8", "replace")).decode())
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


@dataclass(slots=True)
class Resolved:
    """Options as the plugin gets them, and the secrets that stand in them."""

    options: dict[str, Any]
    secrets: set[str] = field(default_factory=set)

    def mask(self, secret_options: Iterable[str] = ()) -> Mask:
        """What hides the secrets; `secret_options` are those that the plugin calls so."""
        named = set(secret_options)
        found = set(self.secrets)
        for name, value in self.options.items():
            if name in named or _TELLING.search(name):
                found.update(_texts(value))
        return Mask(found)


def resolve(options: Mapping[str, Any], place: Place, environment: Mapping[str, str] | None = None) -> Resolved:
    """`options` with every reference replaced. Raises `InvalidInput` that names the option and the reference."""
    found = Resolved({})
    known = os.environ if environment is None else environment
    for name, value in options.items():
        found.options[name] = _resolve(name, value, place, known, found.secrets)
    return found


def _resolve(name: str, value: Any, place: Place, known: Mapping[str, str], secrets: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(f"{name}.{key}", one, place, known, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [_resolve(name, one, place, known, secrets) for one in value]
    if not isinstance(value, str):
        return value

    def replaced(match: re.Match[str]) -> str:
        text = _file(name, match, place) if match[1] == "file" else _variable(name, match, place, known)
        secrets.add(text)
        return text

    return _REFERENCE.sub(replaced, value)


def _file(option: str, match: re.Match[str], place: Place) -> str:
    path = Path(match[2])
    field_name = f"options.{option}"
    if place.folder is not None and not path.resolve().is_relative_to(place.folder.resolve()):
        raise InvalidInput(field_name, match[0], f"a file in {place.folder}, since this came from the gateway")
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST).strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InvalidInput(field_name, match[0], f"a file that can be read ({reason})") from None


def _variable(option: str, match: re.Match[str], place: Place, known: Mapping[str, str]) -> str:
    if not match[2].startswith(place.prefix):
        allowed = f"a variable that begins with {place.prefix}, since this came from the gateway"
        raise InvalidInput(f"options.{option}", match[0], allowed)
    value = known.get(match[2])
    if value is None:
        raise InvalidInput(f"options.{option}", match[0], "a variable that is set where the agent runs")
    return value


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for one in value.values() for text in _texts(one)}
    if isinstance(value, list):
        return {text for one in value for text in _texts(one)}
    return {value} if isinstance(value, str) else set()
