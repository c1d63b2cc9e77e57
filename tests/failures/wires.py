"""A TCP proxy between two parts, so that tests can cut the network between them, stall it, or have it refused."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

_RESET = struct.pack("ii", 1, 0)


class Wire:
    """Listens on `port` of loopback (0: a free one) and connects to `target`, a port of loopback too.

    `cut` resets every connection, and each new one at once; `refuse` resets them and does not listen; `stall` takes
    what is sent and passes nothing on, as a router that has lost its way. `mend` ends all of these; connections that
    were stalled then get what has waited.
    """

    def __init__(self, target: int, port: int = 0) -> None:
        self._target = target
        self._listener: socket.socket | None = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._whole, self._closed = True, False
        self._flows = threading.Event()
        self._flows.set()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.passed = 0
        """Bytes that were passed on: a test that cuts a wire that nobody uses tests nothing."""
        self._listen(self._listener)

    def cut(self) -> None:
        """Reset every connection, those to come too."""
        with self._lock:
            self._whole = False
            for end in self._ends:
                _reset(end)

    def refuse(self) -> None:
        """Reset every connection, and listen no more."""
        self.cut()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def stall(self) -> None:
        """Pass nothing on."""
        self._flows.clear()

    def mend(self) -> None:
        """Be a wire again."""
        self._whole = True
        self._flows.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._listen(self._listener)

    def close(self) -> None:
        """End it."""
        self._closed = True
        self.refuse()
        self._flows.set()

    def _listen(self, listener: socket.socket) -> None:
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        self._flows.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            _reset(client)
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._ends |= {client, server}
            if not self._whole:
                _reset(client)
                _reset(server)
        other = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        other.start()
        self._pump(client, server)
        other.join()
        with self._lock:
            self._ends -= {client, server}
        client.close()
        server.close()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self._flows.wait()
                if not self._whole or self._closed:
                    break
                target.sendall(data)
                self.passed += len(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RDWR)
