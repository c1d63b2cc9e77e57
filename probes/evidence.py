"""Evidence: a short record of a failure, for people who ask what was seen. Secrets never stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

HEADERS, FIRST_BYTES, MOST = 12, 500, 900
"""How many headers, how many characters of the body's beginning, and how many characters of any entry are kept."""

_HIDDEN = frozenset({"set-cookie", "cookie", "authorization", "proxy-authorization", "www-authenticate"})
_CREDENTIALS = re.compile(rf"^({'|'.join(sorted(_HIDDEN))}):[^\r\n]*", re.IGNORECASE | re.MULTILINE)
"""Such headers in an answer's bytes: of a head that could not be read, or of a request that is echoed."""

_QUERY = re.compile(r"[?#].*")
_SHORTEST_SECRET = 4
"""A shorter one would blank out half of every text, and protects nothing."""


def evidence(
    *,
    error: str,
    phase: str,
    address: str | None,
    status: int | None,
    head: Sequence[tuple[str, str]],
    first: bytes,
    secrets: Iterable[str],
    notes: Iterable[tuple[str, str]] = (),
) -> dict[str, str]:
    """What was seen: the class of the error, the phase, and what there is of address, status, headers and first bytes.

    `secrets` are blanked out wherever they come back (a server may echo what it was sent); so are the values of
    headers that carry credentials, and the queries of redirects.
    """
    hidden = sorted({text for text in secrets if len(text) >= _SHORTEST_SECRET}, key=len, reverse=True)
    found = {"class": _printable(error.partition(":")[0], MOST), "phase": phase}
    if address is not None:
        found["address"] = address
    if status is not None:
        found["status"] = str(status)
    if head:
        lines = (f"{name}: {_header(name, value)}" for name, value in head[:HEADERS])
        found["headers"] = _printable(_blanked("\n".join(lines), hidden), MOST)
    if first:
        # blanked before it is cut: half a secret at the end would not be found
        text = _CREDENTIALS.sub(r"\1: ***", first[:4096].decode("utf-8", "replace"))
        found["first_bytes"] = _printable(_blanked(text, hidden), FIRST_BYTES)
    for name, text in notes:
        found[name] = _printable(_blanked(text, hidden), MOST)
    return found


def _header(name: str, value: str) -> str:
    if name.lower() in _HIDDEN:
        return "***"
    return _QUERY.sub("?***", value) if name.lower() == "location" else value[:200]


def _blanked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _printable(text: str, most: int) -> str:
    kept = "".join(char if char.isprintable() or char == "\n" else "." for char in text[: most + 1])
    return kept if len(kept) <= most else kept[: most - 1] + "…"
