"""HTTP: one GET or POST with a time limit and a limit of bytes, also over a Unix socket."""

import http.client
import socket

from vedette_plugin.connecting import connect, split_address
from vedette_plugin.plugin import PluginError, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MOST = 4 << 20
"""Longest body that is read unless told otherwise, in bytes."""


class Answer:
    """What came back: `status`, `headers` (their names in lower case), `body`."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def text(self) -> str:
        """The body as UTF-8; what is none is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self, what: str) -> "Any":
        """The body as JSON; `PluginError` that it is not `what`, if it is none."""
        import json

        try:
            return json.loads(self.body)
        except ValueError:
            raise PluginError(f"this is not {what}", f"it answered {self.body[:200]!r}") from None


def fetch(
    url: str,
    *,
    timeout_s: float,
    method: str = "GET",
    headers: "Mapping[str, str] | None" = None,
    body: bytes | None = None,
    user: str = "",
    password: str = "",
    verify: bool = True,
    unix_socket: str = "",
    most: int = MOST,
    allow_errors: bool = False,
) -> Answer:
    """Ask once, without following redirects. With `unix_socket` the connection goes there, whatever the URL's host.

    Raises `PluginError` for a bad URL, a failed connection, a body above `most`, or, unless `allow_errors`, a status
    of 300 and more. The URL's password, if it has one, is used and never shown.
    """
    scheme, host, port, path, login = split_url(url)
    given = {"Host": host_header(host, port, scheme), "User-Agent": "vedette", **(headers or {})}
    login = f"{user}:{password}" if user or password else login
    if login:
        given["Authorization"] = "Basic " + _base64(login.encode())
    shown = f"{scheme}://{given['Host']}{path}"
    bracketed = f"[{host}]" if ":" in host else host
    where = unix_socket or f"{bracketed}:{port}"
    connection = connect(where, timeout_s=timeout_s, tls=scheme == "https", verify=verify)
    try:
        answer = _exchange(connection, method, path, given, body, most)
    except (OSError, http.client.HTTPException) as error:
        raise PluginError(f"{shown}: {told(error)}") from error
    finally:
        connection.close()
    if len(answer.body) > most:
        raise PluginError(f"{shown}: the answer is longer than {most} bytes")
    if answer.status >= 300 and not allow_errors:
        raise PluginError(f"{shown}: status {answer.status}", answer.text()[:500])
    return answer


def split_url(url: str) -> tuple[str, str, int, str, str]:
    """Scheme, host, port, path with query, and `user:password` of an http(s) URL; `PluginError` if it is none."""
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in ("http", "https") or any(char <= " " for char in url):
        raise PluginError("the URL is not allowed; allowed: http:// or https://, without spaces")
    rest = rest.partition("#")[0]
    place, slash, path = rest.partition("/")
    if "?" in place:
        place, _, query = place.partition("?")
        slash, path = "/?", query
    login, _, place = place.rpartition("@")
    host, port = split_address(place, 443 if scheme == "https" else 80)
    return scheme, host, port, (slash + path) or "/", login


def host_header(host: str, port: int, scheme: str) -> str:
    """The `Host` of a request: the port only if it is not the scheme's own."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == (443 if scheme == "https" else 80) else f"{shown}:{port}"


def _exchange(
    connection: socket.socket, method: str, path: str, headers: "Mapping[str, str]", body: bytes | None, most: int
) -> Answer:
    client = http.client.HTTPConnection("server")  # gives the wire's format; the socket is ours
    client.sock = connection
    client.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {**headers, "Connection": "close"}.items():
        client.putheader(name, value)
    if body is not None:
        client.putheader("Content-Length", str(len(body)))
    client.endheaders(body)
    answer = client.getresponse()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(most + 1))


def _base64(data: bytes) -> str:
    import binascii

    return binascii.b2a_base64(data, newline=False).decode()
