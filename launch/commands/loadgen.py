"""The command that writes a known load, and checks what became of it: `loadgen`."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from launch.loadgen.plan import Plan
from vedette.errors import ConfigurationError

if TYPE_CHECKING:  # an agent's installation has none of what sending needs
    from launch.loadgen.sending import Progress

app = typer.Typer()
console = Console(highlight=False)


@app.command()
def loadgen(
    ledger: Annotated[Path | None, typer.Option(help="the file that keeps what is sent; must not exist")] = None,
    check: Annotated[Path | None, typer.Option(help="compare every tier and the archive with this ledger")] = None,
    wait: Annotated[float, typer.Option(min=0, help="with --check: seconds until all must be there")] = 30.0,
    seed: Annotated[int, typer.Option(min=0, max=(1 << 31) - 1)] = 1,
    rate: Annotated[float, typer.Option(min=1, help="samples a second, of all sources together")] = 1_000.0,
    duration: Annotated[float, typer.Option(min=0.1, help="seconds")] = 60.0,
    sources: Annotated[int, typer.Option(min=1, max=100_000)] = 20,
    names: Annotated[int, typer.Option(min=1, max=10_000, help="values in a report")] = 10,
    interval: Annotated[float, typer.Option(min=0.001, max=86_400, help="seconds between the times of reports")] = 10.0,
    start: Annotated[
        str | None, typer.Option(help="time of the first report (as for query); else so that the last one is of now")
    ] = None,
    senders: Annotated[int, typer.Option(min=1, max=256, help="that send at the same time")] = 4,
    reports: Annotated[int, typer.Option(min=1, max=5_000, help="in a request, about")] = 100,
    monitors: Annotated[int, typer.Option(min=0, max=1_000, help="paused ones to make, and report results of")] = 0,
    monitor: Annotated[list[int], typer.Option(help="one that exists to report results of; may be repeated")] = [],  # noqa: B006 - typer copies it
    locations: Annotated[int, typer.Option(min=1, max=100, help="that report results of each monitor")] = 2,
) -> None:
    """Send a known load through the gateway, keep its ledger, and later check what became of it.

    All values follow from the seed and the times. Requests that fail are repeated until they are acknowledged, as a
    sender with a spool does. Ctrl-C ends the load in order, a second one at once.

    --check reads the database (VEDETTE_DSN, or that of a `vedette up` here) and the archive (VEDETTE_ARCHIVE_URL); its
    exit code is 1 if anything is missing, doubled or different. Rows of unfinished hours and days are written when
    their sources have been quiet for VEDETTE_IDLE_S.
    """
    if (check is None) == (ledger is None):
        raise ConfigurationError("--ledger, --check", "both" if check else "neither", "one of the two")
    if check is not None:
        raise typer.Exit(0 if _agrees(check, wait) else 1)
    assert ledger is not None
    steps = max(1, round(rate * duration / (sources * names)))
    begin = _begin(start, steps, round(interval * 1000))
    chosen = (*monitor, *_make_monitors(monitors, f"load {seed} {begin:x}"))
    shape = (round(interval * 1000), sources, names, steps, senders, reports)
    _send(Plan(seed, begin, *shape, chosen, locations), ledger, steps / duration)


def _begin(start: str | None, steps: int, interval_ms: int) -> int:
    from ingest_api.times import parse_time

    now = time.time_ns() // 1_000_000
    if start is not None:
        return parse_time("--start", start, now)
    return now - steps * interval_ms


def _make_monitors(count: int, name: str) -> list[int]:
    from launch.client import gateway

    if not count:
        return []
    spec = {"url": "http://127.0.0.1/", "paused": True}
    door = gateway()
    return [door.call("POST", "/v1/monitors", body={"name": f"{name} {at}", **spec})["id"] for at in range(count)]


def _send(plan: Plan, path: Path, steps_per_s: float) -> None:
    from launch.client import access
    from launch.loadgen.ledger import LedgerWriter
    from launch.loadgen.sending import Load

    url, token = access()
    load = Load(plan, url, token, LedgerWriter(path, plan), steps_per_s)
    asked = False

    def end(*_: object) -> None:
        nonlocal asked
        load.give_up() if asked else load.stop()
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    begun = time.monotonic()

    def show(progress: Progress) -> None:
        trouble = f"; last trouble: {progress.last_trouble}" if progress.last_trouble else ""
        with progress.lock:
            counts = f"{progress.samples} samples, {progress.results} results in {progress.requests} requests"
            repeated = f"{progress.repeated} sent again"
        passed = time.monotonic() - begun
        console.print(escape(f"{passed:.0f} s: acknowledged {counts}, {repeated}{trouble}"), soft_wrap=True)

    done = load.run(show)
    show(load.progress)
    if not done:
        raise typer.Exit(1)
    console.print(escape(f"all is acknowledged; now `vedette loadgen --check {path}`"), soft_wrap=True)


def _agrees(path: Path, wait_s: float) -> bool:
    from launch.client import data_folder, database
    from launch.loadgen.checking import compare_within
    from launch.loadgen.ledger import read_ledger
    from vedette.archive.objects import open_objects
    from vedette.settings import ArchiveSettings
    from vedette.store.pool import Store

    ledger = read_ledger(path)
    settings = ArchiveSettings.load()
    if settings.archive_url is None and data_folder().address.exists():
        settings = ArchiveSettings.load(archive_url=data_folder().archive_url)
    objects = open_objects(settings) if settings.archive_url is not None else None
    store = Store(database(), pool_size=1)
    try:
        findings = compare_within(store, objects, ledger, wait_s)
    finally:
        store.close()
    for finding in findings:
        mark = "[green]✓[/]" if finding.good else "[red]✗[/]"
        console.print(f"{mark} {escape(finding.describe())}", soft_wrap=True)
    if objects is None:
        console.print("archive: not looked at (VEDETTE_ARCHIVE_URL is not set)")
    if ledger.repeated:
        console.print(
            f"{ledger.repeated} requests were sent more than once: their events may stand twice in the archive"
        )
    return all(finding.good for finding in findings)
