"""PostgreSQL servers for tests of plugins: with a password, over TCP, and a replica of one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.integration.plugins.servers import free_port, wait_until
from vedette.store.embedded import EmbeddedPostgres

PASSWORD = "open, sesame=1"


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


class Cluster:
    """One server's folder. It is made by the project's own wheel, as the user that it runs as."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.server = EmbeddedPostgres(folder / "data")
        self.address = f"127.0.0.1:{self.port}"

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs."""
        path = str(Path(self.server.command()[0]).parent / program)
        done = subprocess.run([path, *arguments], **self.server.process_options(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def make(self) -> None:
        """An empty one: who comes over TCP needs a password."""
        self.server.prepare()
        (self.server.data / "pg_hba.conf").write_text(
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 trust\n"
        )

    def copy(self, primary: Cluster, slot: str) -> None:
        """A replica of `primary`, with a replication slot of its own there."""
        self.server.sockets.mkdir(exist_ok=True)
        given = self.server.process_options()
        if "user" in given:
            for folder in (self.folder, self.server.sockets):
                os.chown(folder, given["user"], given["group"])
        source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"]
        self.run(
            "pg_basebackup", *source, "-R", "-C", "-S", slot, "-X", "stream", "-c", "fast", "-D", str(self.server.data)
        )

    @contextmanager
    def running(self, *options: str) -> Iterator[Cluster]:
        """While it runs, with more `-c` options."""
        given = ["-clisten_addresses=127.0.0.1", f"-p{self.port}", "-cautovacuum=off", "-cfsync=off", *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **self.server.process_options()}
        with subprocess.Popen([*self.server.command(), *given], **quiet) as process:
            try:
                wait_until(partial(listens, self.port), process)
                wait_until(self._ready, process)
                yield self
            finally:
                process.kill()

    def _ready(self) -> bool:
        path = str(Path(self.server.command()[0]).parent / "pg_isready")
        return subprocess.run([path, "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0

    def sql(self, *statements: str) -> None:
        """Through the socket, where no password is needed."""
        for statement in statements:
            self.run(
                "psql", "-q", "-h", str(self.server.sockets), "-p", str(self.port), "-U", "postgres", "-c", statement
            )


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder of its own whose path is short enough for sockets, and which other users may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="vdt-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
