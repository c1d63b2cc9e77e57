"""GrpcCheck: a gRPC server's own word about its health, or about that of one of its services."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from probes.check import Vantage
from probes.faults import Fault, Faulted
from probes.grpc.message import CODES, SERVING, Malformed, request, serving_status
from probes.http.ask import Needs, ask
from probes.http.redirects import Hop
from probes.http.reply import Reply
from probes.http.target import Target
from probes.http.way import forced_http2
from probes.monitors import Monitor
from probes.net.place import parse_place
from probes.visit import Visit, Visitor

_PATH = "/grpc.health.v1.Health/Check"
_NEEDS = Needs(need_body=True, need_headers=True)
_SCHEMES = {"grpc": "http", "grpcs": "https"}
OK = 200


class GrpcCheck(Visitor):
    """Up when the status is SERVING. `status` is gRPC's own (0: OK), where the server gave one."""

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        place = parse_place("grpc", monitor.url)
        scheme = _SCHEMES[urlsplit(monitor.url).scheme]
        headers = {
            "Content-Type": "application/grpc",
            "Grpc-Accept-Encoding": "identity",
            "Grpc-Timeout": f"{round(monitor.timeout_s * 1000)}m",
        }
        target = Target(scheme, place.host, place.port, _PATH, place.literal)
        self._hop = Hop("POST", target, headers, request(monitor.service))
        self._way = forced_http2()

    async def look(self, visit: Visit) -> Fault | None:
        """Ask once; what the server says is read from trailers, headers and message."""
        try:
            reply = await ask(self, visit, self._hop, b"", _NEEDS, self._way)
        finally:
            http_status, visit.status = visit.status, None
        said = dict(reply.head())
        code = said.get("grpc-status")
        if code is None:
            return reply.fault or _no_grpc(http_status, said)
        if not (code.isascii() and code.isdigit() and len(code) <= 3):
            return Fault("protocol", f"grpc-status is {code[:20]!r}")
        visit.status = int(code)
        if visit.status:
            name = CODES[visit.status] if visit.status < len(CODES) else "unknown"
            return Fault("answer", f"grpc-status {code} ({name}): {unquote(said.get('grpc-message', ''))[:120]}")
        return reply.fault or self._judged(reply, visit)

    def _judged(self, reply: Reply, visit: Visit) -> Fault | None:
        try:
            status = serving_status(reply.body())
        except Malformed as error:
            raise Faulted(Fault("protocol", f"no health message: {error}")) from error
        visit.notes = [("serving_status", status)]
        if status == SERVING:
            return None
        return Fault("answer", f"{self.monitor.service or 'the server'} is {status}")


def _no_grpc(status: int | None, said: dict[str, str]) -> Fault:
    """The fault of an answer that gRPC has no part in: some web server's, or a proxy's."""
    if status != OK:
        return Fault("status", str(status))
    return Fault("protocol", f"no grpc-status in an answer of the type {said.get('content-type', 'unknown')[:60]}")
