"""Formats: what can be imported and exported, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ingest_api.importing.blackbox import read_blackbox
from ingest_api.importing.documents import Document, parse_any, parse_json, parse_yaml
from ingest_api.importing.emitting import write_json, write_yaml
from ingest_api.importing.entries import Parsed
from ingest_api.importing.gatus import read_gatus
from ingest_api.importing.kuma import read_kuma
from ingest_api.importing.openapi import read_openapi
from ingest_api.importing.own import read_own
from ingest_api.importing.rows import read_rows, write_rows
from vedette.errors import InvalidInput

ImportFormat = Literal["yaml", "json", "csv", "openapi", "blackbox", "gatus", "kuma"]
ExportFormat = Literal["yaml", "json", "csv"]


@dataclass(frozen=True, slots=True)
class Written:
    """How an export is sent."""

    write: Callable[[Sequence[dict[str, Any]]], str]
    media_type: str


EXPORTS: dict[ExportFormat, Written] = {
    "yaml": Written(write_yaml, "application/yaml"),
    "json": Written(write_json, "application/json"),
    "csv": Written(write_rows, "text/csv; charset=utf-8"),
}
_OF_DOCUMENTS: dict[ImportFormat, tuple[Callable[[str], list[Document]], Callable[[list[Document]], Parsed]]] = {
    "yaml": (parse_yaml, read_own),
    "json": (lambda text: [parse_json(text)], read_own),
    "blackbox": (parse_any, read_blackbox),
    "gatus": (parse_any, read_gatus),
    "kuma": (lambda text: [parse_json(text)], read_kuma),
}


def read(body: bytes, form: ImportFormat, base: str | None = None) -> Parsed:
    """What a file says; `InvalidInput` if it cannot be read as a whole. `base` is OpenAPI's."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("body", body[max(0, error.start - 8) : error.start + 8], "text in UTF-8") from error
    if not text.strip():
        raise InvalidInput("body", "", "a file that is not empty")
    if form == "csv":
        return read_rows(text)
    if form == "openapi":
        return read_openapi(parse_any(text), base)
    parse, convert = _OF_DOCUMENTS[form]
    return convert(parse(text))
