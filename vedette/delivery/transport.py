"""Transports: the two ways of a report, over HTTP to the gateway or straight into the event log."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import httpx
import zstandard

from vedette.delivery.spool import Report
from vedette.errors import ConfigurationError, InvalidInput, NotAuthenticated, NotFound, TooLarge, Unavailable
from vedette.telemetry import get_logger

if TYPE_CHECKING:
    from vedette.log import Log
    from vedette.settings import SenderSettings


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the reports that were sent: how many were taken, and what was refused and why."""

    accepted: int
    rejects: list[dict[str, Any]] = field(default_factory=list)


class Transport(Protocol):
    """Sends reports of one kind; returns only when they are durable on the other side.

    Raises `Unavailable` (try again, after its `retry_after_s`), `TooLarge` (send fewer at once),
    `InvalidInput` (one of them can never be accepted; send fewer to find it) or `NotAuthenticated` (the
    token is wrong or lacks its scope; trying again helps once that is mended).
    """

    async def send(self, reports: Sequence[Report]) -> Receipt:
        """Send `reports`, which are not empty."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


def may_use_proxy(url: str) -> bool:
    """Whether the environment's proxies are for `url`; they are never for this machine's own addresses."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


class HttpTransport:
    """Posts reports to the gateway's intake as one zstd-compressed JSON list."""

    def __init__(self, settings: SenderSettings) -> None:
        token = settings.token
        if token is None:
            raise ConfigurationError("VEDETTE_TOKEN", "<not set>", "an API token (vdt_…) for the HTTP transport")
        self._client = httpx.AsyncClient(
            base_url=settings.url,
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            timeout=httpx.Timeout(10.0, connect=5.0),
            trust_env=may_use_proxy(settings.url),
        )
        self._zstd = zstandard.ZstdCompressor(level=3)

    @property
    def client(self) -> httpx.AsyncClient:
        """The client that all requests of this process to the gateway share."""
        return self._client

    def use_token(self, token: str) -> None:
        """Send with another token from the next request on."""
        self._client.headers["Authorization"] = f"Bearer {token}"

    async def send(self, reports: Sequence[Report]) -> Receipt:
        """One request; 202 means the log has them."""
        body = self._zstd.compress(b"[" + b",".join(report.body for report in reports) + b"]")
        try:
            response = await self._client.post(
                f"/v1/ingest/{reports[0].kind}",
                content=body,
                headers={"Content-Type": "application/json", "Content-Encoding": "zstd"},
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"the gateway at {self._client.base_url} does not answer: {error!r}") from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> Receipt:
        if response.status_code == 202:
            return self._receipt(response)
        if response.status_code == 413:
            raise TooLarge("the request", len(response.request.content))
        if response.status_code in {401, 403}:
            raise NotAuthenticated(f"the gateway refused the token: {response.text[:200]}")
        if response.status_code in {400, 422}:
            raise InvalidInput("body", response.text[:200], "what the intake accepts")
        try:
            wait = float(response.headers.get("Retry-After", 1))
        except ValueError:
            wait = 1.0
        raise Unavailable(f"the gateway answered {response.status_code}: {response.text[:200]}", wait)

    @staticmethod
    def _receipt(response: httpx.Response) -> Receipt:
        try:
            answer = response.json()
            return Receipt(int(answer["accepted"]), list(answer["rejects"]))
        except (ValueError, KeyError, TypeError) as error:  # something in between answered, not the gateway
            raise Unavailable(f"not the gateway's answer: {response.text[:200]}") from error

    async def close(self) -> None:
        """Close the connection pool."""
        await self._client.aclose()


class LogTransport:
    """Writes reports straight into the event log; needs a way to it, and the account's number.

    A log that does not answer yet is opened by a later `send`: until then reports wait in the spool.
    """

    def __init__(self, settings: SenderSettings) -> None:
        if settings.log_url is None:
            raise ConfigurationError("VEDETTE_LOG_URL", "<not set>", "the event log's URL for the log transport")
        from vedette.settings import LogSettings

        self._settings = LogSettings.load(log_url=settings.log_url)
        self._account = settings.account
        self._log: Log | None = None
        try:
            self._log = self._open()
        except Unavailable as error:
            get_logger("sender").warning("log_away", error=str(error))

    def _open(self) -> Log:
        from vedette.log import open_log

        return open_log(self._settings, every_topic=False)

    async def send(self, reports: Sequence[Report]) -> Receipt:
        """Produce and wait for the acknowledgement."""
        from vedette.delivery.logged import to_message

        messages = [to_message(report, self._account) for report in reports]
        topic = f"vedette.{reports[0].kind}"
        try:
            if self._log is None:
                self._log = await asyncio.to_thread(self._open)
            await asyncio.wrap_future(self._log.produce(topic, messages))
        except (ConfigurationError, NotFound) as error:
            # What the brokers refuse now is no fault of the reports, which must wait until it is mended.
            await self.close()
            raise NotAuthenticated(f"the log refuses: {error}") from error
        return Receipt(len(messages))

    async def close(self) -> None:
        """Close the log; a later `send` opens it anew."""
        log, self._log = self._log, None
        if log is not None:
            await asyncio.to_thread(log.close)


def open_transport(settings: SenderSettings) -> Transport:
    """The transport that the settings ask for."""
    return HttpTransport(settings) if settings.transport == "http" else LogTransport(settings)
