"""What lies outside an installation: a receiver of webhooks, and an endpoint that can be made to fail."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.e2e.installation import free_port


class Receiver:
    """The receiver's process, and what it has been sent."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "received.jsonl"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        script = Path(__file__).with_name("receiver.py")
        self._process = subprocess.Popen([sys.executable, str(script), str(self.port), str(self.file)])

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def requests(self) -> list[dict[str, Any]]:
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def events(self, subject: str) -> dict[str, str]:
        """Event by idempotency key, as a receiver that ignores repetitions sees them."""
        found: dict[str, str] = {}
        for request in self.requests():
            body = json.loads(request["body"])
            if body["alert"]["subject"] == subject:
                found[request["headers"]["Idempotency-Key"]] = body["event"]
        return found


class Target:
    """An endpoint whose status can be changed."""

    def __init__(self) -> None:
        self.status = 200
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(target.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
