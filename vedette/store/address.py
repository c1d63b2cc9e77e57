"""The database's address: a DSN with what every connection of ours adds to it, and as people may see it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from vedette.errors import ConfigurationError

_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 5,
    # A machine that vanished without a word is noticed after 10 + 3 * 5 s, or when nothing is acknowledged for 20 s.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "vedette",
}


def parameters(dsn: str) -> dict[str, Any]:
    """The connection's parameters: those of `dsn`, and ours where it does not say.

    With several hosts it is the one that takes writes that is meant, unless `dsn` says otherwise. Raises a
    `ConfigurationError` that does not show `dsn` if it is no address.
    """
    if not dsn.startswith(("postgresql://", "postgres://")):
        raise _no_address()
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.Error:
        raise _no_address() from None  # psycopg's own words repeat the address, with the password
    found = {**_DEFAULTS, **given}
    if "," in str(given.get("host", "")):
        found.setdefault("target_session_attrs", "read-write")
    return found


def conninfo(dsn: str) -> str:
    """The same as libpq's connection string."""
    return make_conninfo("", **parameters(dsn))


def place(dsn: str) -> str:
    """What people may see of it: user, hosts, ports and database."""
    found = parameters(dsn)
    hosts = str(found.get("host") or found.get("hostaddr") or "localhost").split(",")
    ports = str(found.get("port") or "5432").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    where = ",".join(
        host if host.startswith("/") else f"{host}:{port}" for host, port in zip(hosts, ports, strict=False)
    )
    user = found.get("user")
    return f"{f'{user}@' if user else ''}{where}/{found.get('dbname') or user or ''}"


def without_password(text: str, dsn: str) -> str:
    """`text` with the password of `dsn` taken out."""
    password = parameters(dsn).get("password")
    return text.replace(str(password), "***") if password else text


def _no_address() -> ConfigurationError:
    return ConfigurationError("VEDETTE_DSN", "***", "an address as postgresql://user:password@host:5432/database")
