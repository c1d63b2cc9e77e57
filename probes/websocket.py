"""WebSocketCheck: the opening handshake of a WebSocket server (RFC 6455, 4)."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha1

from probes.check import Vantage
from probes.faults import Fault
from probes.http.ask import Needs, ask
from probes.http.redirects import Hop
from probes.http.reply import Reply
from probes.http.request import request_bytes
from probes.http.target import parse_target
from probes.monitors import Monitor
from probes.visit import Visit, Visitor
from vedette.errors import InvalidInput

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SCHEMES = {"ws": "http", "wss": "https"}
_OURS = frozenset({"sec-websocket-key", "sec-websocket-version"})
SWITCHING = 101


class WebSocketCheck(Visitor):
    """Up when the server switches protocols and proves that it read our key; then the connection is dropped."""

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        scheme, _, rest = monitor.url.partition(":")
        if scheme not in _SCHEMES:
            raise InvalidInput("url", monitor.url, "a URL that starts with ws:// or wss://")
        for name in monitor.headers:
            if name.lower() in _OURS:
                raise InvalidInput(f"headers.{name}", "***", "none of " + ", ".join(sorted(_OURS)))
        self._hop = Hop("GET", parse_target(f"{_SCHEMES[scheme]}:{rest}"), monitor.headers)
        self._request("")  # a header that can never be sent is refused here

    def secrets(self) -> Sequence[str]:
        """Values of request headers."""
        return list(self.monitor.headers.values())

    async def look(self, visit: Visit) -> Fault | None:
        """Ask for the switch and check the proof. Redirects are not followed."""
        key = b64encode(os.urandom(16)).decode()
        exchange = await ask(self, visit, self._hop, self._request(key), Needs())
        if exchange.fault is not None:
            return exchange.fault
        if exchange.status != SWITCHING:
            return Fault("status", f"{exchange.status}, not {SWITCHING}")
        return _refusal(exchange, key)

    def _request(self, key: str) -> bytes:
        proof = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
        return request_bytes("GET", self._hop.target, self._hop.headers, extra=proof, upgrades=True)


def _refusal(exchange: Reply, key: str) -> Fault | None:
    if (exchange.header(b"upgrade") or b"").strip().lower() != b"websocket":
        return Fault("answer", "no header Upgrade: websocket")
    if b"upgrade" not in (exchange.header(b"connection") or b"").lower():
        return Fault("answer", "no header Connection: Upgrade")
    # the protocol's own proof, nothing that must resist anybody
    proof = b64encode(sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest())
    if (exchange.header(b"sec-websocket-accept") or b"").strip() != proof:
        return Fault("answer", "Sec-WebSocket-Accept does not follow from our key")
    return None
