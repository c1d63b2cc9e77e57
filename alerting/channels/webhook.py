"""Webhooks: a signed POST of the notification as JSON.

Headers: `Idempotency-Key`, the same for every attempt; `X-Vedette-Timestamp`, Unix seconds of this attempt;
`X-Vedette-Signature: sha256=HEX`, the HMAC-SHA256 with the channel's secret of timestamp, a dot, and the body's bytes.
While a secret is being replaced there are two signatures, separated by a comma: with the new one and the one before.
A receiver checks that one of them is right, refuses old timestamps, and ignores a key that it has seen. Any 2xx is a
success.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any, Self

import msgspec
from pydantic import Field, SecretStr

from alerting.channels.base import Channel, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import HttpUrl

_GONE = 410
"""The one answer that says "never again"; a 404 may be a receiver in the middle of its deployment."""

_SECRET = "16 to 200 characters"  # noqa: S105 - what is allowed, no secret


def _new_secret() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(32))


class Webhook(Channel):
    """Posts to `url`, signed with `secret`, until `previous_until_s` with `previous_secret` too."""

    NOT_GIVEN = ("previous_secret", "previous_until_s")
    url: HttpUrl = Field(description="an http:// or https:// URL")
    secret: SecretStr = Field(default_factory=_new_secret, min_length=16, max_length=200, description=_SECRET)
    previous_secret: SecretStr | None = Field(default=None, min_length=16, max_length=200, description=_SECRET)
    previous_until_s: int | None = Field(default=None, ge=0, le=1 << 40, description="Unix seconds")

    @classmethod
    def _given(cls, config: dict[str, Any]) -> dict[str, Any]:
        """`{url, secret?}`: a secret is made if none is given."""
        return {name: value for name, value in config.items() if name != "secret" or value}

    def rotated(self, secret: str | None, until_s: int) -> Self:
        """The same with another secret (a new one if it is None), and the one before valid until then."""
        config = self.config() | {"previous_secret": self.secret.get_secret_value(), "previous_until_s": until_s}
        return self.from_config(config | {"secret": secret})

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        content = msgspec.json.encode(body)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": identity,
            "X-Vedette-Timestamp": str(now_s),
            "X-Vedette-Signature": ", ".join(sign(secret, now_s, content) for secret in self._secrets_at(now_s)),
        }
        answer = await post(outward, self.url, content=content, headers=headers)
        return judged(answer, success=range(200, 300), permanent=(_GONE,))

    def _secrets_at(self, now_s: int) -> list[str]:
        found = [self.secret.get_secret_value()]
        if self.previous_secret is not None and now_s < (self.previous_until_s or 0):
            found.append(self.previous_secret.get_secret_value())
        return found


def sign(secret: str, timestamp_s: int, content: bytes) -> str:
    """The signature of `content` sent at `timestamp_s`."""
    return "sha256=" + hmac.new(secret.encode(), b"%d." % timestamp_s + content, sha256).hexdigest()
