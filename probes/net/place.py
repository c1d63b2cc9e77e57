"""Place: host and port of a target that has nothing else, such as `tcp://host:port`."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from vedette.errors import InvalidInput
from vedette.monitors.targets import check_target


class Place(NamedTuple):
    """`literal` tells that `host` is an IP address; `port` is 0 where kinds have none."""

    host: str
    port: int
    literal: bool


def parse_place(kind: str, url: str, port: int = 0) -> Place:
    """Where a monitor of `kind` goes; `port` unless the URL has one. `InvalidInput` for another form."""
    try:
        check_target(kind, url)
    except ValueError as error:
        raise InvalidInput("url", url, str(error)) from error
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return Place(str(ipaddress.ip_address(host)), parts.port or port, True)
    except ValueError:
        name = host if host.isascii() else host.encode("idna").decode()
        return Place(name, parts.port or port, False)
