"""The application: the gateway's routes, put together over a context."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from ingest_api import problems
from ingest_api.badge_memory import BadgeMemory
from ingest_api.context import Context
from ingest_api.day_memory import DayMemory
from ingest_api.intake.gathering import Gatherer
from ingest_api.intake.known import KnownMonitors
from ingest_api.intake.known_models import KnownModels
from ingest_api.intake.ping_rate import PingRate
from ingest_api.intake.pings import PingKeys, listen
from ingest_api.intake.samples import SamplesIntake
from ingest_api.middleware import Bounded, Edge, Gateway, Shortcuts
from ingest_api.plain import plain
from ingest_api.questions import Questions
from ingest_api.recorded import make_reader
from ingest_api.routes import (
    account,
    act,
    agents,
    alerts,
    auth,
    availability,
    backtest,
    badges,
    channels,
    comparison,
    control,
    enrolment,
    features,
    groups,
    hands,
    health,
    incidents,
    ingest,
    maintenance,
    markers,
    model_metrics,
    model_segments,
    model_windows,
    models,
    monitors,
    multivariate,
    outcomes,
    pings,
    plugins,
    realtime,
    reports,
    roles,
    routing,
    schedules,
    series,
    situations,
    transfer,
    trends,
)
from ingest_api.stream import route as stream
from ingest_api.stream.hub import Hub
from ingest_api.texts import check_texts
from ingest_api.tokens import TokenCache
from vedette.auth.tokens import load_key
from vedette.clock import Clock
from vedette.history.opening import open_history
from vedette.log import Log, is_shared, open_log
from vedette.settings import GatewaySettings, TableSettings
from vedette.store import open_store
from vedette.store.series import Catalogue

STATIC = Path(__file__).parent / "static"


def make_context(settings: GatewaySettings, clock: Clock, log: Log | None = None) -> Context:
    """Open what the settings name, unless the log is there already. Needs a running event loop."""
    log, store = log or open_log(settings), open_store(settings)
    return Context(
        settings=settings,
        log=log,
        store=store,
        clock=clock,
        key=load_key(settings.key_dir),
        catalogue=Catalogue(store),
        tokens=TokenCache(store, clock),
        hub=Hub(log),
        days=DayMemory(clock),
        history=open_history(store, clock, settings, TableSettings.load()),
    )


def create_app(make: Callable[[], Context], static: Path = STATIC) -> FastAPI:
    """The application; its context is made when it starts, and closed when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        context = make()
        app.state.context = context
        app.state.samples = SamplesIntake()
        app.state.gatherer = Gatherer(context.log, context.settings.log_max_pending_mb << 20)
        app.state.monitors = KnownMonitors(context.store, context.clock)
        app.state.models = KnownModels(context.store, context.clock)
        app.state.badges = BadgeMemory(context.clock)
        app.state.questions = Questions(context)
        reader = make_reader(context, app.state.models)
        keys = app.state.ping_keys = PingKeys(context.store)
        app.state.ping_rate = PingRate()
        live = app.state.realtime = realtime.make_realtime(context)
        work = [context.hub.run(), keys.follow(), listen(keys, context.log, context.clock)]
        work += [live.tail.run(), live.tail.look_after(), live.sessions.look_after()]
        tasks = [asyncio.create_task(part) for part in work]
        if is_shared(context.settings):  # an embedded log has no door for clients
            reader.start()
        try:
            yield
        finally:
            end_streams(app)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # whatever ended it, the log must be closed
            live.tail.close()
            await asyncio.to_thread(reader.stop)
            context.log.close()
            context.store.close()

    app = Gateway(
        title="Vedette",
        version="0.1.0",
        summary="Monitoring for hosts, endpoints and machine-learning models",
        lifespan=lifespan,
        dependencies=[Depends(check_texts)],
        # Their pages load scripts from a public host; the document itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Bounded)
    app.plain = plain
    app.add_middleware(Shortcuts, shortcuts=ingest.SHORTCUTS + realtime.SHORTCUTS)
    app.add_middleware(Edge)
    problems.install(app)
    for module in (health, auth, ingest, series, transfer, monitors, availability, badges, markers, alerts, channels):
        app.include_router(module.router)
    for module in (
        incidents,
        maintenance,
        control,
        trends,
        account,
        pings,
        enrolment,
        agents,
        roles,
        plugins,
        realtime,
        models,
        model_segments,
        model_windows,
        model_metrics,
        comparison,
        features,
        outcomes,
        multivariate,
        hands,
        act,
        routing,
        schedules,
        groups,
        backtest,
        situations,
        reports,
    ):
        app.include_router(module.router)
    app.include_router(stream.router)
    if (static / "index.html").exists():
        app.mount("/", StaticFiles(directory=static, html=True), name="page")
    else:
        app.add_api_route("/", _no_page, include_in_schema=False)
    return app


def end_streams(app: FastAPI) -> None:
    """End the streams of all viewers, so that the gateway can stop; they come again, elsewhere if need be."""
    app.state.context.hub.end_all()
    app.state.realtime.tail.end_all()


def _no_page() -> Response:
    return JSONResponse({"vedette": "the page was not built (Node is missing); the API is described at /openapi.json"})
