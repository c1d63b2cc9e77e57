"""Asking: one question about a name to this machine's name servers, one after the other until one answers."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import NamedTuple

from probes.dns.exchange import ask_tcp, ask_udp
from probes.dns.message import Reply
from probes.faults import Faulted
from probes.net.trace import Trace

WAIT_S = 1.0
"""How long one server may take before the next is asked."""

TRIES = 4
_NO_ERROR, _NO_SUCH_NAME = 0, 3


class Unanswered(Exception):
    """No server gave an answer that means something; the text says what came instead."""


class Answer(NamedTuple):
    """The addresses, perhaps none, and how long they may be kept. `known`: the name itself exists."""

    addresses: tuple[str, ...]
    life_s: float
    known: bool


async def ask(servers: Sequence[tuple[str, int]], name: str, kind: int) -> tuple[Answer, int]:
    """The first good answer, and the place of the server that gave it; raises `Unanswered`.

    Each question has a random number and leaves from a port of its own, and only what repeats both comes back. Of an
    answer only records that the name leads to are read, so that what a lying server adds is lost.
    """
    why = "no name server"
    for turn in range(min(TRIES, 2 * len(servers))):
        place = turn % len(servers)
        try:
            async with asyncio.timeout(WAIT_S):
                reply = await _exchange(servers[place], name, kind)
        except TimeoutError:
            why = f"no answer from {servers[place][0]} within {WAIT_S:g} s"
        except Faulted as error:
            why = str(error.fault)
        else:
            if reply.code == _NO_ERROR:
                return Answer(tuple(reply.values(name, kind)), reply.life_s(name, kind), True), place
            if reply.code == _NO_SUCH_NAME:
                return Answer((), 0.0, False), place
            why = f"{servers[place][0]} answers with code {reply.code}"
    raise Unanswered(why)


async def _exchange(server: tuple[str, int], name: str, kind: int) -> Reply:
    asked = (*server, secrets.randbelow(1 << 16), name, kind)
    reply, _ = await ask_udp(*asked, Trace(), time.monotonic)
    if reply.truncated:
        reply, _ = await ask_tcp(*asked, Trace(), time.monotonic)
    return reply
