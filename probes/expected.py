"""Expected status: which HTTP status codes of the last answer mean that an endpoint is well."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vedette.errors import InvalidInput

ALLOWED = "codes (301), classes (2xx) and ranges (200-204) from 100 to 599, at least one"
_RULE = re.compile(r"([1-5])xx|([1-5][0-9][0-9])(?:\s*-\s*([1-5][0-9][0-9]))?", re.IGNORECASE)


def parse_expected(rules: Iterable[str]) -> frozenset[int]:
    """All status codes that `rules` allow; `InvalidInput` names the first rule that is none."""
    codes: set[int] = set()
    for rule in rules:
        codes.update(_codes(rule))
    if not codes:
        raise InvalidInput("expected_status", [], ALLOWED)
    return frozenset(codes)


def _codes(rule: str) -> range:
    match = _RULE.fullmatch(rule.strip())
    if match is None:
        raise InvalidInput("expected_status", rule, ALLOWED)
    family, first, last = match.groups()
    if family:
        return range(int(family) * 100, int(family) * 100 + 100)
    found = range(int(first), int(last or first) + 1)
    if not found:
        raise InvalidInput("expected_status", rule, "a range from the lower to the higher code")
    return found
