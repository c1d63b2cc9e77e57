"""Items: a body of one object, a list, or lines of JSON, as Python objects, whatever is wrong with some of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from vedette.errors import InvalidInput, shown

MAX_REJECTS = 100
"""How many rejects an answer lists; all are counted."""
NDJSON = "application/x-ndjson"
MAX_ITEMS = 10_000
"""Items of one request."""
MAX_TOKENS = 2_000_000
"""Values of one request that has to be read item by item."""
_OBJECTS = 4
"""Objects that one item may hold at most, with room to spare."""
T = TypeVar("T")


@dataclass(slots=True)
class Rejects:
    """What was refused: how many, and the first of them with index, field, value and what is allowed."""

    count: int = 0
    listed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, index: int, error: InvalidInput) -> None:
        """Note that item `index` (or a field of it) was refused."""
        self.count += 1
        if len(self.listed) < MAX_REJECTS:
            # A field may hold a sender's name with half of a surrogate pair, which no answer could be encoded with.
            name = error.field.encode(errors="backslashreplace").decode()
            self.listed.append({"index": index, "field": name, "value": shown(error.value), "allowed": error.allowed})


def read_items(
    body: bytes, media_type: str, one: msgspec.json.Decoder[T], many: msgspec.json.Decoder[list[T]], rejects: Rejects
) -> list[tuple[int, Any]]:
    """The body's items with their indexes: decoded ones, or, where something is wrong with some, plain objects.

    `InvalidInput` for more than `MAX_ITEMS`: nothing of the request is taken then.
    """
    if media_type != NDJSON:
        try:
            found = many.decode(body) if body[:1] == b"[" else [one.decode(body)]
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # something is wrong with some of it: read on item by item
        else:
            _check_count(len(found))
            return list(enumerate(found))
    return lenient_items(body, media_type, rejects)


def _check_count(count: int) -> None:
    if count > MAX_ITEMS:
        raise InvalidInput("body", f"{count} items", f"at most {MAX_ITEMS} items in a request")


def lenient_items(body: bytes, media_type: str, rejects: Rejects) -> list[tuple[int, Any]]:
    """The body's items with their indexes.

    Unlike the fast path, this reads NaN and Infinity (which JSON does not have, but many senders write), so that
    they cost their value and not the whole body. Of lines (`application/x-ndjson`), each broken one costs itself.
    """
    # Counted before they are made: a small body can hold millions of empty objects.
    if body.count(b"{") > _OBJECTS * MAX_ITEMS or body.count(b",") + body.count(b"[") > MAX_TOKENS:
        raise InvalidInput("body", f"{len(body)} bytes", f"at most {MAX_ITEMS} items and {MAX_TOKENS} values")
    if media_type == NDJSON:
        return _lines(body, rejects)
    found = _loads(body, "body")
    items = found if isinstance(found, list) else [found]
    _check_count(len(items))
    return list(enumerate(items))


def _lines(body: bytes, rejects: Rejects) -> list[tuple[int, Any]]:
    items: list[tuple[int, Any]] = []
    lines = body.splitlines()
    _check_count(len(lines))
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            items.append((index, _loads(line, "line")))
        except InvalidInput as error:
            rejects.add(index, error)
    return items


def _loads(data: bytes, field_name: str) -> Any:
    try:
        return json.loads(data, parse_int=_integer)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        at = getattr(error, "pos", getattr(error, "start", 0))
        raise InvalidInput(field_name, data[max(0, at - 10) : at + 20], f"valid JSON ({error})") from error


def _integer(digits: str) -> int | float:
    """The number; infinite, and so refused with its value only, where Python reads no integer of that length."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)
