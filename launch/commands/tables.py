"""Rows of the API as a table on the terminal."""

from __future__ import annotations

from typing import Any


def show(title: str, rows: list[dict[str, Any]], *columns: str) -> None:
    """Print `rows` with these columns; lists are separated by commas."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(escape(_text(row.get(column))) for column in columns))
    Console(highlight=False).print(table)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
