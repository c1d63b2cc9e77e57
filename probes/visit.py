"""Visit: one run of a check of any type, from its start to its result, whatever happens in between."""

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from probes.acquaintance import Acquaintance, Known
from probes.assertions import Finding
from probes.check import Vantage
from probes.evidence import evidence
from probes.faults import Fault, Faulted, FaultKind
from probes.monitors import Monitor
from probes.net.certificate import not_after_ms
from probes.net.connection import Conversation, certificate, secure, tls_version
from probes.net.engine import Engine, TlsError
from probes.net.reach import Reach
from probes.net.trace import Phase, Trace
from probes.outcome import UP, Verdict, has_limits, judge_fault, limit_findings, with_findings
from probes.tls import BARE, Protocols, Where
from vedette.events.checks import CheckResult
from vedette.telemetry import get_logger

_TIMEOUTS: dict[Phase, FaultKind] = {
    "dns": "timeout_dns",
    "connect": "timeout_connect",
    "tls": "timeout_tls",
    "ttfb": "timeout_ttfb",
    "transfer": "timeout_transfer",
}


Head = Sequence[tuple[str, str]]


class Seen(Protocol):
    """What came back, told only when somebody asks."""

    def head(self) -> Head:
        """The answer's headers, names in lower case."""
        ...

    def first(self) -> bytes:
        """The first bytes: of the body if there is one, else of whatever came."""
        ...


@dataclass(slots=True)
class Visit:
    """What is known so far in one run: kept outside the run's coroutine, which a timeout may cut anywhere.

    `seen` is what came back, `notes` tell what else is worth knowing when it fails. Who is `careful` speaks TLS by
    OpenSSL alone: another engine than the one whose failure this check is to confirm. While it is a `trial` of the
    other one, nothing that goes wrong is told; `quick` is the session that it spoke last, and with whom.
    `certificate` (DER) is the last server's.
    """

    trace: Trace = field(default_factory=Trace)
    status: int | None = None
    body_bytes: int = 0
    tls_expires: int | None = None
    address: str | None = None
    http_version: str | None = None
    redirects: int = 0
    tls_version: str | None = None
    certificate: bytes | None = None
    careful: bool = False
    trial: bool = False
    quick: tuple[Engine, Acquaintance] | None = None
    seen: Seen | None = None
    notes: Head = ()

    def tried(self, address: str) -> None:
        """This address is being connected to."""
        self.address = address


class Unsuited(Exception):
    """The quick TLS engine failed in its trial, or where it knows less than OpenSSL; nothing was changed by what was
    asked so far."""


