"""HTTP monitors: the request, and what of the answer counts as well."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from vedette.monitors.assertions import Assertion
from vedette.monitors.targets import check_proxy

_STATUS = re.compile(r"[1-5]xx|[1-5]\d\d(-[1-5]\d\d)?")
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding", "upgrade", "te", "expect"})
Header = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\r\n\x00]*$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[\x20-\x7e]*$")]


class BasicAuth(BaseModel):
    """User and password (RFC 7617)."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["basic"]
    username: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^:\x00-\x1f\x7f]*$")]
    password: Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]


class BearerAuth(BaseModel):
    """A token (RFC 6750)."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["bearer"]
    token: Secret


class HeaderFields(BaseModel):
    """Request headers: HTTP and WebSocket."""

    headers: dict[str, Header] = Field(default_factory=dict, max_length=50)

    @field_validator("headers")
    @classmethod
    def _header_names(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", name) is None:
                raise ValueError(f"{name!r} is no header name (letters, digits and -)")
            if name.lower() in _FRAMING:
                raise ValueError(
                    f"{name}: the probe sets it itself, and {', '.join(sorted(_FRAMING - {name.lower()}))}"
                )
            try:
                text.encode("latin-1")
            except UnicodeEncodeError as error:
                raise ValueError(f"{name}: characters of Latin-1") from error
        return value


class HttpFields(BaseModel):
    """What only HTTP monitors have."""

    method: Literal["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] = "GET"
    body: str | None = Field(default=None, max_length=65_536, description="sent as UTF-8, with POST, PUT and the like")
    auth: Annotated[BasicAuth | BearerAuth, Field(discriminator="type")] | None = None
    http_version: Literal["auto", "1.1", "2"] = Field(
        default="auto", description="auto: what the server chooses over TLS, 1.1 without; 2: also without TLS, unasked"
    )
    proxy: str | None = Field(default=None, max_length=300, description="http://host:port; requests go through it")
    proxy_auth: BasicAuth | None = Field(default=None, description="what the proxy wants to know")
    expected_status: list[str] = Field(default=["2xx", "3xx"], min_length=1, max_length=20)
    max_redirects: int = Field(default=5, ge=0, le=20)
    body_limit_bytes: int = Field(default=1 << 20, ge=0, le=64 << 20)
    assertions: list[Assertion] = Field(default_factory=list, max_length=20, description="all must hold")

    @field_validator("body")
    @classmethod
    def _body_goes_with_the_method(cls, value: str | None, info: object) -> str | None:
        method = getattr(info, "data", {}).get("method")
        if value is not None and method in {"GET", "HEAD", "OPTIONS"}:
            raise ValueError(f"none with method {method}; POST, PUT, PATCH and DELETE have one")
        if value is not None:
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise ValueError("text that UTF-8 can hold") from error
        return value

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, value: str | None) -> str | None:
        if value is not None:
            check_proxy(value)
        return value

    @field_validator("proxy_auth")
    @classmethod
    def _beside_a_proxy(cls, value: BasicAuth | None, info: object) -> BasicAuth | None:
        if value is not None and getattr(info, "data", {}).get("proxy") is None:
            raise ValueError("credentials only beside a proxy")
        return value

    @field_validator("expected_status")
    @classmethod
    def _statuses(cls, value: list[str]) -> list[str]:
        for status in value:
            if _STATUS.fullmatch(status) is None:
                raise ValueError(f"{status!r} is none of the forms 2xx, 301 and 200-204")
            low, _, high = status.partition("-")
            if high and low > high:
                raise ValueError(f"{status!r} ends before it begins")
        return value
