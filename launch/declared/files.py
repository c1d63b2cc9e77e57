"""Declarations as files: YAML or JSON, one or a folder of them, secrets by reference."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest_api.importing.documents import parse_any
from vedette.errors import InvalidInput

SUFFIXES = (".yaml", ".yml", ".json")
SECTIONS = ("channels", "monitors", "roles", "models", "schedules", "routes", "rules", "maintenance", "reports")
"""In the order in which things are made: what is named comes before what names it."""
MOST_BYTES = 16 << 20
Declared = dict[str, dict[str, dict[str, Any]]]
"""Fields by section and name."""


def read_files(paths: Sequence[Path]) -> Declared:
    """What all files declare together; folders stand for the files in them, by name.

    `InvalidInput` names the file, and what is wrong in it: no YAML, an unknown section, an entry without a name, or a
    name that stands twice. A section that no file names is not in the result.
    """
    found: Declared = {}
    where: dict[tuple[str, str], Path] = {}
    for path in _files(paths):
        for section, entries in _sections(path):
            known = found.setdefault(section, {})
            for number, entry in enumerate(entries):
                name = entry.pop("name", None) if isinstance(entry, dict) else None
                if not isinstance(name, str) or not name:
                    raise InvalidInput(f"{path}: {section}[{number}]", entry, "a mapping with a name")
                if name in known:
                    raise InvalidInput(f"{path}: {section}", name, f"a name once (also in {where[section, name]})")
                known[name] = _resolved(entry, f"{path}: {section} {name!r}")
                where[section, name] = path
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


def _sections(path: Path) -> Iterator[tuple[str, list[Any]]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput("FILE", str(path), f"at most {MOST_BYTES >> 20} MiB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("FILE", str(path), f"a file that can be read ({error})") from error
    try:
        values = [document.value for document in parse_any(text)]
    except InvalidInput as error:
        raise InvalidInput(str(path), error.value, error.allowed) from error
    for value in values:
        if value is not None:
            yield from _lists(path, value)


def _lists(path: Path, value: Any) -> Iterator[tuple[str, list[Any]]]:
    if not isinstance(value, dict):
        raise InvalidInput(str(path), value, f"a mapping of {', '.join(SECTIONS)}")
    for section, entries in value.items():
        if section not in SECTIONS:
            raise InvalidInput(str(path), section, f"only {', '.join(SECTIONS)}")
        if not isinstance(entries, list):
            raise InvalidInput(f"{path}: {section}", entries, "a list")
        yield section, entries


def _resolved(value: Any, where: str) -> Any:
    """The value with its references to secrets replaced: `{env: NAME}` and `{file: PATH}`, a mapping of that alone."""
    if isinstance(value, list):
        return [_resolved(one, where) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"env"}:
        found = os.environ.get(str(value["env"]))
        if found is None:
            raise InvalidInput(where, value, "an environment variable that is set")
        return found
    if set(value) == {"file"}:
        try:
            return Path(str(value["file"])).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(where, value, f"a file that can be read ({error})") from error
    return {name: _resolved(one, where) for name, one in value.items()}
