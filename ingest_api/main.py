"""The gateway as a process."""

from __future__ import annotations

import contextlib
import socket
import sys

import uvicorn
from fastapi import FastAPI

from ingest_api.app import create_app, end_streams, make_context
from ingest_api.protocol import GatewayProtocol
from vedette.clock import SystemClock
from vedette.collector import be_patient
from vedette.log import await_log
from vedette.settings import GatewaySettings
from vedette.store import open_store

_NOT_STARTED = 3


def main(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT; open streams are ended first. Waits for a log that is away.

    A database or a log that refuses us is an error before anything is served: raised, not printed by the server.
    """
    open_store(settings).close()
    log = await_log(settings)
    app = create_app(lambda: make_context(settings, SystemClock(), log))
    be_patient()
    config = uvicorn.Config(
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
    server = GatewayServer(app, config)
    with contextlib.suppress(KeyboardInterrupt):  # raised again by the server when it has ended in order
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


class GatewayServer(uvicorn.Server):
    """uvicorn's server, which waits for open answers when it stops; but streams would never end by themselves."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first."""
        end_streams(self._app)
        await super().shutdown(sockets)
