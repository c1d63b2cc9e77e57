"""Markdown out of words of others: what they wrote is shown as it is, and formats, links or breaks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ACTIVE = re.compile(r"([\\`*_\[\]<>|~&])")
_HEAD = re.compile(r"^([#+\-=]|\d+(?=[.)](?: |$)))")
_SCHEME = re.compile(r"(?<=[A-Za-z])://|\b(?<=www)\.", re.IGNORECASE)
_UNSEEN = re.compile(
    "[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060-\u206f\u3000\ufeff\ud800-\udfff]+"
)
"""White space and control characters, among them those that turn the direction of writing."""


def plain(text: object, most: int = 500) -> str:
    """A text in one line, cut at `most` characters, with all that Markdown would act on escaped."""
    line = _UNSEEN.sub(" ", str(text)).strip()
    line = line if len(line) <= most else line[: most - 1].rstrip() + "…"
    escaped = _ACTIVE.sub(r"\\\1", line)
    # Bare addresses become links by themselves in many programs.
    escaped = _SCHEME.sub(lambda found: "\\" + found[0], escaped).replace("@", "&#64;")
    head = _HEAD.match(escaped)
    if head is None:
        return escaped
    begin = head[1]
    return ("\\" + escaped) if not begin.isdigit() else begin + "\\" + escaped[len(begin) :]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; cells are Markdown already."""
    return [_row(heads), _row(["---"] * len(heads)), *(_row(row) for row in rows), ""]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
