"""Webhooks: a signed POST of the notification as JSON.

Headers: `Idempotency-Key`, the same for every attempt; `X-Vedette-Timestamp`, Unix seconds of this attempt;
`X-Vedette-Signature: sha256=HEX`, the HMAC-SHA256 with the channel's secret of timestamp, a dot, and the body's bytes.
A receiver checks the signature, refuses old timestamps, and ignores a key that it has seen. Any 2xx is a success.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any, Self

import httpx
import msgspec

from alerting.channels.base import Channel, DeliveryError
from vedette.errors import InvalidInput

_GONE = 410
"""The one answer that says "never again"; a 404 may be a receiver in the middle of its deployment."""

_SHOWN_BYTES = 200
_LAST_PORT = 65_535


class Webhook(Channel):
    """Posts to `url`, signed with `secret`."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self.secret = secret

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """`{url, secret?}`: a secret is made if none is given."""
        for name in config.keys() - {"url", "secret"}:
            raise InvalidInput(name, config[name], "only url and secret")
        url = _checked_url(config.get("url"))
        secret = config.get("secret") or secrets.token_urlsafe(32)
        if not isinstance(secret, str) or not 16 <= len(secret) <= 200:
            raise InvalidInput("secret", "***", "16 to 200 characters")
        return cls(url, secret)

    def config(self) -> dict[str, Any]:
        """URL and secret."""
        return {"url": self.url, "secret": self.secret}

    async def deliver(self, client: httpx.AsyncClient, identity: str, body: dict[str, Any], now_s: int) -> str:
        """One signed POST; redirects are not followed."""
        content = msgspec.json.encode(body)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "vedette-alerts",
            "Accept-Encoding": "identity",
            "Idempotency-Key": identity,
            "X-Vedette-Timestamp": str(now_s),
            "X-Vedette-Signature": sign(self.secret, now_s, content),
        }
        try:
            async with client.stream("POST", self.url, content=content, headers=headers) as response:
                answer = f"{response.status_code} {await _words(response)}".strip()
        except httpx.HTTPError as error:
            raise DeliveryError(repr(error)) from error
        if response.is_success:
            return answer
        raise DeliveryError(answer, permanent=response.status_code == _GONE, retry_after_s=_retry_after(response))


def _checked_url(url: object) -> str:
    try:
        parsed = httpx.URL(url if isinstance(url, str) else "")
        # The host is decoded when it is asked for: idna's errors and those of surrogates are ValueErrors.
        usable = parsed.scheme in {"http", "https"} and bool(parsed.host)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInput("url", url, f"an http:// or https:// URL ({error})") from error
    if not usable:
        raise InvalidInput("url", url, "an http:// or https:// URL with a host")
    if parsed.port is not None and not 1 <= parsed.port <= _LAST_PORT:
        raise InvalidInput("url", url, f"a URL with a port from 1 to {_LAST_PORT}")
    return str(parsed)


async def _words(response: httpx.Response) -> str:
    """The beginning of the answer, printable; the rest is not read, for it may have no end."""
    data = b""
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) >= _SHOWN_BYTES:
            break
    text = data[:_SHOWN_BYTES].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def sign(secret: str, timestamp_s: int, content: bytes) -> str:
    """The signature header of `content` sent at `timestamp_s`."""
    return "sha256=" + hmac.new(secret.encode(), b"%d." % timestamp_s + content, sha256).hexdigest()
