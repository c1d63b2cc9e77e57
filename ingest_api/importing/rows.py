"""Rows: definitions as CSV, one monitor a row, one field a column; lists and mappings are JSON in their cell."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ingest_api.importing.entries import Entry, Fault, Parsed, Place, bound
from vedette.errors import InvalidInput, shown

_FIRST = ("name", "url")
_TEXTS = frozenset({*_FIRST, "body", "send", "expect", "resolver", "server_name"})
"""Fields that are nothing but text: brackets in them are theirs."""
_LISTS = frozenset({"expected_status", "locations"})
"""Fields whose cells may also hold words with blanks between them."""
_QUOTED = ("{", "[", '"', "=", "+", "-", "@", "\t", "\r")
"""Texts that begin so are written as JSON: they would be read as JSON, or by a spreadsheet as a formula."""


def write_rows(definitions: Sequence[dict[str, Any]]) -> str:
    """A header and a row each; a field that a definition does not have is an empty cell."""
    names = sorted({name for one in definitions for name in one} - set(_FIRST))
    columns = [*_FIRST, *names]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    for one in definitions:
        writer.writerow([write_cell(one[name]) if name in one else "" for name in columns])
    return target.getvalue()


def write_cell(value: Any) -> str:
    """A value as a cell: texts as they are where that is clear, all else as JSON."""
    plain = isinstance(value, str) and value not in {"", "null"} and value.isprintable()
    if plain and not value.startswith(_QUOTED) and value == value.strip():
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def read_cell(name: str, cell: str) -> Any:
    """The value; `InvalidInput` for a list or a mapping that is no JSON."""
    if cell == "null":
        return None
    if cell[:1] == '"' or (cell[:1] in {"{", "["} and name not in _TEXTS):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError) as error:
            if name in _TEXTS:
                return cell
            raise InvalidInput(name, cell, f"JSON ({error})") from error
    if name in _LISTS:
        return cell.replace(";", " ").split()
    return cell


def read_rows(text: str) -> Parsed:
    """The rows below the header; comma or semicolon, whichever the header has."""
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header and "," not in header else ",",
                        strict=True)  # fmt: skip
    parsed = Parsed()
    try:
        columns = _columns(next(reader, []))
        begin = reader.line_num + 1
        number = 0
        for cells in reader:
            line, begin = begin, reader.line_num + 1
            if not any(cells):
                continue
            number += 1
            bound(number)
            _take(parsed, Place(number, f"row {number}", line), columns, cells)
    except csv.Error as error:
        raise InvalidInput("body", f"line {reader.line_num}", f"CSV ({error})") from error
    return parsed


def _columns(cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    if "name" not in columns:
        raise InvalidInput("body", ",".join(columns), "a first line of column names, `name` among them")
    for at, column in enumerate(columns):
        if not column or column in columns[:at]:
            raise InvalidInput(f"column {at + 1}", column, "a name that no other column has")
    return columns


def _take(parsed: Parsed, place: Place, columns: list[str], cells: list[str]) -> None:
    named = dict(zip(columns, cells, strict=False)).get("name") or None
    if len(cells) > len(columns):
        parsed.faults.append(
            Fault(place, named, f"column {len(columns) + 1}", shown(cells[len(columns)]), f"{len(columns)} cells")
        )
        return
    try:
        fields = {column: read_cell(column, cell) for column, cell in zip(columns, cells, strict=False) if cell != ""}
    except InvalidInput as error:
        parsed.faults.append(Fault(place, named, error.field, shown(error.value), error.allowed))
        return
    parsed.entries.append(Entry(place, fields))
