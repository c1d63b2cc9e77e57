"""A certificate: how long it is valid still, whether it is trusted, and whether it is for this name."""

import calendar
import ssl
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect, split_address

_MOST = 1 << 20
_VERSION, _UTC_TIME = 0xA0, 0x17


class CertificatePlugin(Plugin):
    """What a TLS server shows, or a file in PEM."""

    name = "certificate"
    title = "Certificate"
    section = "Network"
    options = (
        Option("address", "", "host:port of a TLS server; or"),
        Option("file", "", "a file in PEM, whose first certificate is looked at"),
        Option("server_name", "", "the name to ask for; empty: the host of the address"),
        Option("authorities", "", "a file of certificates to trust, in place of the system's"),
    )
    metrics = (
        Metric(
            "valid_days",
            "Days until it ends",
            "d",
            1,
            larger_is_better=True,
            rules=(
                Rule("a certificate ends in two weeks", below=14),
                Rule("a certificate ends in two days", below=2, severity="critical"),
            ),
        ),
        Metric("age_days", "Days since it began", "d", 1),
        Metric(
            "trusted",
            "It is trusted and for this name",
            larger_is_better=True,
            rules=(Rule("a certificate is not trusted", below=1, for_s=60, severity="critical"),),
        ),
    )

    def run(self) -> None:
        """Look at it once."""
        address, file = self.option("address"), self.option("file")
        if bool(address) == bool(file):
            raise PluginError("options address and file: exactly one of them must be given")
        if file:
            self._times(_from_file(file))
            return
        name = self.option("server_name") or split_address(address, 443)[0]
        host, port = split_address(address, 443)
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            self._times(self._shown(where, name, ssl.create_default_context(cafile=self.option("authorities") or None)))
            self.report("trusted", 1)
        except ssl.SSLCertVerificationError as error:
            self.report("trusted", 0)
            self.error(f"{address}: {error.verify_message}")
            anybody = ssl.create_default_context()
            anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
            self._times(self._shown(where, name, anybody))

    def _shown(self, where: str, name: str, context: ssl.SSLContext) -> bytes:
        """The certificate that a server shows (DER), once the context has agreed to it."""
        connection = connect(where, timeout_s=self.remaining_s() / 3)
        with connection, context.wrap_socket(connection, server_hostname=name) as secured:
            return secured.getpeercert(binary_form=True) or b""

    def _times(self, der: bytes) -> None:
        now = time.time()
        begins, ends = validity(der)
        self.report("valid_days", (ends - now) / 86_400)
        self.report("age_days", (now - begins) / 86_400)


def _from_file(path: str) -> bytes:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            text = file.read(_MOST)
        begin, end = text.index(ssl.PEM_HEADER), text.index(ssl.PEM_FOOTER)
        return ssl.PEM_cert_to_DER_cert(text[begin : end + len(ssl.PEM_FOOTER)])
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise PluginError(f"{path} is no certificate in PEM") from error


def validity(der: bytes) -> tuple[float, float]:
    """From when until when (Unix time) a certificate is valid (RFC 5280, section 4.1)."""
    try:
        body = _inner(_inner(der, 0)[0], 0)[0]
        at = 0
        if body[0] == _VERSION:
            at = _inner(body, at)[1]
        for _ in range(3):  # serial number, algorithm, issuer
            at = _inner(body, at)[1]
        times = _inner(body, at)[0]
        after = _inner(times, 0)[1]
        return _time(times, 0), _time(times, after)
    except (IndexError, ValueError) as error:
        raise PluginError("this is no certificate") from error


def _inner(data: bytes, at: int) -> tuple[bytes, int]:
    """The content of the value at `at` (X.690, DER), and where the next one begins."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise IndexError
    return data[start : start + length], start + length


def _time(data: bytes, at: int) -> float:
    text = _inner(data, at)[0].decode("ascii")
    if data[at] == _UTC_TIME:  # two digits of the year, from 1950 on
        text = ("19" if text[:2] >= "50" else "20") + text
    fields = [int(text[:4]), *(int(text[place : place + 2]) for place in range(4, 14, 2))]
    return float(calendar.timegm((*fields, 0, 0, 0)))
