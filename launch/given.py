"""Given: fields of a definition as they are typed, `--set name=value`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

Set = Annotated[
    list[str],
    typer.Option("--set", "-s", help="a field, as above=0.9, paused=true or outside=[10,90]; may be repeated"),
]


def given_fields(given: list[str]) -> dict[str, Any]:
    """`name=value` pairs; a value is JSON where it can be read as such, else text."""
    found: dict[str, Any] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals:
            raise typer.BadParameter(f"{one!r}: a field and its value, as above=0.9", param_hint="--set")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
