"""Way: how a monitor's requests travel: in which version of HTTP, and through which proxy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from probes.http.proxy import Proxy, proxy_of
from probes.http.target import Target
from probes.monitors import Monitor
from probes.tls import EITHER, HTTP1, HTTP2, Protocols
from vedette.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Way:
    """`protocols` are offered over TLS; `forced`: HTTP/2 and nothing else, also without TLS."""

    protocols: Protocols = HTTP1
    forced: bool = False
    proxy: Proxy | None = None

    def tunnels(self, target: Target) -> bool:
        """Whether a proxy is asked for a connection, and not for the answer."""
        return self.proxy is not None and (self.forced or target.scheme == "https")

    def is_plain(self, target: Target) -> bool:
        """Whether the request can be written to the first connection that stands."""
        return target.scheme == "http" and not self.forced


DIRECT = Way()
"""HTTP/1.1 without a proxy."""


def forced_http2() -> Way:
    """HTTP/2 and nothing else; `InvalidInput` where it cannot be had."""
    if not _speaks_http2():
        raise InvalidInput("kind", "grpc", "another kind where h2 is not installed")
    return Way(HTTP2, True)


def way_of(monitor: Monitor) -> Way:
    """What the monitor's fields ask for; `InvalidInput` where that cannot be had."""
    proxy = proxy_of(monitor)
    if monitor.http_version == "2":
        if not _speaks_http2():
            raise InvalidInput("http_version", "2", "1.1 where h2 is not installed")
        return Way(HTTP2, True, proxy)
    return Way(EITHER if monitor.http_version == "auto" and _speaks_http2() else HTTP1, False, proxy)


@cache
def _speaks_http2() -> bool:
    """Whether `h2` is installed; it is loaded only once a server wants it."""
    return find_spec("h2") is not None
