"""A TCP proxy before PostgreSQL, on whichever kind of socket it listens, so that tests can cut the wire and mend it."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit


class Wire:
    """While it is cut, connections are closed as soon as they are made; while it is stalled, nothing comes through."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        folders = parse_qs(parts.query).get("host")
        self._server = f"{folders[0]}/.s.PGSQL.5432" if folders else (str(parts.hostname), parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        self.dsn = f"postgresql://{user}@127.0.0.1:{port}{parts.path}?connect_timeout=5"
        self._whole = True
        self._flows = threading.Event()
        self._flows.set()
        self._ends: list[socket.socket] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._flows.set()
        for thread in self._threads:
            thread.join(10)

    def cut(self) -> None:
        """Close every connection, and take no new one."""
        with self._lock:
            self._whole = False
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Take connections and all that is sent on them, and pass nothing on: a server that hangs."""
        self._flows.clear()

    def mend(self) -> None:
        """Take connections again, and pass on what has waited."""
        self._whole = True
        self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._whole:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET)
                server.connect(self._server)
                self._ends += [client, server]
            for source, target in ((client, server), (server, client)):
                thread = threading.Thread(target=self._pump, args=(source, target), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with source:
            with contextlib.suppress(OSError):
                while data := source.recv(65_536):
                    self._flows.wait()
                    target.sendall(data)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)
