"""HTTP: messages as requests to the gateway."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from vedette_client.answers import check
from vedette_client.errors import Misuse, Unreachable
from vedette_client.message import ARROW, Message

_PATHS = {"features": "/v1/features", "outcomes": "/v1/outcomes", "metrics": "/v1/metrics"}


class _Answer(msgspec.Struct):
    refused: dict[str, str] | list[dict[str, Any]] = msgspec.field(default_factory=list)
    late: int = 0


def base_of(url: str) -> str:
    """The gateway's address without a slash at its end; `Misuse` if it is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misuse(f"url: {url!r} is not allowed; allowed: an address such as https://vedette.example")
    return url.rstrip("/")


def checked_token(token: str) -> str:
    """The token; `Misuse` if it can be none."""
    if not token or not token.isascii() or any(char.isspace() for char in token):
        raise Misuse("token: allowed is an API token (vdt_…)")
    return token


def may_use_proxy(url: str) -> bool:
    """Whether the environment's proxies are for `url`; they are never for this machine's own addresses."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


class HttpTransport:
    """Posts each message as one request, over a connection that is kept. It is opened by the first `send`."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 10.0) -> None:
        self._url = base_of(url)
        self._token = checked_token(token)
        self._timeout_s = timeout_s
        self._client: httpx.Client | None = None

    def send(self, message: Message) -> list[str]:
        """One request; a status of 2xx means that the gateway has it."""
        if self._client is None:
            self._client = httpx.Client(
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=httpx.Timeout(self._timeout_s, connect=min(5.0, self._timeout_s)),
                trust_env=may_use_proxy(self._url),
            )
        headers = {"Content-Type": message.content_type}
        if message.content_type == ARROW:
            headers |= {"X-Vedette-Epoch": str(message.epoch), "X-Vedette-Seq": str(message.seq)}
        try:
            response = self._client.post(self._url + _PATHS[message.kind], content=message.wire(), headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self._url} does not answer: {error!r}") from error
        return _notes(check(response))

    def forked(self) -> None:
        """Forget the parent's connections. Closing their handles here does not end them there."""
        self._client = None

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _notes(response: httpx.Response) -> list[str]:
    """What the gateway refused of a message that it took: columns, rows beyond its times, outcomes, metrics."""
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return []
    if isinstance(answer.refused, dict):
        notes = [f"{column}: {reason}"[:200] for column, reason in answer.refused.items()]
    else:
        notes = [f"{one.get('name', 'an outcome')}: {one.get('reason')}"[:200] for one in answer.refused]
    if answer.late:
        notes.append("rows whose times are beyond what is taken")
    return notes
