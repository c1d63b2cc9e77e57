"""DNS: whether a server answers a question, how fast, with how many records, and with those that are expected."""

import secrets
import socket
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import split_address

_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
_LONGEST = 63


class DnsPlugin(Plugin):
    """One question to one server, over UDP."""

    name = "dns"
    title = "DNS"
    section = "Network"
    options = (
        Option("server", "127.0.0.1", "host or host:port of the server"),
        Option("question", "", "the name that is asked for", required=True),
        Option("type", "A", "A, AAAA, CNAME, MX, NS, PTR or TXT"),
        Option("expect", [], "addresses of which one must be in the answer; empty: any will do"),
    )
    metrics = (
        Metric(
            "up",
            "It answers with what is expected",
            larger_is_better=True,
            rules=(Rule("a name is not answered", below=1, for_s=120, severity="critical"),),
        ),
        Metric("answer_s", "Time to the answer", "s", 5, larger_is_better=False),
        Metric("records", "Records of the answer that are of the type"),
        Metric("code", "Code of the answer (0 good, 2 server failure, 3 no such name)"),
    )

    def run(self) -> None:
        """Ask, and a second time if nothing comes: packets may be lost."""
        kind = _TYPES.get(self.option("type").upper())
        if kind is None:
            raise PluginError(f"option type: {self.option('type')!r} is not allowed; allowed: {', '.join(_TYPES)}")
        host, port = split_address(self.option("server"), 53)
        identity = secrets.token_bytes(2)
        question = b"".join(_labels(self.option("question"))) + b"\0" + kind.to_bytes(2, "big") + b"\0\1"
        packet = identity + b"\1\0\0\1\0\0\0\0\0\0" + question
        for wait_s in (self.remaining_s() * 0.3, self.remaining_s() * 0.5):
            answered = _ask(host, port, packet, wait_s)
            if answered is not None:
                break
        else:
            self.report("up", 0)
            self.error(f"{self.option('server')} does not answer")
            return
        answer, seconds = answered
        found = _records(answer, kind, len(packet))
        code = answer[3] & 0x0F
        self.report("answer_s", seconds)
        self.report("code", code)
        self.report("records", len(found))
        wanted = {_packed(text) for text in self.option("expect")}
        self.report("up", float(code == 0 and bool(found) and (not wanted or bool(wanted & set(found)))))


def _ask(host: str, port: int, packet: bytes, wait_s: float) -> tuple[bytes, float] | None:
    """The answer to a question and the seconds it took; None if none came in time."""
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    began = time.monotonic()
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(where)
            asked.send(packet)
            while (left_s := began + wait_s - time.monotonic()) > 0:
                asked.settimeout(left_s)
                answer = asked.recv(4096)
                # Its number, that it is an answer, and the question again: else it is somebody else's.
                if answer[:2] == packet[:2] and len(answer) >= len(packet) and answer[2] & 0x80:
                    return answer, time.monotonic() - began
        except OSError:
            return None
    return None


def _labels(name: str) -> list[bytes]:
    labels = [part.encode("idna" if not part.isascii() else "ascii") for part in name.rstrip(".").split(".")]
    if not all(1 <= len(label) <= _LONGEST for label in labels):
        raise PluginError(f"option question: {name!r} is not allowed; allowed: a name of the domain name system")
    return [bytes([len(label)]) + label for label in labels]


def _records(answer: bytes, kind: int, at: int) -> list[bytes]:
    """The data of the records of a type in the answer section, which begins at `at` (RFC 1035, section 4.1)."""
    found: list[bytes] = []
    try:
        for _ in range(int.from_bytes(answer[6:8], "big")):
            while answer[at] and answer[at] & 0xC0 != 0xC0:
                at += 1 + answer[at]
            at += 2 if answer[at] else 1
            length = int.from_bytes(answer[at + 8 : at + 10], "big")
            if int.from_bytes(answer[at : at + 2], "big") == kind:
                found.append(answer[at + 10 : at + 10 + length])
            at += 10 + length
    except IndexError as error:
        raise PluginError("the server's answer is cut off") from error
    return found


def _packed(text: str) -> bytes:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, text)
        except OSError:
            continue
    raise PluginError(f"option expect: {text!r} is not allowed; allowed: addresses of IPv4 and IPv6")
