"""NTP: how far this host's clock is from that of a time server, and how good that server's own is."""

import secrets
import socket
import struct
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import split_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPOCH = 2_208_988_800
"""Seconds between 1900, from which NTP counts, and 1970."""
_ERA = 1 << 32


class NtpPlugin(Plugin):
    """One time server, asked as any client would (RFC 5905, section 14: SNTP)."""

    name = "ntp"
    title = "NTP"
    section = "Clock"
    options = (
        Option("server", "127.0.0.1", "host or host:port of the server"),
        Option("samples", 4, "how often it is asked, 1 to 8; the answer with the shortest way counts"),
    )
    metrics = (
        Metric(
            "offset_s",
            "How far this clock is behind the server's (below 0: before it)",
            "s",
            6,
            rules=(
                Rule("this clock is behind", above=0.5, for_s=300),
                Rule("this clock is before its time", below=-0.5, for_s=300),
            ),
        ),
        Metric("delay_s", "Time to the server and back", "s", 6, larger_is_better=False),
        Metric("stratum", "How many servers are between the server and a clock", larger_is_better=False),
        Metric("root_dispersion_s", "How far off the server itself may be", "s", 6, larger_is_better=False),
        Metric(
            "synchronised",
            "The server knows the time",
            larger_is_better=True,
            rules=(Rule("a time server does not know the time", below=1, for_s=900),),
        ),
        Metric("up", "It answers", larger_is_better=True),
    )

    def run(self) -> None:
        """Ask a few times."""
        count = self.option("samples")
        if not 1 <= count <= 8:
            raise PluginError(f"option samples: {count} is not allowed; allowed: 1 to 8")
        host, port = split_address(self.option("server"), 123)
        limit_s = self.remaining_s() / count * 0.8
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        answers = [answer for _ in range(count) if (answer := _ask(family, where, limit_s)) is not None]
        self.report("up", float(bool(answers)))
        if not answers:
            self.error(f"{self.option('server')} does not answer")
            return
        delay_s, offset_s, leap, stratum, dispersion_s = min(answers)
        known = leap != 3 and 1 <= stratum <= 15
        self.report("synchronised", float(known))
        self.report("stratum", stratum)
        self.report("delay_s", delay_s)
        self.report("root_dispersion_s", dispersion_s)
        if known:
            self.report("offset_s", offset_s)


def _ask(family: int, where: "Any", limit_s: float) -> tuple[float, float, int, int, float] | None:
    """Delay, offset, leap indicator, stratum and root dispersion; None without an answer to this very question."""
    mark = secrets.token_bytes(8)  # instead of our time, which is nobody's business (RFC 9109 and its kin)
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.settimeout(limit_s)
        try:
            asked.connect(where)
            began, sent = time.monotonic(), time.time()
            asked.send(bytes([0x23]) + bytes(39) + mark)
            answer = asked.recv(1024)
        except OSError:
            return None
        delay_s = time.monotonic() - began
    if len(answer) < 48 or answer[24:32] != mark or answer[0] & 7 != 4:
        return None
    dispersion_s = int.from_bytes(answer[8:12], "big") / 65_536
    received, replied = (_seconds(answer[at : at + 8], sent) for at in (32, 40))
    offset_s = ((received - sent) + (replied - (sent + delay_s))) / 2
    return max(0.0, delay_s - (replied - received)), offset_s, answer[0] >> 6, answer[1], dispersion_s


def _seconds(stamp: bytes, near: float) -> float:
    """A time of NTP in seconds since 1970, in the era that is nearest to `near`."""
    whole, part = struct.unpack("!II", stamp)
    seconds = whole + part / _ERA - _EPOCH
    return float(seconds + round((near - seconds) / _ERA) * _ERA)
