"""Answers: what an HTTP response of the gateway means, as a value or as an error of the tree."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from vedette_client.errors import OF_STATUS, RETRIABLE, Overloaded, Refused, Unavailable, VedetteClientError

LONGEST_RETRY_S = 300.0
"""A longer wish to be left alone is cut to this: the header may come from something in between."""

_SHOWN = 300


def check(response: httpx.Response) -> httpx.Response:
    """`response` if it is a success (2xx), else the error that it stands for is raised."""
    if not response.is_success:
        raise of_response(response)
    return response


def of_response(response: httpx.Response) -> VedetteClientError:
    """The error of a response that is no success; its text is the problem's detail, else the body's beginning."""
    status = response.status_code
    detail, errors = _problem(response)
    message = f"{response.request.method} {response.request.url.path} was answered with {status}: {detail}"
    if status >= 500 or status in RETRIABLE:
        kind = Overloaded if status == 429 else Unavailable
        return kind(message, retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    return OF_STATUS.get(status, Refused)(message, status, errors)


def retry_after(header: str | None, now: datetime) -> float:
    """Seconds to wait by a `Retry-After` (RFC 9110, 10.2.3): a number or a date; 0 if it is missing or is neither."""
    if header is None:
        return 0.0
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return 0.0
        seconds = (date - now).total_seconds() if date.tzinfo is not None else 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_S) if math.isfinite(seconds) else 0.0


def _problem(response: httpx.Response) -> tuple[str, list[dict[str, Any]]]:
    """Detail and fields of a problem document (RFC 9457), or the beginning of whatever else came."""
    try:
        body = msgspec.json.decode(response.content)
        if isinstance(body, dict) and isinstance(body.get("detail"), str):
            errors = body.get("errors")
            return body["detail"], [item for item in errors if isinstance(item, dict)] if errors else []
    except (msgspec.DecodeError, TypeError):
        pass
    return response.text[:_SHOWN] or "no reason given", []
