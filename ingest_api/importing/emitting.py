"""Emitting: definitions as JSON or YAML.

YAML is written in block style with texts in JSON's double quotes, which YAML reads as they are meant: nothing has to
guess whether `on` or `1e3` is a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LOOK_OTHERWISE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def write_json(definitions: Sequence[dict[str, Any]]) -> str:
    """One document, `{"monitors": [...]}`."""
    return json.dumps({"monitors": list(definitions)}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_yaml(definitions: Sequence[dict[str, Any]]) -> str:
    """The same document as YAML."""
    return yaml_of({"monitors": list(definitions)})


def yaml_of(document: dict[str, Any]) -> str:
    """A mapping of plain values as YAML; an empty one is an empty text."""
    return "\n".join(_lines(document, 0)) + "\n" if document else ""


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _one(f"{indent}{_key(key)}:", one, depth)
    else:
        for one in value:
            if isinstance(one, dict) and one:
                first, *rest = _lines(one, depth + 1)
                yield f"{indent}- {first.lstrip()}"
                yield from rest
            else:
                yield from _one(f"{indent}-", one, depth)


def _one(head: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _lines(value, depth + 1)
    else:
        yield f"{head} {_scalar(value)}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _LOOK_OTHERWISE else _scalar(key)


def _scalar(value: Any) -> str:
    """A value in JSON; what JSON leaves bare and YAML does not print is escaped, and so is what lies beyond 16 bits."""
    if isinstance(value, float) and "e" in repr(value):
        return _float(value)
    bare = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return "".join(_escaped(char) for char in bare)


def _escaped(char: str) -> str:
    if char.isprintable() and char != "\ufeff":
        return char
    number = ord(char)
    return f"\\u{number:04x}" if number < 1 << 16 else f"\\U{number:08x}"


def _float(value: float) -> str:
    """YAML 1.1 wants a dot and a sign in an exponent, or takes the number for a text."""
    mantissa, _, exponent = repr(value).partition("e")
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}"
