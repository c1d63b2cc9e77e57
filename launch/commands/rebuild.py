"""The command that makes rows again from the archive: `rebuild`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer()


class KindName(StrEnum):
    """What the archive holds."""

    samples = "samples"
    checks = "checks"


@app.command()
def rebuild(
    since: Annotated[str, typer.Option("--from", help="-7d, ISO 8601 (UTC), or milliseconds")],
    until: Annotated[str, typer.Option("--to", help="the same; at least an hour ago")],
    account: Annotated[int | None, typer.Option(min=1, help="one account only")] = None,
    kind: Annotated[KindName | None, typer.Option(help="one kind only")] = None,
) -> None:
    """Make the rows of a range again from the archive. May be interrupted, and done again."""
    from launch.rebuilding import run

    kinds = [kind.value] if kind else [each.value for each in KindName]
    found = run(since, until, account, kinds, lambda text: print(text, file=sys.stderr, flush=True))
    print(f"{found.events} events: {found.removed} rows removed, {found.written} rows written")
