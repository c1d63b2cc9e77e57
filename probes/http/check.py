"""HttpCheck: one HTTP or HTTPS monitor, checked from its first look-up to its last byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from probes.assertions import Answer, Assertions, Finding
from probes.check import Vantage
from probes.expected import parse_expected
from probes.faults import Fault
from probes.http.ask import ask
from probes.http.proxy import REFUSED
from probes.http.redirects import FOLLOWED, Hop, next_hop
from probes.http.reply import Reply
from probes.http.request import SAFE, request_bytes
from probes.http.target import parse_target
from probes.http.way import way_of
from probes.monitors import Monitor
from probes.net.prelude import Prelude
from probes.outcome import Verdict, judge
from probes.visit import Visit, Visitor
from vedette.errors import InvalidInput


class HttpCheck(Visitor):
    """Checks `monitor` with a new connection per request and no cache anywhere.

    `total_ms` runs from the start to the last byte of the last answer, redirects included; assertions are judged
    after it. `status` and `bytes` (the body, without framing, still compressed if it was) are the last answer's,
    `tls_expires` is the earliest of all hops.
    """

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        self._expected = parse_expected(monitor.expected_status)
        self._assertions = Assertions(monitor.assertions)
        self.asserts = bool(self._assertions)
        headers = dict(monitor.headers)
        if monitor.auth is not None:
            if any(name.lower() == "authorization" for name in headers):
                raise InvalidInput("headers.Authorization", "***", "no such header beside auth")
            headers["Authorization"] = monitor.auth.header()
        body = None if monitor.body is None else monitor.body.encode()
        self.repeatable = monitor.method.upper() in SAFE
        self._way = way_of(monitor)
        self._first = Hop(monitor.method.upper(), parse_target(monitor.url), headers, body)
        self._request = self._bytes(self._first)

    def verdict(self, visit: Visit, fault: Fault | None) -> Verdict:
        """By the last answer's status."""
        return judge(visit.status, fault, self._expected)

    def secrets(self) -> Sequence[str]:
        """Values of request headers, credentials, the body."""
        monitor = self.monitor
        found = list(monitor.headers.values())
        for credentials in (monitor.auth, monitor.proxy_auth):
            found += credentials.secrets() if credentials is not None else ()
        return found if monitor.body is None else [*found, monitor.body]

    async def findings(self, visit: Visit) -> Sequence[Finding]:
        """The assertions that do not hold."""
        if not self.asserts or visit.seen is None or isinstance(visit.seen, Prelude):
            return ()
        exchange = cast("Reply", visit.seen)
        cut = visit.body_bytes > self.monitor.body_limit_bytes
        answer = Answer(exchange.head(), exchange.body(), visit.body_bytes, cut=cut)
        packed = exchange.header(b"content-encoding") is not None
        if self._assertions.are_heavy(visit.body_bytes, packed=packed):  # other checks' timings must not wait for it
            return await asyncio.to_thread(self._assertions.judge, answer)
        return self._assertions.judge(answer)

    async def look(self, visit: Visit) -> Fault | None:
        """The first request, and those that redirects ask for."""
        hop, request = self._first, self._request
        for number in range(self.monitor.max_redirects + 1):
            exchange = await ask(self, visit, hop, request, self._assertions, self._way, redirected=number > 0)
            if exchange.fault is not None:
                return exchange.fault
            if exchange.status == REFUSED and self._is_from_proxy(hop):
                return Fault("proxy", f"{self.monitor.proxy} wants other credentials ({REFUSED})")
            following = self._next(hop, exchange)
            if following is None:
                return None
            hop, request = following, self._bytes(following)
            visit.redirects += 1
        return Fault("too_many_redirects", f"more than {self.monitor.max_redirects}, the last to {hop.target.url}")

    def _bytes(self, hop: Hop) -> bytes:
        """The request over HTTP/1.1, in the form for a proxy where one answers it."""
        if not self._is_from_proxy(hop):
            return request_bytes(hop.method, hop.target, hop.headers, hop.body)
        assert self._way.proxy is not None
        return request_bytes(hop.method, hop.target, hop.headers, hop.body, self._way.proxy.headers, whole_url=True)

    def _is_from_proxy(self, hop: Hop) -> bool:
        return self._way.proxy is not None and not self._way.tunnels(hop.target)

    def _next(self, hop: Hop, exchange: Reply) -> Hop | None:
        if self.monitor.max_redirects == 0 or exchange.status not in FOLLOWED:
            return None
        return next_hop(hop, exchange.status, exchange.header(b"location"))
