"""What a certificate says of itself: whom it names, who gave it out, since when it holds; read from its DER bytes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from probes.net.certificate import element, time_ms

_VERSION, _EXTENSIONS, _DNS_NAME, _ADDRESS = 0xA0, 0xA3, 0x82, 0x87
_COMMON_NAME, _ORGANISATION, _OTHER_NAMES = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x1d\x11"
_BMP_STRING = 0x1E


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """`names` are the DNS names and addresses that it is for; `not_before_ms` is UTC."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before_ms: int


def certificate_names(der: bytes) -> CertificateNames | None:
    """What stands in the certificate; None where `der` is none that we can read (RFC 5280, 4.1)."""
    try:
        (_, certificate), *_ = _elements(der)
        (_, signed), *_ = _elements(certificate)
        fields = [(tag, content) for tag, content in _elements(signed) if tag != _VERSION]
        _, _, (_, issuer), (_, validity), (_, subject), *rest = fields
        (tag, begin), *_ = _elements(validity)
        extensions = next((content for tag, content in rest if tag == _EXTENSIONS), b"")
        return CertificateNames(
            _shown(subject), _shown(issuer), tuple(_other_names(extensions)), time_ms(tag, begin.decode("ascii"))
        )
    except (ValueError, IndexError):
        return None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, content, at = element(data, at)
        yield tag, content


def _shown(name: bytes) -> str:
    """The common name and the organisation of a distinguished name, as far as it has them."""
    found: dict[bytes, str] = {}
    for _, group in _elements(name):
        for _, pair in _elements(group):
            (_, kind), (tag, text) = _elements(pair)
            found[kind] = text.decode("utf-16-be" if tag == _BMP_STRING else "utf-8", "replace")
    wanted = (found.get(_COMMON_NAME), found.get(_ORGANISATION))
    return ", ".join(text for text in wanted if text)


def _other_names(extensions: bytes) -> Iterator[str]:
    for _, listed in _elements(extensions):
        for _, extension in _elements(listed):
            (_, kind), *_, (_, value) = _elements(extension)
            for _, names in _elements(value) if kind == _OTHER_NAMES else ():
                for tag, name in _elements(names):
                    if tag == _DNS_NAME:
                        yield name.decode("ascii", "backslashreplace")
                    elif tag == _ADDRESS:
                        yield str(ipaddress.ip_address(name))
