"""A webhook receiver as a process: `receiver.py PORT FILE` appends each request to FILE and answers 200."""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    path_of_file = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(os.devnull)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.path_of_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"headers": dict(self.headers), "body": body}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
