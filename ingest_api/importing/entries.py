"""Entries: what a file says about one monitor, where it says so, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest_api.importing.documents import Document, Path
from vedette.errors import InvalidInput, shown

MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: its number from 1 on, its path or row, and its line where that is known."""

    number: int
    where: str
    line: int | None = None

    def describe(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"entry": self.number, "where": self.where, "line": self.line}


@dataclass(frozen=True, slots=True)
class Entry:
    """Fields of a monitor as the file has them, not looked at yet; `notes` tell what could not be carried over."""

    place: Place
    fields: dict[str, Any]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an entry is refused: field, value, what is allowed."""

    place: Place
    name: str | None
    field: str
    value: str
    allowed: str

    def describe(self) -> dict[str, Any]:
        """As the API shows it."""
        about = {"name": self.name, "field": self.field, "value": self.value, "allowed": self.allowed}
        return {**self.place.describe(), **about}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was found in a file: entries, refused ones, and parts that are no monitors (with the reason)."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def skip(self, place: Place, reason: str) -> None:
        """Tell that a part was passed over on purpose."""
        self.skipped.append({**place.describe(), "reason": reason})


Convert = Callable[[Any, list[str]], dict[str, Any]]
"""From an item to a monitor's fields; appends notes; raises `InvalidInput` for what cannot be."""


def convert_each(
    document: Document, items: Iterable[tuple[Path, Any]], convert: Convert, parsed: Parsed | None = None
) -> Parsed:
    """Convert each item; a bad one becomes a fault and costs no other. `parsed`: what came before, and is added to."""
    parsed = Parsed() if parsed is None else parsed
    for number, (path, item) in enumerate(items, len(parsed.entries) + len(parsed.faults) + 1):
        bound(number)
        place = Place(number, written(path), document.line(path))
        notes: list[str] = []
        try:
            parsed.entries.append(Entry(place, convert(item, notes), notes))
        except InvalidInput as error:
            name = item.get("name") if isinstance(item, dict) else None
            named = name if isinstance(name, str) else None
            parsed.faults.append(Fault(place, named, error.field, shown(error.value), error.allowed))
    return parsed


def bound(number: int) -> None:
    """Raise `InvalidInput` when there are too many entries."""
    if number > MOST_ENTRIES:
        raise InvalidInput("body", f"more than {MOST_ENTRIES} entries", f"at most {MOST_ENTRIES}; import several files")


def written(path: Path) -> str:
    """A path as people write it: `endpoints[3]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the document"
