"""`vedette top`: hosts second by second, in a terminal."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.live import Live

from launch.client import gateway
from launch.live.following import follow
from launch.live.hosts import LiveSession
from launch.live.screen import line, screen
from vedette.errors import InvalidInput, VedetteError

app = typer.Typer()
REDRAWS = 4
"""A second."""
_WORDS = {"time": "its time is up", "unwatched": "nobody was watching", "ended": "somebody ended it"}


@app.command()
def top(
    hosts: Annotated[list[str] | None, typer.Argument(metavar="HOST…", help="names of hosts")] = None,
    session: Annotated[str | None, typer.Option(help="look on at a running session: its link's end")] = None,
    processes_of: Annotated[str | None, typer.Option("--processes", help="whose processes are shown")] = None,
    seconds: Annotated[int, typer.Option(min=10, max=1800, help="when it ends")] = 1800,
) -> None:
    """Watch hosts second by second. The session ends with this command; others may look on by its link."""
    if bool(hosts) == bool(session):
        raise InvalidInput("HOST", hosts or [], "names of hosts, or --session, and not both")
    console = Console(highlight=False)
    identity = session.rstrip("/").rpartition("/")[2] if session else None
    began = None
    if identity is None:
        began = gateway().call("POST", "/v1/realtime/sessions", body={"sources": hosts, "duration_s": seconds})
        identity = began["id"]
    try:
        with contextlib.suppress(KeyboardInterrupt):
            reason = (_watch if console.is_terminal else _print)(console, identity, processes_of)
            console.print(f"the session has ended: {_WORDS.get(reason or '', 'it is over')}")
    finally:
        if began is not None:
            with contextlib.suppress(VedetteError):
                gateway().call("DELETE", f"/v1/realtime/sessions/{identity}")


def _watch(console: Console, identity: str, processes_of: str | None) -> str | None:
    found, turn = LiveSession(), threading.Lock()

    def drawn() -> RenderableType:
        # Drawn by a thread, a few times a second: however many frames come, and also when none comes.
        with turn:
            return screen(found, processes_of, console.width, console.height, time.monotonic())

    with Live(console=console, screen=True, refresh_per_second=REDRAWS, get_renderable=drawn):
        for event in follow(identity):
            with turn:
                found.take(event, time.monotonic())
    return found.reason


def _print(console: Console, identity: str, processes_of: str | None) -> str | None:
    """A line for each frame, for pipes and files."""
    found = LiveSession()
    for event in follow(identity):
        found.take(event, time.monotonic())
        if event.kind == "frame":
            console.print(line(found.hosts[event.data["source"]]), soft_wrap=True, markup=False)
        elif event.kind == "lost":
            console.print("connection lost; trying again", soft_wrap=True)
    return found.reason
