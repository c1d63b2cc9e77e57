"""Vedette as it runs on many machines: every part a process of its own, over Kafka, TimescaleDB and S3."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.e2e.installation import QUICK, eventually, free_port
from tests.patience import PATIENCE_S
from tests.servers.buckets import S3

ADMIN, AGENT, PROBE = "admin", "agent:web-1", "probe"


class ManyMachines:
    """The processes of one installation; in a `with`, they are ended, and killed if they do not end."""

    def __init__(self, folder: Path, kafka: str, prefix: str, dsn: str, s3: S3) -> None:
        self.folder = folder
        self.bucket = s3.bucket()
        self.s3 = s3
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._tokens = {kind: self._token(kind) for kind in (ADMIN, AGENT, PROBE)}
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")},
            **QUICK,
            "VEDETTE_LOG_URL": f"kafka://{kafka}",
            "VEDETTE_KAFKA_PREFIX": prefix,
            "VEDETTE_DSN": dsn,
            "VEDETTE_ARCHIVE_URL": f"s3://{self.bucket}/archive",
            "VEDETTE_ARCHIVE_ENDPOINT": s3.endpoint,
            "VEDETTE_ARCHIVE_REGION": s3.region,
            "VEDETTE_ARCHIVE_ACCESS_KEY": s3.key,
            "VEDETTE_ARCHIVE_SECRET_KEY": s3.secret,
            "VEDETTE_ARCHIVE_FLUSH_S": "1",
            "VEDETTE_PORT": str(self.port),
            "VEDETTE_KEY_DIR": str(folder / "keys"),
            "VEDETTE_URL": self.url,
            "VEDETTE_INTERVAL_S": "1",
            "VEDETTE_RELOAD_S": "1",
            "VEDETTE_DATA": str(folder / "none"),
        }

    def _token(self, kind: str) -> Path:
        path = self.folder / f"token-{kind.partition(':')[0]}"
        path.write_text(f"vdt_{os.urandom(24).hex()}")
        return path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def command(self, *arguments: str) -> str:
        """What a command printed that must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "launch.main", *arguments], env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_up(self) -> None:
        """Tables, the account, and the tokens."""
        self.command("migrate")
        tokens = [f"--token={kind}={path}" for kind, path in self._tokens.items()]
        self.command("bootstrap", *tokens)

    def start(self, name: str, *command: str, **settings: str) -> None:
        """Start a process; its output goes to a file of its own."""
        own = {"VEDETTE_RECOVERY_DIR": str(self.folder / f"recovery-{name}"), **settings}
        own["VEDETTE_SPOOL"] = str(self.folder / f"spool-{name}")
        with (self.folder / f"{name}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "launch.main", *command],
                env={**self.env, **own},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start_all(self) -> None:
        """Gateway, flows and alert worker; return when the gateway is ready."""
        self.start("gateway", "gateway")
        for flow in ("rollup", "endpoints", "alerts", "archive"):
            self.start(flow, "flow", flow)
        self.start("alert-worker", "alert-worker")
        eventually("the gateway is ready", lambda: httpx.get(f"{self.url}/readyz").status_code == 200)

    def start_senders(self, transport: str) -> None:
        """An agent and a probe that report in this way."""
        token = {"VEDETTE_TOKEN_FILE": str(self._tokens[AGENT]), "VEDETTE_SOURCE": "web-1"}
        self.start(f"agent-{transport}", "agent", "--transport", transport, **token)
        token = {"VEDETTE_TOKEN_FILE": str(self._tokens[PROBE])}
        self.start(f"probe-{transport}", "probe", "--transport", transport, **token)

    def end(self, *names: str) -> None:
        """End these with SIGTERM, which must be an end in order."""
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        for name in names:
            code = self.processes.pop(name).wait(PATIENCE_S)
            # The gateway's server ends in order, and then by the signal itself.
            assert code == (-signal.SIGTERM if name == "gateway" else 0), f"{name} ended with {code}\n{self.output()}"

    def stop(self) -> None:
        """End all, in whatever state they are."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    @property
    def headers(self) -> dict[str, str]:
        """Those of the administrator."""
        return {"Authorization": f"Bearer {self._tokens[ADMIN].read_text()}"}

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The gateway's answer."""
        response = httpx.request(method, self.url + path, headers=self.headers, timeout=10, **options)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    def output(self) -> str:
        """The ends of what all have printed: for a test's failure."""
        parts = [f"== {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*.log"))]
        return re.sub(r"vdt_\S+", "vdt_…", "\n".join(parts))
