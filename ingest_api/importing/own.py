"""Own: definitions as the API has them, in JSON or YAML."""

from __future__ import annotations

from typing import Any

from ingest_api.importing.documents import Document, Path
from ingest_api.importing.entries import Parsed, convert_each
from vedette.errors import InvalidInput


def read_own(documents: list[Document]) -> Parsed:
    """`{"monitors": [...]}`, or the list alone."""
    if len(documents) != 1:
        raise InvalidInput("body", f"{len(documents)} documents", "one document")
    document = documents[0]
    value = document.value
    start: Path = ()
    if isinstance(value, dict):
        others = sorted(str(name) for name in value if name != "monitors")
        if others:
            raise InvalidInput(others[0], value[others[0]], "only `monitors` beside nothing else")
        if "monitors" not in value:
            raise InvalidInput("monitors", "<missing>", "a list of monitors")
        value, start = value["monitors"], ("monitors",)
    if not isinstance(value, list):
        raise InvalidInput("monitors", value, "a list of monitors")
    return convert_each(document, (((*start, at), item) for at, item in enumerate(value)), _fields)


def _fields(item: Any, notes: list[str]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise InvalidInput("monitor", item, "a mapping of fields")
    bad = next((key for key in item if not isinstance(key, str)), None)
    if bad is not None:
        raise InvalidInput("monitor", bad, "fields whose names are texts")
    return dict(item)
