"""The data folder of `vedette up`: where everything lies that must outlive a restart."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vedette.errors import ConfigurationError

DEFAULT = Path(".vedette")
PRIVATE = ("archive", "keys", "log", "output", "recovery", "spool", "tokens")
"""Folders for their owner only. The root must let the embedded PostgreSQL's user pass."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths below one root."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The embedded server's data."""
        return self.root / "postgres"

    @property
    def log_url(self) -> str:
        """The embedded event log."""
        return f"embedded://{self.root / 'log' / 'events.db'}"

    @property
    def archive_url(self) -> str:
        """The archive."""
        return f"file://{self.root / 'archive'}"

    @property
    def keys(self) -> Path:
        """Signing keys."""
        return self.root / "keys"

    def recovery(self, flow: str) -> Path:
        """A flow's snapshots."""
        return self.root / "recovery" / flow

    def spool(self, sender: str) -> Path:
        """The spool of the agent or the probe."""
        return self.root / "spool" / sender

    def output(self, process: str) -> Path:
        """What a process prints."""
        return self.root / "output" / f"{process}.log"

    def token(self, sender: str) -> Path:
        """The API token of the agent, the probe or the command line."""
        return self.root / "tokens" / sender

    @property
    def address(self) -> Path:
        """Where this installation answers, for the command line."""
        return self.root / "address.json"

    @property
    def children(self) -> Path:
        """How the processes of a running `vedette up` fare, for `vedette doctor`."""
        return self.root / "children.json"

    def claim(self) -> IO[str]:
        """Make the folders and lock them until the returned file is closed; only one `vedette up` may use them."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for name in PRIVATE:
                (self.root / name).mkdir(exist_ok=True, mode=0o700)
                (self.root / name).chmod(0o700)  # an older version made them open
            lock = (self.root / "lock").open("w", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError("--data", str(self.root), f"a folder that can be written ({error})") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise ConfigurationError(
                "--data", str(self.root), "a folder that no other `vedette up` is using now"
            ) from error
        return lock

    def write_secret(self, path: Path, text: str) -> None:
        """Write a file that only its owner may read, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)  # what a crash left would keep its mode
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)

    def write_address(self, url: str, dsn: str) -> None:
        """Tell the command line where this installation is."""
        self.write_secret(self.address, json.dumps({"url": url, "dsn": dsn, "log_url": self.log_url}))

    def read_address(self) -> dict[str, str]:
        """What `write_address` wrote; empty if nothing is there."""
        try:
            found = json.loads(self.address.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
