"""`deploy/compose.yaml` as a user runs it, with an engine, secrets and volumes of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.installation import free_port

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "deploy" / "testbed" / "docker"
IMAGES = ("apache/kafka:4.1.0", "versity/versitygw:v1.8.0", "timescale/timescaledb:2.19.3-pg17")
START_S = 900


class Composition:
    """One project of Docker Compose below `folder`.

    The engine is the one that answers already; else one is started in `folder`, for which root is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.source = f"{socket.gethostname()}-in-compose"
        self._env = dict(os.environ)
        self._own_engine = False

    def prepare(self) -> None:
        """Reach an engine, make the images that are missing and our own, make the secrets and the settings."""
        if self._call("docker", "version", check=False).returncode != 0:
            said = self._call(str(SCRIPTS / "engine.sh"), "start", str(self.folder / "engine")).stdout
            exports = (word.partition("=") for word in shlex.split(said) if "=" in word)
            self._env |= {name: value for name, _, value in exports}
            self._own_engine = True
        missing = [name for name in IMAGES if self._call("docker", "image", "inspect", name, check=False).returncode]
        if missing or self._call("docker", "image", "inspect", "debian:bookworm-slim", check=False).returncode:
            self._call(str(SCRIPTS / "bases.sh"))
            self._call(str(SCRIPTS / "standins.sh"))
        self._call(str(SCRIPTS / "images.sh"))
        settings = self.folder / "settings.env"
        self._env |= {"VEDETTE_SECRETS": str(self.folder / "secrets"), "VEDETTE_ENV": str(settings)}
        self._call(str(ROOT / "deploy" / "docker" / "secrets.sh"))
        self._env |= {"VEDETTE_PORT": self.url.rpartition(":")[2], "VEDETTE_SOURCE": self.source}

    def compose(self, *arguments: str, check: bool = True) -> str:
        """What `docker compose` printed."""
        command = ["docker", "compose", "--project-name", "vedette-test", "--file", "deploy/compose.yaml"]
        settings = self._env["VEDETTE_ENV"]
        return self._call(*command, "--env-file", settings, *arguments, check=check).stdout

    def up(self) -> None:
        """Start all; return when every service is healthy."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(START_S))

    def remove(self) -> None:
        """Take all down, with its volumes; the engine too if it is ours."""
        self.compose("down", "--volumes", "--timeout", "10", check=False)
        if self._own_engine:
            self._call(str(SCRIPTS / "engine.sh"), "remove", str(self.folder / "engine"))

    def kill(self, service: str) -> None:
        """SIGKILL a service's first process, as the kernel would."""
        container = self.compose("ps", "--quiet", service).strip()
        os.kill(int(self._call("docker", "inspect", "--format", "{{.State.Pid}}", container).stdout), signal.SIGKILL)

    def health(self, service: str) -> dict[str, Any]:
        """What the engine says of a service's container: `Status`, `StartedAt`, `Health`, …"""
        container = self.compose("ps", "--all", "--quiet", service).strip()
        found = json.loads(self._call("docker", "inspect", "--format", "{{json .State}}", container).stdout)
        assert isinstance(found, dict)
        return found

    def image_bytes(self, service: str) -> int:
        """The size of the image that a service runs."""
        container = self.compose("ps", "--all", "--quiet", service).strip()
        image = self._call("docker", "inspect", "--format", "{{.Image}}", container).stdout.strip()
        return int(self._call("docker", "image", "inspect", "--format", "{{.Size}}", image).stdout)

    def objects(self) -> set[str]:
        """Names of the archive's objects."""
        found = self.compose("exec", "-T", "objects", "find", "/data/vedette", "-name", "*.parquet")
        return set(found.split())

    def secret(self, name: str) -> str:
        """A secret, as its file holds it."""
        return (self.folder / "secrets" / name).read_text(encoding="utf-8")

    def get(self, path: str, **params: Any) -> Any:
        """What the gateway answers."""
        headers = {"Authorization": f"Bearer {self.secret('cli_token')}"}
        response = httpx.get(self.url + path, headers=headers, params=params, timeout=20)
        response.raise_for_status()
        return response.json()

    def values(self, name: str, **params: Any) -> dict[int, float]:
        """Values of a series of our agent by time; windows without a report are not there."""
        found = self.get("/v1/query", series=f'{name}{{source="{self.source}"}}', step=10, **params)
        [series] = found["series"] or [{"values": []}]
        return {
            at: value for at, value in zip(found["timestamps"], series["values"], strict=False) if value is not None
        }

    def _call(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}"
        return done
