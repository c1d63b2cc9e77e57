"""The server that both probers check: a fixed answer, the connection closed after it.

`python benchmarks/probe_target.py [certificate.pem]` prints its port on loopback. `GET /count` answers with
the number of connections so far, so that the benchmark can prove that each check made its own.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

import uvloop

BODY = b"x" * 512
HEAD = (
    "HTTP/1.1 200 OK\r\nServer: target\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"
)
ANSWER = HEAD.format(len(BODY)).encode() + BODY


class Target(asyncio.Protocol):
    """One connection."""

    connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        Target.connections += 1
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the request, which comes in one piece."""
        if data.startswith(b"GET /count "):
            body = str(Target.connections).encode()
            self._transport.write(HEAD.format(len(body)).encode() + body)  # type: ignore[attr-defined]
        else:
            self._transport.write(ANSWER)  # type: ignore[attr-defined]
        self._transport.close()


async def serve(certificate: str | None) -> None:
    """Serve for ever."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE  # as nginx does by default: the client's first choice
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Target, "127.0.0.1", 0, ssl=context, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1] if len(sys.argv) > 1 else None))
