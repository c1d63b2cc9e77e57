"""Commands that are processes: gateway, flow, probe, alert-worker, migrate, up."""

from __future__ import annotations

import asyncio
import random
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vedette.settings import Settings
from vedette.telemetry import configure_logs, get_logger, metrics

app = typer.Typer()


class FlowName(StrEnum):
    """The dataflows there are."""

    rollup = "rollup"
    endpoints = "endpoints"
    trends = "trends"
    drift = "drift"
    alerts = "alerts"
    archive = "archive"


def _begin(settings: Settings, name: str) -> None:
    metrics().serve(settings.metrics_port)
    _begin_sender(settings, name)


def _begin_sender(settings: Settings, name: str) -> None:
    """For who serves its metrics itself (the probe, flows of several processes): a port can be taken only once."""
    configure_logs(settings.log_level, settings.log_format)
    get_logger(name).info("started")


@app.command()
def up(
    data: Annotated[Path, typer.Option(envvar="VEDETTE_DATA", help="folder for all data")] = Path(".vedette"),
    host: Annotated[str, typer.Option(envvar="VEDETTE_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="VEDETTE_PORT", min=1, max=65535)] = 8420,
    interval: Annotated[
        float, typer.Option(envvar="VEDETTE_INTERVAL_S", min=1, help="seconds between this host's reports")
    ] = 5.0,
    dsn: Annotated[
        str | None, typer.Option(envvar="VEDETTE_DSN", help="postgresql://… instead of the embedded server")
    ] = None,
    metrics_port: Annotated[
        int,
        typer.Option(
            envvar="VEDETTE_METRICS_PORT",
            min=0,
            max=65535,
            help="N: the n-th process serves its metrics on N+n (gateway N+1, then the flows rollup, endpoints,"
            " trends, drift, alerts and archive, alert-worker, agent, probe); 0: none does",
        ),
    ] = 0,
) -> None:
    """Run everything on this machine, and supervise it."""
    from launch.up.command import up as run

    run(data, host, port, interval, dsn, metrics_port)


@app.command()
def gateway() -> None:
    """Run the HTTP gateway."""
    from ingest_api.main import main
    from vedette.settings import GatewaySettings

    settings = GatewaySettings.load()
    _begin(settings, "gateway")
    main(settings)


@app.command()
def flow(
    name: FlowName,
    processes: Annotated[int | None, typer.Option(help="on this machine; or VEDETTE_PROCESSES")] = None,
    workers: Annotated[int | None, typer.Option(help="threads of each process; or VEDETTE_WORKERS")] = None,
) -> None:
    """Run a dataflow."""
    from launch.flows import main
    from vedette.settings import ArchiveFlowSettings, FlowSettings

    kind = ArchiveFlowSettings if name is FlowName.archive else FlowSettings
    settings = kind.load(processes=processes, workers=workers)
    begin = _begin if settings.processes == 1 else _begin_sender  # each of its processes serves metrics of its own
    begin(settings, f"flow-{name.value}")
    main(name.value, settings)


@app.command()
def probe(
    url: Annotated[str | None, typer.Option(help="the gateway; or VEDETTE_URL")] = None,
    location: Annotated[str | None, typer.Option(help="where this probe is; or VEDETTE_LOCATION")] = None,
    transport: Annotated[str | None, typer.Option(help="http or log; or VEDETTE_TRANSPORT")] = None,
    shard: Annotated[str | None, typer.Option(help="2/5: the second of five parts; or VEDETTE_SHARD")] = None,
    once: Annotated[bool, typer.Option("--once", help="check everything once, deliver, end; keeps no state")] = False,
) -> None:
    """Run a probe. Its token comes from VEDETTE_TOKEN or VEDETTE_TOKEN_FILE."""
    from probes.main import main, main_once
    from vedette.settings import ProbeSettings

    settings = ProbeSettings.load(url=url, location=location, transport=transport, shard=shard)
    if once:
        print(f"{main_once(settings)} monitors checked")
        return
    _begin_sender(settings, "probe")
    main(settings)


@app.command("alert-worker")
def alert_worker() -> None:
    """Deliver notifications."""
    from alerting.worker import AlertWorker
    from vedette.clock import SystemClock
    from vedette.settings import AlertWorkerSettings
    from vedette.store import open_store

    settings = AlertWorkerSettings.load()
    _begin(settings, "alert-worker")
    store = open_store(settings)

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await AlertWorker(store, SystemClock(), random.SystemRandom(), settings).run(stop)

    try:
        asyncio.run(run())
    finally:
        store.close()


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from launch.client import database
    from vedette.store.migrate import migrate as apply

    settings = Settings.load()
    configure_logs(settings.log_level, settings.log_format)
    applied = apply(database())
    print("\n".join(f"applied {name}" for name in applied) or "nothing to do")
