"""Types of settings that several kinds of channels have."""

from __future__ import annotations

import re
from typing import Annotated

import httpx
from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

_LAST_PORT = 65_535


def checked_url(url: str) -> str:
    """An http:// or https:// URL with a host, in httpx's spelling; `ValueError` tells what is allowed."""
    try:
        parsed = httpx.URL(url)
        # The host is decoded when it is asked for: idna's errors and those of surrogates are ValueErrors.
        usable = parsed.scheme in {"http", "https"} and bool(parsed.host)
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"an http:// or https:// URL ({error})") from error
    if not usable:
        raise ValueError("an http:// or https:// URL with a host")
    if parsed.port is not None and not 1 <= parsed.port <= _LAST_PORT:
        raise ValueError(f"a URL with a port from 1 to {_LAST_PORT}")
    return str(parsed)


def checked_base(url: str) -> str:
    """The same, of a service whose paths follow: without a slash at its end."""
    return checked_url(url).rstrip("/")


def _checked_secret_url(url: SecretStr) -> SecretStr:
    try:
        return SecretStr(checked_url(url.get_secret_value()))
    except ValueError:
        # Without its cause, which may repeat a piece of the URL.
        raise ValueError("an http:// or https:// URL with a host") from None


def matching(pattern: str) -> AfterValidator:
    """A check of a secret: all of it matches. What is allowed is the field's description."""

    def check(value: SecretStr) -> SecretStr:
        if re.fullmatch(pattern, value.get_secret_value()) is None:
            raise PydanticCustomError("secret", "a secret of another form")
        return value

    return AfterValidator(check)


HttpUrl = Annotated[str, AfterValidator(checked_url)]
BaseUrl = Annotated[str, AfterValidator(checked_base)]
SecretUrl = Annotated[SecretStr, AfterValidator(_checked_secret_url)]
