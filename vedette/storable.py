"""Storable text: PostgreSQL holds no U+0000, and UTF-8 no half of a surrogate pair."""

from __future__ import annotations

import re
from typing import Any

from vedette.errors import InvalidInput

ALLOWED = "text without NUL (U+0000) and halves of surrogate pairs"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def first_unstorable(value: Any, path: str = "") -> tuple[str, str] | None:
    """Where text stands that no database holds, and that text: the first in a value of JSON's types, keys included.

    The path is as in problems: `steps[0].note`; parts of it that cannot be shown are escaped. Values may be nested as
    deeply as their parser allowed.
    """
    waiting: list[tuple[str, Any]] = [(path, value)]
    while waiting:
        at, one = waiting.pop()
        if isinstance(one, str):
            if UNSTORABLE.search(one):
                return at, one
        elif isinstance(one, dict):
            for key in one:
                if isinstance(key, str) and UNSTORABLE.search(key):
                    return f"{at}.{ascii(key)[1:-1]}".removeprefix("."), key
            waiting += [(f"{at}.{key}".removeprefix("."), inner) for key, inner in reversed(one.items())]
        elif isinstance(one, list):
            waiting += [(f"{at}[{number}]", inner) for number, inner in reversed([*enumerate(one)])]
    return None


def check_storable(value: Any, path: str = "") -> None:
    """`InvalidInput` names the first text that no database holds."""
    found = first_unstorable(value, path)
    if found is not None:
        raise InvalidInput(found[0] or "body", found[1], ALLOWED)
