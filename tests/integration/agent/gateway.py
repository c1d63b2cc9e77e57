"""A tiny gateway on loopback: takes zstd bodies, remembers the batches, answers as the real one does."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import msgspec
import zstandard

from vedette.events.samples import SampleBatch


class Gateway:
    """Serves from `with` on; `batches` is what came, in order. `enough` is set once `wanted` batches are there."""

    def __init__(self, port: int = 0, wanted: int = 1) -> None:
        self.batches: list[SampleBatch] = []
        self.enough = threading.Event()
        self._wanted = wanted
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not self.path.startswith("/v1/ingest/"):
                    self.send_error(404)
                    return
                plain = zstandard.ZstdDecompressor().decompressobj().decompress(body)
                found = msgspec.json.decode(plain, type=list[SampleBatch])
                answer = msgspec.json.encode({"accepted": len(found), "rejects": []})
                outer._took(found)
                self.send_response(202)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
                pass

        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _took(self, batches: list[SampleBatch]) -> None:
        self.batches += batches
        if len(self.batches) >= self._wanted:
            self.enough.set()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def free_port() -> int:
    """A port at which nobody listens (for the moment)."""
    gateway = Gateway()
    gateway._server.server_close()
    return gateway.port
