"""DockerNames: what people call containers, asked of Docker's or Podman's socket where this agent may open it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock")
AGAIN_S = 60.0
"""Containers without a name there are not asked for more often than this."""
_TIMEOUT_S = 2.0
_MOST_BYTES = 8 << 20


class _Container(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    names: list[str] = msgspec.field(name="Names", default_factory=list)


_decoder = msgspec.json.Decoder(list[_Container])


class DockerNames:
    """Names by id, asked for when there is an id that is not known. Blocks for two seconds at most a socket.

    Only the list of containers is read; whoever may open that socket could do anything, so an agent that is not root
    sees no names unless it was put into the socket's group.
    """

    def __init__(self, sockets: Sequence[str] = SOCKETS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._sockets, self._monotonic = sockets, monotonic
        self._names: dict[str, str] = {}
        self._nameless: frozenset[str] = frozenset()
        self._asked_at = -AGAIN_S

    def __call__(self, ids: frozenset[str]) -> Mapping[str, str]:
        """The names of these containers, as far as they are known."""
        unknown = ids - self._names.keys()
        now = self._monotonic()
        if unknown - self._nameless or (unknown and now - self._asked_at >= AGAIN_S):
            self._asked_at = now
            self._names = {key: name for path in self._sockets for key, name in ask(path).items()}
            self._nameless = ids - self._names.keys()
        return self._names


def ask(path: str) -> dict[str, str]:
    """The names of all running containers that the daemon behind a socket knows; none if it cannot be asked."""
    try:
        answer = _get(path, "/containers/json")
        head, _, body = answer.partition(b"\r\n\r\n")
        if head.split(b" ", 2)[1:2] != [b"200"]:
            return {}
        return {found.id: found.names[0].lstrip("/") for found in _decoder.decode(body) if found.names}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _get(path: str, url: str) -> bytes:
    """The whole answer; HTTP 1.0, so that its body is not in chunks."""
    end = time.monotonic() + _TIMEOUT_S
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT_S)
        connection.connect(path)
        connection.sendall(f"GET {url} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        pieces, size = [], 0
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST_BYTES or time.monotonic() > end:
                return b""
        return b"".join(pieces)
