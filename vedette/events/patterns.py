"""Patterns: regular expressions that users write, by an engine whose time is linear in the text.

RE2's syntax; look-around and back-references do not exist there. With Python's own engine one pattern such as
`(a|a)*b` would hold a process for ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from vedette.errors import InvalidInput

MAX_PATTERN = 1000
_MEMORY_BYTES = 1 << 20


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return re2.compile(text, options)


def check_pattern(field: str, text: str) -> None:
    """Raise `InvalidInput` if `text` is no pattern, or too large a one."""
    if len(text) > MAX_PATTERN:
        raise InvalidInput(field, text, f"a regular expression of at most {MAX_PATTERN} characters")
    try:
        _compiled(text)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error, re2.error) else str(error)
        raise InvalidInput(field, text, f"a regular expression in RE2's syntax ({reason})") from error


def matches_whole(pattern: str, text: str) -> bool:
    """Whether `pattern`, which was checked, matches all of `text`."""
    return _compiled(pattern).fullmatch(text) is not None


def matches_somewhere(pattern: str, text: str) -> bool:
    """Whether `pattern`, which was checked, matches a part of `text`."""
    return _compiled(pattern).search(text) is not None


def steps_per_byte(pattern: str) -> int:
    """How many steps each byte of a text may cost at worst, with `pattern`, which was checked."""
    return max(1, int(_compiled(pattern).programsize))
