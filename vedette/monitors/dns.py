"""DNS monitors: the question, who is asked, and which answers are right."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationInfo, field_validator


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text.strip()).version == version
    except ValueError:
        return False


_EXAMPLES = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "MX": "10 mail.example",
    "SRV": "10 60 5060 sip.example",
    "SOA": "ns1.example hostmaster.example 2026010101 7200 3600 1209600 300",
    "CAA": '0 issue "ca.example"',
}
_FORMS: dict[str, Callable[[str], bool]] = {
    "A": lambda text: _is_address(text, 4),
    "AAAA": lambda text: _is_address(text, 6),
    "MX": lambda text: re.fullmatch(r"\s*\d{1,5}\s+\S+\s*", text) is not None,
    "SRV": lambda text: re.fullmatch(r"\s*(\d{1,5}\s+){3}\S+\s*", text) is not None,
    "SOA": lambda text: re.fullmatch(r"\s*\S+\s+\S+(\s+\d{1,10}){5}\s*", text) is not None,
    "CAA": lambda text: re.fullmatch(r"\s*\d{1,3}\s+[A-Za-z0-9]+\s+\S.*", text) is not None,
}
"""What answers of some types look like; names and texts may be anything."""


class DnsFields(BaseModel):
    """Answers are compared as text, numbers before names as in a zone's file (MX as `10 name`).

    Addresses may be in any spelling, names have no case and no final dot.
    """

    record_type: Literal["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "PTR", "CAA"] = "A"
    resolver: str | None = Field(
        default=None, max_length=60, description="address, or address:port ([v6]:port); else the probe's own resolver"
    )
    expected_answers: list[Annotated[str, StringConstraints(min_length=1, max_length=1000)]] = Field(
        default_factory=list, max_length=50, description="each must be among the answers; empty: any answer will do"
    )
    exact_answers: bool = Field(default=False, description="no other answers than the expected ones")

    @field_validator("expected_answers")
    @classmethod
    def _of_that_type(cls, value: list[str], info: ValidationInfo) -> list[str]:
        kind = str(info.data.get("record_type"))
        for text in value if kind in _FORMS else ():
            if not _FORMS[kind](text):
                raise ValueError(f"{text!r} is no answer of type {kind}, such as {_EXAMPLES[kind]}")
        return value

    @field_validator("resolver")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None:
            split_resolver(value)
        return value


def split_resolver(text: str) -> tuple[str, int]:
    """Address and port (53 unless said) of a resolver; ValueError says what is allowed."""
    form = "an IP address, or address:port ([address]:port for IPv6)"
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else rest or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError as error:
        raise ValueError(form) from error
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65_535:
        raise ValueError(f"{form} with a port from 1 to 65535")
    return address, int(port)
