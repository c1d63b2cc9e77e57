"""dnsmasq: its cache and the servers that it asks, from the names under bind that it answers itself."""

import secrets
import socket
import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import split_address

_TXT, _CHAOS = b"\0\x10", b"\0\3"


class DnsmasqPlugin(Plugin):
    """One dnsmasq."""

    name = "dnsmasq"
    title = "dnsmasq"
    section = "Network"
    options = (Option("server", "127.0.0.1", "host or host:port of the server"),)
    metrics = (
        Metric("cache_entries", "Entries that the cache can hold"),
        Metric("inserted", "Entries made", "1/s", 2, kind="counter"),
        Metric(
            "evicted",
            "Entries that had to make room before they were too old",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("the cache of dnsmasq is too small", above=1, for_s=900),),
        ),
        Metric("hits", "Answered from the cache", "1/s", larger_is_better=True, kind="counter"),
        Metric("misses", "Not in the cache", "1/s", larger_is_better=False, kind="counter"),
        Metric("authoritative", "Answered with authority", "1/s", 2, kind="counter"),
        Metric("asked", "Questions to another server", "1/s", 2, kind="counter"),
        Metric(
            "failed",
            "Questions that another server did not answer",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("a server that dnsmasq asks does not answer", above=1, for_s=300),),
        ),
    )

    def run(self) -> None:
        """Ask for seven names."""
        host, port = split_address(self.option("server"), 53)
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        limit_s = self.remaining_s()
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.settimeout(limit_s / 4)
            asked.connect(where)
            self.report("cache_entries", _number(_texts(asked, "cachesize", limit_s)))
            for metric, name in _COUNTERS:
                self.counter(metric, _number(_texts(asked, name, limit_s)))
            for text in _texts(asked, "servers", limit_s):
                # As "192.0.2.1#53 17 0": questions, and those that failed.
                words = text.split()
                if len(words) == 3 and words[1].isdigit() and words[2].isdigit():
                    self.counter("asked", int(words[1]), server=words[0])
                    self.counter("failed", int(words[2]), server=words[0])


_COUNTERS = (
    ("inserted", "insertions"),
    ("evicted", "evictions"),
    ("hits", "hits"),
    ("misses", "misses"),
    ("authoritative", "auth"),
)


def _texts(asked: socket.socket, name: str, limit_s: float) -> list[str]:
    """The texts of one record of class CHAOS; none where this dnsmasq does not know the name."""
    question = bytes([len(name)]) + name.encode() + b"\4bind\0" + _TXT + _CHAOS
    packet = secrets.token_bytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + question
    until = time.monotonic() + limit_s / 4
    try:
        asked.send(packet)
        answer = b""
        while answer[:2] != packet[:2] and time.monotonic() < until:
            answer = asked.recv(4096)
    except OSError as error:
        raise PluginError(f"dnsmasq does not answer: {error}") from error
    if answer[:2] != packet[:2] or answer[len(packet) - len(question) : len(packet)] != question:
        raise PluginError("this is not dnsmasq", f"it answered {answer[:80]!r}")
    if int.from_bytes(answer[6:8], "big") == 0:
        return []
    # The one record: a pointer to the name, type, class, life, and the length of its texts.
    at = len(packet) + 12
    end = at + int.from_bytes(answer[at - 2 : at], "big")
    found = []
    while at < min(end, len(answer)):
        found.append(answer[at + 1 : at + 1 + answer[at]].decode("utf-8", "replace"))
        at += 1 + answer[at]
    return found


def _number(texts: list[str]) -> float | None:
    return float(texts[0]) if texts and texts[0].isdigit() else None
