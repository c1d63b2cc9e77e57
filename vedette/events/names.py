"""Series names: the canonical form `name{label="value",…}` with sorted labels, and its parts."""

from __future__ import annotations

import re
from functools import lru_cache

from xxhash import xxh3_64_intdigest

from vedette.errors import InvalidInput

MAX_NAME = 200
MAX_CANONICAL = 600
MAX_LABELS = 16
NAME_RULE = f"a letter or _ and then letters, digits, _ . : / - (at most {MAX_NAME})"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/\-]*")
_UNPRINTED = r"\x00-\x1f\x7f\ud800-\udfff"
"""Control characters and lone surrogates: PostgreSQL and UTF-8 cannot hold all of them."""
_LABEL = re.compile(rf'\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\{_UNPRINTED}]|\\[^{_UNPRINTED}])*)"\s*(,|$)')
_ESCAPE = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
_UNESCAPE = re.compile(r"\\(.)")


def _unescape(text: str) -> str:
    return _UNESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text)


def _escape(text: str) -> str:
    return "".join(_ESCAPE.get(char, char) for char in text)


def split_labels(text: str, field: str) -> dict[str, str]:
    """The labels in `a="x",b="y"` (what stands between the braces)."""
    labels: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if match is None:
            raise InvalidInput(field, text, 'labels as key="value", separated by commas, without control characters')
        if match[1] in labels:
            raise InvalidInput(field, match[1], "each label once")
        labels[match[1]] = _unescape(match[2])
        at = match.end()
    return labels


@lru_cache(maxsize=65_536)
def parse_series(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Name and sorted labels of a series; an `InvalidInput` tells what is wrong with `text`."""
    field = "series name"
    if len(text) > MAX_CANONICAL:
        raise InvalidInput(field, text, f"at most {MAX_CANONICAL} characters")
    name, brace, rest = text.partition("{")
    if len(name) > MAX_NAME or _NAME.fullmatch(name) is None:
        raise InvalidInput(field, text, NAME_RULE)
    if not brace:
        return name, ()
    if not rest.endswith("}"):
        raise InvalidInput(field, text, "labels between { and }")
    labels = split_labels(rest[:-1], field)
    if len(labels) > MAX_LABELS:
        raise InvalidInput(field, text, f"at most {MAX_LABELS} labels")
    return name, tuple(sorted(labels.items()))


def format_series(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    """The canonical text of a series; `labels` are sorted."""
    if not labels:
        return name
    inner = ",".join(f'{key}="{_escape(value)}"' for key, value in labels)
    return f"{name}{{{inner}}}"


@lru_cache(maxsize=65_536)
def canonical(text: str) -> str:
    """`text` in canonical form; an `InvalidInput` if it is not a series name."""
    return format_series(*parse_series(text))


def hash64(*parts: str | bytes | int) -> int:
    """Signed 64-bit xxh3 of the parts, as PostgreSQL's bigint holds it.

    The same parts give the same number in every process and version: identities are made from it.
    """
    joined = b"\0".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)
    value = xxh3_64_intdigest(joined)
    return value - (1 << 64) if value >= 1 << 63 else value


def source_id(account: int, source: str) -> int:
    """Identity of a source: no coordination is needed to make it."""
    return hash64(account, source)
