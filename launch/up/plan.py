"""The plan: which processes `vedette up` runs, and with what settings."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from launch.supervised import PARENT
from launch.up.child import ChildSpec
from launch.up.environment import child_environment, in_environment
from launch.up.folder import DataFolder
from vedette.settings import (
    AgentSettings,
    AlertWorkerSettings,
    ArchiveFlowSettings,
    FlowSettings,
    GatewaySettings,
    ProbeSettings,
    Settings,
)
from vedette.store.embedded import EmbeddedPostgres

FLOWS = ("rollup", "endpoints", "trends", "drift", "alerts", "archive")
LOCATION = "local"
PROCESSES = ("gateway", *(f"flow-{flow}" for flow in FLOWS), "alert-worker", "agent", "probe")
"""Our own processes in the order of their start, which is also that of their metrics ports."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the supervisor needs to know.

    With a `metrics_port` N above 0, the n-th of `PROCESSES` serves its metrics on port N + n, the first on N + 1.
    """

    folder: DataFolder
    host: str
    port: int
    interval_s: float
    dsn: str | None
    metrics_port: int = 0

    @property
    def url(self) -> str:
        """Where the page is."""
        host = _EVERYWHERE.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def check(self) -> None:
        """Raise a `ConfigurationError` if a process would refuse its settings. Changes nothing."""
        for spec in (*self.services(), *self.senders()):
            if spec.settings is None:
                continue
            # The token's file is made later, by the bootstrap.
            own = {name: value for name, value in spec.env.items() if name != "VEDETTE_TOKEN_FILE"}
            with in_environment(child_environment(os.environ, own)):
                spec.settings.load()

    def server(self) -> EmbeddedPostgres:
        """The embedded server; made use of only if there is no DSN."""
        return EmbeddedPostgres(self.folder.postgres)

    def database(self) -> str:
        """The DSN that every process gets."""
        return self.dsn or self.server().dsn

    def postgres(self) -> ChildSpec:
        """The embedded PostgreSQL."""
        server = self.server()
        return ChildSpec(
            "postgres",
            server.command(),
            {},
            self.folder.output("postgres"),
            server.process_options(),
            prepare=server.prepare,
            stop_signal=signal.SIGINT,  # fast shutdown: clients are cut off, nothing is lost
            ready=server.ready,
        )

    def services(self) -> list[ChildSpec]:
        """Gateway, flows and alert worker: everything that the senders need."""
        shared = {"VEDETTE_DSN": self.database(), "VEDETTE_LOG_URL": self.folder.log_url}
        gateway = {
            **shared,
            "VEDETTE_HOST": self.host,
            "VEDETTE_PORT": str(self.port),
            "VEDETTE_KEY_DIR": str(self.folder.keys),
            **self._archive(),
        }
        flows = [
            self._child(
                f"flow-{flow}",
                ["flow", flow],
                ArchiveFlowSettings if flow == "archive" else FlowSettings,
                {**shared, "VEDETTE_RECOVERY_DIR": str(self.folder.recovery(flow)), **self._own(flow)},
            )
            for flow in FLOWS
        ]
        return [
            self._child("gateway", ["gateway"], GatewaySettings, gateway, self._gateway_ready),
            *flows,
            self._child("alert-worker", ["alert-worker"], AlertWorkerSettings, {**shared, "VEDETTE_POOL_SIZE": "4"}),
        ]

    def _own(self, flow: str) -> dict[str, str]:
        """What one flow alone needs."""
        if flow != "archive":
            return {"VEDETTE_POOL_SIZE": "2"}
        return {"VEDETTE_POOL_SIZE": "3", **self._archive()}

    def _archive(self) -> dict[str, str]:
        """The folder of the archive, unless the environment gives another place."""
        given = os.environ.keys() & {"VEDETTE_ARCHIVE_URL", "VEDETTE_ARCHIVE_URL_FILE"}
        return {} if given else {"VEDETTE_ARCHIVE_URL": self.folder.archive_url}

    def senders(self) -> list[ChildSpec]:
        """The agent on this host and a probe."""
        agent = {**self._sender("agent"), "VEDETTE_INTERVAL_S": str(self.interval_s)}
        probe = {**self._sender("probe"), "VEDETTE_LOCATION": LOCATION, **self._reach()}
        return [
            self._child("agent", ["agent"], AgentSettings, agent),
            self._child("probe", ["probe"], ProbeSettings, probe),
        ]

    @staticmethod
    def _reach() -> dict[str, str]:
        """This machine's own probe may look at its neighbours, unless the environment says otherwise."""
        given = os.environ.keys() & {"VEDETTE_ALLOW_PRIVATE", "VEDETTE_ALLOW_PRIVATE_FILE"}
        return {} if given else {"VEDETTE_ALLOW_PRIVATE": "true"}

    def _sender(self, name: str) -> dict[str, str]:
        return {
            "VEDETTE_URL": self.url,
            "VEDETTE_TOKEN_FILE": str(self.folder.token(name)),
            "VEDETTE_SPOOL": str(self.folder.spool(name)),
        }

    def _child(
        self,
        name: str,
        arguments: list[str],
        settings: type[Settings],
        env: dict[str, str],
        ready: Callable[[], bool] = lambda: True,
    ) -> ChildSpec:
        command = [sys.executable, "-m", "launch.main", *arguments]
        env = {**env, "VEDETTE_SUPERVISED": "1", PARENT: str(os.getpid())}
        if self.metrics_port:
            env["VEDETTE_METRICS_PORT"] = str(self.metrics_port + 1 + PROCESSES.index(name))
        return ChildSpec(name, command, env, self.folder.output(name), ready=ready, settings=settings)

    def _gateway_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False
