"""Declarations as files: YAML or JSON, one or a folder of them, secrets by reference."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingest_api.importing.documents import Document, parse_any
from vedette.errors import InvalidInput

SUFFIXES = (".yaml", ".yml", ".json")
SECTIONS = (
    "channels", "groups", "monitors", "roles", "models", "schedules", "routes", "silences", "rules", "maintenance",
    "reports",
)  # fmt: skip
"""In the order in which things are made: what is named comes before what names it."""
MOST_BYTES = 16 << 20
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: its file, and how to ask for the lines of its parts."""

    file: Path
    document: Document
    entry: tuple[str, int]

    def of(self, field: tuple[str | int, ...] = ()) -> str:
        """File and line of a field, or of what is around it as far as that is known."""
        for length in range(len(field), -1, -1):
            line = self.document.line((*self.entry, *field[:length]))
            if line is not None:
                return f"{self.file}, line {line}"
        return str(self.file)


@dataclass(slots=True)
class Declared:
    """What files declare: fields by section and name, and where each entry stands."""

    sections: dict[str, dict[str, Fields]] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)

    def where(self, section: str, name: str, path: tuple[str | int, ...] = ()) -> str:
        """The place of a field, and whose it is."""
        return f"{self.places[section, name].of(path)}: {section} {name!r}"


def read_files(paths: Sequence[Path]) -> Declared:
    """What all files declare together; folders stand for the files in them, by name.

    `InvalidInput` names file and line, and what is wrong: no YAML, an unknown section, an entry without a name, or one
    that stands twice. A section that no file names is not in the result.
    """
    found = Declared()
    for path in _files(paths):
        for document, section, entries in _sections(path):
            known = found.sections.setdefault(section, {})
            for number, entry in enumerate(entries):
                place = Place(path, document, (section, number))
                name = entry.get("name") if isinstance(entry, dict) else None
                if not isinstance(name, str) or not name:
                    raise InvalidInput(f"{place.of()}: {section}[{number}]", entry, "a mapping with a name")
                if name in known:
                    before = found.places[section, name].of()
                    raise InvalidInput(f"{place.of(('name',))}: {section}", name, f"a name once (also in {before})")
                fields = {key: value for key, value in entry.items() if key != "name"}
                known[name] = _resolved(fields, place, name)
                found.places[section, name] = place
    return found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES and one.is_file())
            if not inside:
                raise InvalidInput("FILE", str(path), f"a folder with files of {', '.join(SUFFIXES)}")
            yield from inside
        else:
            yield path


def _sections(path: Path) -> Iterator[tuple[Document, str, list[Any]]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput("FILE", str(path), f"at most {MOST_BYTES >> 20} MiB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("FILE", str(path), f"a file that can be read ({error})") from error
    try:
        documents = parse_any(text)
    except InvalidInput as error:
        raise InvalidInput(str(path), error.value, error.allowed) from error
    for document in documents:
        if document.value is not None:
            for section, entries in _lists(path, document.value):
                yield document, section, entries


def _lists(path: Path, value: Any) -> Iterator[tuple[str, list[Any]]]:
    if not isinstance(value, dict):
        raise InvalidInput(str(path), value, f"a mapping of {', '.join(SECTIONS)}")
    for section, entries in value.items():
        if section not in SECTIONS:
            raise InvalidInput(str(path), section, f"only {', '.join(SECTIONS)}")
        if not isinstance(entries, list):
            raise InvalidInput(f"{path}: {section}", entries, "a list")
        yield section, entries


def _resolved(value: Any, place: Place, name: str, path: tuple[str | int, ...] = ()) -> Any:
    """The value with its references to secrets replaced: `{env: NAME}` and `{file: PATH}`, a mapping of that alone;
    and dates and times that YAML has read in ISO 8601."""
    if isinstance(value, list):
        return [_resolved(one, place, name, (*path, number)) for number, one in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, dict):
        return value
    where = f"{place.of(path)}: {place.entry[0]} {name!r}"
    for key in value:
        if not isinstance(key, str):
            raise InvalidInput(where, key, "names of fields that are text (in quotes: on, no, 5)")
    if set(value) == {"env"} and isinstance(value["env"], str):
        found = os.environ.get(value["env"])
        if found is None:
            raise InvalidInput(where, value, "an environment variable that is set")
        return found
    if set(value) == {"file"} and isinstance(value["file"], str):
        try:
            return Path(value["file"]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(where, value, f"a file that can be read ({error})") from error
    return {key: _resolved(one, place, name, (*path, key)) for key, one in value.items()}
