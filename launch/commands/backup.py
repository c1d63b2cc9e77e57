"""The commands that save the database and bring it back: `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="made anew, or replaced when the new one is complete")]) -> None:
    """Save the database (VEDETTE_DSN) to one file while everything goes on. Log and archive are not in it."""
    from launch.client import database
    from vedette.store.backup import backup as save

    save(database(), file)
    print(f"{file}: {file.stat().st_size} bytes")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="what `vedette backup` has written")]) -> None:
    """Fill an empty database (VEDETTE_DSN) from a backup, and bring its tables up to date."""
    from launch.client import database
    from vedette.settings import Settings
    from vedette.store.backup import restore as fill
    from vedette.store.migrate import migrate
    from vedette.telemetry import configure_logs

    settings = Settings.load()
    configure_logs(settings.log_level, settings.log_format)
    fill(database(), file)
    print("restored")
    print("\n".join(f"applied {name}" for name in migrate(database())) or "its tables are up to date")
