"""TimescaleDB on PostgreSQL 17, run inside a Debian root without leaving a mount behind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg

from deploy.testbed.installing import Cache
from deploy.testbed.server import Server, TestbedError

_BINARIES = "/usr/lib/postgresql/17/bin"
# The mounts live in a name space of this process and its children, and end with them, however they end.
_INSIDE = """
set -eu
root=$1 folder=$2; shift 2
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount --bind "$folder" "$root/srv"
chroot "$root" chown postgres:postgres /srv /srv/password
exec chroot --userspec=postgres:postgres "$root" "$@"
"""
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "max_worker_processes": "32",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class TimescaleServer(Server):
    """A server from the cached Debian root, with durability as in production (fsync on) and a password."""

    def __init__(self, name: str, folder: Path, cache: Cache, port: int, password: str) -> None:
        super().__init__(name, folder)
        self._cache = cache
        self._port = port
        self._password = password

    @property
    def address(self) -> str:
        """Where its superuser connects to."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/postgres"

    def prepare(self) -> None:
        """Make the cluster, unless it is made."""
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(self._password)
        if (self.folder / "made").exists():
            # A killed server leaves its lock, and refuses to start as long as a process of that number is listed,
            # be it dead. Our record is better: it says that ours does not run.
            (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
            return
        shutil.rmtree(self.folder / "data", ignore_errors=True)  # a start that was broken off left half of it
        done = subprocess.run(
            self._inside(
                f"{_BINARIES}/initdb",
                "--auth=scram-sha-256",
                "--pwfile=/srv/password",
                "--locale=C.UTF-8",
                "--encoding=UTF8",
                "--username=postgres",
                "--pgdata=/srv/data",
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise TestbedError(f"{self.name}: initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        (self.folder / "made").touch()

    def command(self) -> list[str]:
        """The server's command line."""
        options = [f"-c{key}={value}" for key, value in {**_OPTIONS, "port": str(self._port)}.items()]
        return self._inside(f"{_BINARIES}/postgres", "-D", "/srv/data", *options)

    def environment(self) -> dict[str, str]:
        """The root has one locale."""
        return {"LC_ALL": "C.UTF-8"}

    def answers(self) -> None:
        """Ask for a row, and for the extension."""
        with psycopg.connect(self.address, connect_timeout=3) as connection:
            found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
            if found is None:
                raise TestbedError(f"{self.name}: this PostgreSQL has no TimescaleDB")
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _inside(self, *command: str) -> list[str]:
        space = ["unshare", "--mount", "--propagation", "private"]
        return [*space, "sh", "-c", _INSIDE, "sh", str(self._cache.timescale()), str(self.folder), *command]
