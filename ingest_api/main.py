"""The gateway as a process."""

from __future__ import annotations

import uvicorn

from ingest_api.app import create_app, make_context
from ingest_api.protocol import GatewayProtocol
from vedette.clock import SystemClock
from vedette.collector import be_patient
from vedette.log import await_log
from vedette.settings import GatewaySettings
from vedette.store import open_store


def main(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT; open streams are ended first. Waits for a log that is away.

    A database or a log that refuses us is an error before anything is served: raised, not printed by the server.
    """
    open_store(settings).close()
    log = await_log(settings)
    app = create_app(lambda: make_context(settings, SystemClock(), log))
    be_patient()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=GatewayProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than clients keep theirs: it is they who should close
        timeout_graceful_shutdown=5,
    )
