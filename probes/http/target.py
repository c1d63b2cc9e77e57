"""Target: a URL taken apart into what a connection and a request need."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from vedette.errors import InvalidInput

PORTS = {"http": 80, "https": 443}
MAX_URL = 4096
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.IGNORECASE)
_SAFE = "/?%:@!$&'()*+,;=-._~[]|"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `path` holds the query too, `literal` tells that `host` is an IP address."""

    scheme: str
    host: str
    port: int
    path: str
    literal: bool

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole URL, without fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must stay the same for credentials to be sent on."""
        return self.scheme, self.host, self.port


def parse_target(url: str) -> Target:
    """The target of `url`; `InvalidInput` for anything but a clean http or https URL.

    Names outside ASCII become IDNA, characters outside a URL's alphabet are percent-encoded. User and
    password are refused: they would end up in logs; a monitor has headers for them.
    """
    if len(url) > MAX_URL:
        raise InvalidInput("url", url, f"at most {MAX_URL} characters")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise InvalidInput("url", url, f"a URL ({error})") from error
    if parts.scheme not in PORTS:
        raise InvalidInput("url", url, "a URL that starts with http:// or https://")
    if parts.username is not None or port == 0:
        raise InvalidInput("url", url, "a URL without user and password, with a port from 1 to 65535")
    host, literal = _host(parts.hostname or "", url)
    path = quote(parts.path, safe=_SAFE) or "/"
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path + query, literal)


def _host(host: str, url: str) -> tuple[str, bool]:
    try:
        return str(ipaddress.ip_address(host)), True
    except ValueError:
        pass
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise InvalidInput("url", url, f"a host name ({error})") from error
    if len(name) > 253 or _HOST.fullmatch(name) is None:
        raise InvalidInput("url", url, "a host name or an IP address after the scheme")
    return name, False
