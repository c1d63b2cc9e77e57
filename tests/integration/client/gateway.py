"""A small gateway over real HTTP, which can also fail in the ways that real ones do."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.patience import PATIENCE_S


class Gateway:
    """Answers each request by the next of `answers`: a status, "hang", "cut" or "take and cut"; else by 200."""

    def __init__(self) -> None:
        self.answers: deque[int | str] = deque()
        self.headers: dict[str, str] = {}
        self.routes: dict[tuple[str, str], Any] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.messages: list[dict[str, Any]] = []
        self.duplicates = 0
        self.changed = threading.Condition()
        self.released = threading.Event()
        self._seen: set[tuple[str, int]] = set()
        self.url = ""

    def take(self, body: bytes) -> None:
        """Keep a message, unless it was here before."""
        message = json.loads(body)
        identity = (message["epoch"], message["seq"])
        if identity in self._seen:
            self.duplicates += 1
            return
        self._seen.add(identity)
        self.messages.append(message)

    def wait_for(self, condition: Any) -> None:
        """Return when the condition holds."""
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE_S)

    def column(self, name: str) -> list[Any]:
        return [value for message in self.messages for value in message.get("columns", {}).get(name, [])]

    def epochs(self) -> set[str]:
        return {message["epoch"] for message in self.messages}


class Server(ThreadingHTTPServer):
    """A server that knows its gateway."""

    daemon_threads = True

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        gateway = self.server.gateway
        body = self._body()
        with gateway.changed:
            gateway.requests.append((self.command, self.path, dict(self.headers), body))
            answer = gateway.answers.popleft() if gateway.answers else 200
            route = gateway.routes.get((self.command, self.path.partition("?")[0]))
            is_message = self.path in {"/v1/features", "/v1/outcomes"}
            if is_message and answer in {200, "take and cut"}:
                gateway.take(body)
            gateway.changed.notify_all()
        if answer == "hang":
            gateway.released.wait(PATIENCE_S)
        if isinstance(answer, str):
            self.close_connection = True
            return
        self._answer(answer, route)

    do_GET = do_POST  # noqa: N815 - the names are http.server's
    do_PUT = do_POST  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, route: Any) -> None:
        content = {"detail": f"the test answers {status}"} if status >= 300 else (route or {})
        if isinstance(content, tuple):
            status, content = content
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in self.server.gateway.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Gateway]:
    """A gateway on a port of its own."""
    gateway = Gateway()
    server = Server(gateway)
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield gateway
    finally:
        gateway.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
