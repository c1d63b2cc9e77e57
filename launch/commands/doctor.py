"""The command that looks after the installation: `doctor`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from launch import checkup
from launch.checkup import NotWell
from launch.client import data_folder, database, gateway
from launch.up.roster import read_roster
from vedette.errors import Unavailable, VedetteError

app = typer.Typer()
console = Console(highlight=False)
_PATIENCE_S = 5.0
_WAITING = (
    "SELECT count(*) AS n FROM notifications WHERE state = 'pending' AND NOT gathers"
    " AND created_at < now() - interval '2 minutes'"
    " AND (attempts > 0 OR next_attempt_at < now() - interval '2 minutes')"
)


@app.command()
def doctor() -> None:
    """Check each part, and say what to do about those that are not well; exit code 1 if there are any."""
    visit = Visit()
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", visit.python),
        ("data folder", visit.folder),
        ("processes", visit.processes),
        ("database", visit.database),
        ("log", visit.log),
        ("archive", visit.archive),
        ("gateway", visit.gateway),
        ("page", visit.page),
        ("hosts", visit.hosts),
        ("endpoints", visit.endpoints),
        ("channels", visit.channels),
        ("notifications", visit.notifications),
    ]
    bad = 0
    for name, check in checks:
        try:
            console.print(f"[green]✓[/] {name}: {escape(check())}", soft_wrap=True)
        except VedetteError as error:
            bad += 1
            console.print(f"[red]✗[/] {name}: {escape(str(error))}", soft_wrap=True)
    raise typer.Exit(1 if bad else 0)


class Visit:
    """One round through the parts. What did not answer once is not asked again: each silence takes seconds."""

    def __init__(self) -> None:
        self._silent: set[str] = set()

    def python(self) -> str:
        """Its version."""
        if not (3, 11) <= sys.version_info[:2] < (3, 13):
            raise NotWell(f"{sys.version.split()[0]}; Vedette needs 3.11 or 3.12: run `make clean up` with one of them")
        return sys.version.split()[0]

    def folder(self) -> str:
        """Whether there is an installation."""
        folder = data_folder()
        if not folder.address.exists() and "VEDETTE_URL" in os.environ:
            return f"none here; the installation is that of VEDETTE_URL={os.environ['VEDETTE_URL']}"
        if not folder.address.exists():
            raise NotWell(f"{folder.root} holds no installation; start one with `vedette up`, or set VEDETTE_DATA")
        return str(folder.root)

    def processes(self) -> str:
        """What `vedette up` supervises."""
        folder = data_folder()
        children = read_roster(folder)
        if children is not None:
            return checkup.processes(children, time.time_ns() // 1_000_000)
        if folder.address.exists():
            raise NotWell("none of `vedette up` runs here: start it")
        return "not those of a `vedette up` here"

    def database(self) -> str:
        """Whether it answers and lets us in, with exactly the tables that this program knows, and how they are kept."""
        from vedette.store.migrate import difference, timescale

        try:
            found = difference(database())
            if not found.missing and not found.unknown:
                return checkup.database(found.missing, found.unknown, timescale(database()).describe())
            return checkup.database(found.missing, found.unknown, "")
        except VedetteError:
            self._silent.add("database")
            raise

    def log(self) -> str:
        """Whether it answers and lets us in, and whether its topics are there. Makes none."""
        from vedette.log import look
        from vedette.settings import LogSettings

        folder = data_folder()
        named = {"VEDETTE_LOG_URL", "VEDETTE_LOG_URL_FILE"} & os.environ.keys()
        if not named and not folder.address.exists():
            return "not looked at; set VEDETTE_LOG_URL as the gateway has it"
        settings = LogSettings.load(log_url=None if named else folder.log_url)
        return checkup.log(settings, look(settings))

    def archive(self) -> str:
        """Whether objects can be written, read and deleted there."""
        from vedette.archive.objects import open_objects
        from vedette.settings import ArchiveSettings

        settings = ArchiveSettings.load()
        folder = data_folder()
        if settings.archive_url is None and folder.address.exists():
            settings = ArchiveSettings.load(archive_url=folder.archive_url)
        if settings.archive_url is None:
            return "none is set (VEDETTE_ARCHIVE_URL)"
        objects = open_objects(settings)
        objects.check()
        return f"{objects.url} can be written and read"

    def gateway(self) -> str:
        """Whether it answers, and what it says of its parts."""
        parts = self._ask("/readyz")["parts"]
        return ", ".join(f"{name} {state}" for name, state in parts.items())

    def page(self) -> str:
        """Whether it was built."""
        static = Path(__file__).parents[2] / "ingest_api" / "static" / "index.html"
        if not static.exists():
            raise NotWell("not built; install Node 20 and run `make web`")
        return "built"

    def hosts(self) -> str:
        """Whether they report."""
        return checkup.hosts(self._ask("/v1/sources")["sources"])

    def endpoints(self) -> str:
        """Whether they are checked."""
        folder = data_folder()
        look_at = f"{folder.output('probe')} and {folder.output('flow-endpoints')}"
        started = max((child.started_ms for child in read_roster(folder) or () if child.name == "probe"), default=0)
        now = time.time_ns() // 1_000_000
        return checkup.endpoints(self._ask("/v1/monitors")["monitors"], now, look_at, started)

    def channels(self) -> str:
        """Whether they are in use."""
        return checkup.channels(self._ask("/v1/channels")["channels"])

    def notifications(self) -> str:
        """Whether they are delivered."""
        from vedette.store.pool import Store

        if "database" in self._silent:
            raise NotWell("not known while the database is not well")
        store = Store(database(), pool_size=1)
        try:
            row = store.row(_WAITING)
        finally:
            store.close()
        return checkup.notifications(row["n"] if row else 0, str(data_folder().output("alert-worker")))

    def _ask(self, path: str) -> Any:
        if "gateway" in self._silent:
            raise NotWell("not known while the gateway does not answer")
        try:
            return gateway(_PATIENCE_S).call("GET", path)
        except Unavailable:
            self._silent.add("gateway")
            raise
