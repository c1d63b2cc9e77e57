"""Proxy: an HTTP proxy between the probe and an endpoint (RFC 9110, 9.3.6; RFC 9112, 3.2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.faults import Fault, Faulted
from probes.http.request import user_agent
from probes.http.target import Target, parse_target
from probes.monitors import Monitor
from probes.net.prelude import Prelude
from vedette.errors import InvalidInput

REFUSED = 407
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it is, and what it wants to be told with each request."""

    target: Target
    headers: Mapping[str, str]

    async def open_tunnel(self, prelude: Prelude, to: Target) -> None:
        """Ask for a connection to `to` over that of `prelude`; raises `Faulted` unless the proxy grants it."""
        place = f"[{to.host}]:{to.port}" if ":" in to.host else f"{to.host}:{to.port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", f"User-Agent: {user_agent()}"]
        lines += (f"{name}: {value}" for name, value in self.headers.items())
        prelude.write("\r\n".join((*lines, "", "")).encode("latin-1"))
        head = await prelude.until(_HEAD_END)
        if head is None:
            raise Faulted(Fault("proxy", f"no answer from {self.target.authority} to CONNECT"))
        version, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        status, _, reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not status.isdigit():
            raise Faulted(Fault("proxy", f"{self.target.authority} is no HTTP proxy: {head[:60]!r}"))
        if not 200 <= int(status) < 300:
            raise Faulted(Fault("proxy", f"{self.target.authority} refuses {place}: {status} {reason[:60]}"))


def proxy_of(monitor: Monitor) -> Proxy | None:
    """The proxy that a monitor names, if it does; `InvalidInput` for what is none."""
    if monitor.proxy is None:
        if monitor.proxy_auth is not None:
            raise InvalidInput("proxy_auth", "***", "credentials only beside a proxy")
        return None
    try:
        target = parse_target(monitor.proxy)
    except InvalidInput as error:
        raise InvalidInput("proxy", monitor.proxy, error.allowed) from error
    if target.scheme != "http" or target.path != "/":
        raise InvalidInput("proxy", monitor.proxy, "http://host:port and nothing behind it")
    credentials = monitor.proxy_auth
    return Proxy(target, {} if credentials is None else {"Proxy-Authorization": credentials.header()})