class Visitor(ABC):
    """The part that all check types share: time, timeout, verdict and result. A type says how it looks (`look`).

    `total_ms` runs from the start to the end of the last phase, `tls_expires` is the earliest end of any
    certificate that was seen.
    """

    asserts = False
    """Whether `findings` may find anything."""
    repeatable = True
    """Whether what was asked before a redirect may be asked again."""

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        self.monitor = monitor
        self.reach = Reach(monitor.ip_version, vantage.allow_private, vantage.names)
        self.unbounded = self.reach.unbounded
        self.now = vantage.clock.monotonic
        self._vantage = vantage
        self._limited = has_limits(monitor)

    @abstractmethod
    async def look(self, visit: Visit) -> Fault | None:
        """Look at the endpoint once; what goes wrong is returned, or raised as `Faulted`."""

    def verdict(self, visit: Visit, fault: Fault | None) -> Verdict:
        """What to make of it."""
        return judge_fault(fault)

    async def findings(self, visit: Visit) -> Sequence[Finding]:
        """What does not hold beside; asked only when the check is not down already."""
        return ()

    def secrets(self) -> Sequence[str]:
        """What must not stand in any evidence."""
        return ()

    async def run(self, scheduled_ms: int, attempt: int = 1) -> CheckResult:
        """Check once; see `probes.check.Check.run`."""
        result, _ = await self.visited(scheduled_ms, attempt)
        return result

    async def visited(self, scheduled_ms: int, attempt: int = 1, *, careful: bool = False) -> tuple[CheckResult, Visit]:
        """The same, with all that was seen. Who is `careful` never takes more than the monitor's timeout."""
        try:
            return await self._visited(scheduled_ms, attempt, careful=careful or attempt > 1)
        except Unsuited:
            return await self._visited(scheduled_ms, attempt, careful=True)

    async def _visited(self, scheduled_ms: int, attempt: int, *, careful: bool) -> tuple[CheckResult, Visit]:
        monitor, clock, lifeline = self.monitor, self._vantage.clock, self._vantage.lifeline
        visit = Visit(careful=careful)
        started_ms = clock.now_ms()
        begin = clock.monotonic()
        fault = self._doubted(visit, await self._faultless(visit))
        total_ms = round((clock.monotonic() - begin) * 1000, 3)
        verdict = self.verdict(visit, fault)
        if self.asserts or self._limited or verdict is not UP:
            verdict = await self._reconsidered(visit, verdict, fault, started_ms, begin, total_ms)
        if fault is None and lifeline.watches:
            lifeline.heard(visit.address)
        result = CheckResult(
            monitor=monitor.id,
            location=self._vantage.location,
            scheduled_ms=scheduled_ms,
            started_ms=started_ms,
            outcome=verdict.outcome,
            total_ms=total_ms,
            status=visit.status,
            error=verdict.error,
            phases=visit.trace.phases(),
            bytes=visit.body_bytes,
            tls_expires=visit.tls_expires,
            http_version=visit.http_version,
            apdex_t_ms=monitor.apdex_t_ms,
            attempt=attempt,
            evidence=None if verdict.error is None else self._evidence(visit, verdict.error),
        )
        return result, visit

    async def _reconsidered(
        self, visit: Visit, verdict: Verdict, fault: Fault | None, started_ms: int, begin: float, total_ms: float
    ) -> Verdict:
        """The verdict in view of assertions and limits, and of whether the probe itself is to blame."""
        if verdict.outcome in {"up", "degraded"}:
            findings = [*await self.findings(visit)]
            if self._limited:
                findings += limit_findings(self.monitor, total_ms, started_ms, visit.tls_expires)
            return with_findings(verdict, findings)
        lifeline = self._vantage.lifeline
        if fault is None or fault.own or await lifeline.holds(fault.kind, visit.address, begin):
            return verdict
        return Verdict("probe_error", str(Fault("offline", f"no reference answers; seen: {fault}", own=True)))

    def _evidence(self, visit: Visit, error: str) -> dict[str, str]:
        seen = visit.seen
        return evidence(
            error=error,
            phase=visit.trace.phase,
            address=visit.address,
            status=visit.status,
            head=seen.head() if seen is not None else (),
            first=seen.first() if seen is not None else b"",
            secrets=self.secrets(),
            notes=[*visit.notes, *([("http_version", visit.http_version)] if visit.http_version else ())],
        )

    async def _faultless(self, visit: Visit) -> Fault | None:
        """Look, under the timeout; whatever goes wrong comes back as a fault."""
        try:
            async with asyncio.timeout(self.monitor.timeout_s):
                return await self.look(visit)
        except TimeoutError as error:
            if visit.trial:
                raise Unsuited from error
            return Fault(_TIMEOUTS[visit.trace.phase], f"no end after {self.monitor.timeout_s:g} s")
        except Faulted as error:
            return error.fault
        except Unsuited:
            raise
        except Exception as error:  # noqa: BLE001 a mistake of ours must neither stop the probe nor blame the endpoint
            # the place only: a traceback with its variables could show a monitor's secret headers
            place = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{place.filename}:{place.lineno}"
            get_logger("probe").error("check_broken", monitor=self.monitor.id, error=repr(error), at=at)
            return Fault("internal", repr(error), own=True)

    def _doubted(self, visit: Visit, fault: Fault | None) -> Fault | None:
        """The fault, unless it is the quick engine's; raises `Unsuited` where the check can begin anew.

        Whatever else went wrong, OpenSSL is the next to speak to this server.
        """
        if fault is None or visit.quick is None:
            return fault
        engine, server = visit.quick
        if engine.failure is None or engine.failure[0] != "engine":
            server.failed(again=False)
            return fault
        server.unsuited()
        if self.repeatable:
            raise Unsuited
        return Fault("internal", f"the quick TLS engine does not suit this server: {engine.failure[1]}", own=True)

    async def secure(
        self,
        transport: asyncio.Transport,
        conversation: Conversation,
        server_name: str,
        at: tuple[str, int],
        visit: Visit,
        *,
        protocols: Protocols = BARE,
    ) -> asyncio.Transport:
        """Put TLS over a connection, as the phase `tls`, and note the certificate's end; raises `Faulted`.

        The server is `at` a host's port, and asked for by a name, which many may share.
        """
        visit.trace.phase = "tls"
        begin = self.now()
        where = (*at, self.monitor.ip_version, self.monitor.proxy)
        secured = await self._agreed(transport, conversation, server_name.rstrip("."), where, visit, protocols)
        visit.trace.add("tls", self.now() - begin)
        visit.tls_version = tls_version(secured)
        visit.certificate = certificate(secured)
        end_ms = not_after_ms(visit.certificate) if visit.certificate else None
        if end_ms is not None:
            visit.tls_expires = min(end_ms, visit.tls_expires or end_ms)
        return secured

    async def _agreed(
        self,
        transport: asyncio.Transport,
        conversation: Conversation,
        name: str,
        where: Where,
        visit: Visit,
        protocols: Protocols,
    ) -> asyncio.Transport:
        """The session, spoken by the engine that suits; raises `Unsuited` if this was to be found out."""
        tls, verify = self._vantage.tls, self.monitor.verify_tls
        server = tls.acquaintance(where, name, verify, protocols)
        # without a second try it would be rustls that has the last word
        may = not visit.careful and (visit.redirects == 0 or self.repeatable)
        trial = may and server.known is Known.MET
        engine, quick = tls.engine(name, verify, protocols, quick=trial or (may and server.known is Known.TRIED))
        visit.trial = trial and quick
        try:
            if visit.trial:  # some servers hang where they do not understand: OpenSSL needs its time, too
                async with asyncio.timeout(self.monitor.timeout_s / 2):
                    secured = await secure(transport, conversation, engine)
            else:
                secured = await secure(transport, conversation, engine)
        except asyncio.CancelledError:
            server.failed(again=visit.trial)
            raise
        except (Faulted, TimeoutError) as error:
            cause = error.__cause__
            again = visit.trial or (quick and isinstance(cause, TlsError) and cause.blame == "engine")
            server.failed(again=again)
            if again:
                raise Unsuited from error
            raise
        visit.trial = False
        server.went_well(quick=quick)
        visit.quick = (engine, server) if quick else None
        return secured
