"""Certificate: the end of a certificate's validity, read from its DER bytes.

Python's `getpeercert()` is empty when a certificate was not verified; its DER form is always there. Only the
path to `notAfter` is walked: Certificate > tbsCertificate > validity > notAfter (RFC 5280, 4.1).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_DIGITS = re.compile(r"[0-9]{14}Z")
_VERSION, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x17, 0x18


@lru_cache(maxsize=4096)
def not_after_ms(der: bytes) -> int | None:
    """The certificate's `notAfter` in milliseconds UTC; None where `der` is no certificate we can read."""
    try:
        _, certificate, _ = element(der, 0)
        _, tbs, _ = element(certificate, 0)
        at = 0
        if tbs[0] == _VERSION:
            *_, at = element(tbs, at)
        for _ in ("serialNumber", "signature", "issuer"):
            *_, at = element(tbs, at)
        _, validity, _ = element(tbs, at)
        *_, at = element(validity, 0)
        tag, text, _ = element(validity, at)
        return time_ms(tag, text.decode("ascii"))
    except (ValueError, IndexError):
        return None


def element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag and content of the DER element at `at`, and where the next one begins; raises ValueError or IndexError."""
    tag, length, begin = data[at], data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[begin : begin + size], "big")
        begin += size
    end = begin + length
    if end > len(data):
        raise ValueError("an element is longer than what is there")
    return tag, data[begin:end], end


def time_ms(tag: int, text: str) -> int:
    """A time of a certificate in milliseconds UTC; ValueError where it is none."""
    if tag == _UTC_TIME:  # two digits of the year, 50 to 49 mean 1950 to 2049 (RFC 5280, 4.1.2.5.1)
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    if _DIGITS.fullmatch(text) is None:  # strptime alone would take shorter numbers
        raise ValueError("not a time of the form YYYYMMDDHHMMSSZ")
    return int(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()) * 1000
