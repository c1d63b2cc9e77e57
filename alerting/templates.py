"""Templates: the words of an alert as a rule's owner wants them, in a language that can do nothing but fill in.

`{name}` is replaced; `{name:.2f}` (also `e`, `g`, `%`) writes a number; `{{` and `}}` are braces. That is all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

PLAIN = (
    "subject", "value", "limit", "rule", "severity", "state", "name", "words", "runbook", "at", "started", "link",
)  # fmt: skip
"""What may be filled in, beside `labels.…` (those that routes and silences choose by) and `detail.…` of the signal."""
MAX_TITLE, MAX_BODY = 300, 4_000
"""Characters of what comes out; the rest is cut."""
ALLOWED = f"{{name}} or {{name:.2f}} with {', '.join(PLAIN)}, labels.NAME or detail.NAME; {{{{ and }}}} for braces"
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_OF = re.compile(r"(labels|detail)\.[A-Za-z_][A-Za-z0-9_]*")
_FORMAT = re.compile(r"\.\d[efg%]")


class TemplateFault(Exception):
    """A template cannot be filled in for this alert; the text says why."""


Hole = tuple[str, str]
"""What is filled in, and the format of a number (empty: as it is)."""


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[str | Hole, ...]:
    """The template's parts; `ValueError` says what is allowed where it cannot be read."""
    found: list[str | Hole] = []
    at = 0
    for part in _PART.finditer(text):
        found.append(text[at : part.start()])
        at = part.end()
        if part[0] in {"{{", "}}"}:
            found.append(part[0][0])
            continue
        name, colon, form = (part[1] or "").partition(":")
        if (name not in PLAIN and not _OF.fullmatch(name)) or (colon and not _FORMAT.fullmatch(form)):
            raise ValueError(f"{ALLOWED} (not {part[0]})")
        found.append((name, form))
    return (*found, text[at:])


def fill(text: str, values: Mapping[str, object]) -> str:
    """The template with `values` (labels as `labels.NAME`) in it; `TemplateFault` if one is missing or no number."""
    return "".join(part if isinstance(part, str) else _filled(part, values) for part in parse(text))


def _filled(hole: Hole, values: Mapping[str, object]) -> str:
    name, form = hole
    value = values.get(name)
    if value is None:
        raise TemplateFault(f"this alert has no {name}")
    if form:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TemplateFault(f"{name} is no number ({value!s:.40})")
        return format(value, form)
    return f"{value:g}" if isinstance(value, float) else str(value)
