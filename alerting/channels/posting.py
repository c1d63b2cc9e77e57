"""Posting: one HTTP request of a channel, and what its answer means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from alerting.channels.base import DeliveryError, Outward
from alerting.channels.faults import words_of

_READ_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver has said: the beginning of its body, and when it wants to be asked again."""

    status: int
    body: bytes
    retry_after_s: float | None

    @property
    def words(self) -> str:
        """Status and body, printable; cut where secrets have been taken out of it."""
        text = self.body.decode("utf-8", "replace")
        return f"{self.status} {''.join(char if char.isprintable() else ' ' for char in text)}".strip()

    @property
    def json(self) -> dict[str, Any]:
        """The body, if it is a JSON object and was read to its end; else nothing."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


async def post(
    outward: Outward,
    url: str,
    *,
    json: object = None,
    form: dict[str, str] | None = None,
    content: bytes = b"",
    headers: dict[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> Answer:
    """One POST of `json`, `form` or `content`. Redirects are not followed, and of an answer, which may have no end,
    only the beginning is read. A `DeliveryError` if there is none."""
    named = {"User-Agent": "vedette-alerts", "Accept-Encoding": "identity", **(headers or {})}
    if json is not None:
        content, kind = msgspec.json.encode(json), "application/json"
        named["Content-Type"] = kind
    elif form is not None:
        content, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
        named["Content-Type"] = kind
    try:
        async with outward.client.stream(
            "POST", url, content=content, headers=named, auth=auth or httpx.USE_CLIENT_DEFAULT, follow_redirects=False
        ) as response:
            data = b""
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) >= _READ_BYTES:
                    break
            return Answer(response.status_code, data[:_READ_BYTES], _retry_after(response))
    except httpx.HTTPError as error:
        raise DeliveryError(words_of(error)) from error


def judged(
    answer: Answer,
    *,
    success: Collection[int],
    permanent: Collection[int] = (),
    refused: Collection[int] = (),
    retry_after_s: float | None = None,
) -> str:
    """The answer's words if it is a success, else a `DeliveryError`: of a status in `permanent` the channel can never
    work, of one in `refused` this notification will never be taken, any other may pass."""
    if answer.status in success:
        return answer.words
    raise DeliveryError(
        answer.words,
        permanent=answer.status in permanent,
        refused=answer.status in refused,
        retry_after_s=answer.retry_after_s if retry_after_s is None else retry_after_s,
    )


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def seconds(value: object) -> float | None:
    """A number of seconds out of somebody else's JSON; None for anything that is none."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
    return float(value) if usable and isinstance(value, int | float) else None
