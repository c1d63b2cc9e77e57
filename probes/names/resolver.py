"""Names: host names to addresses, kept for as long as their records say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

from probes.dns.message import TYPES, plain
from probes.faults import Fault, Faulted
from probes.names.asking import Answer, Unanswered, ask
from probes.names.cache import Cache
from probes.names.order import ordered
from probes.names.sources import Sources
from probes.net.resolver import resolve as ask_system

FAILED_S = 5.0
"""How long a name that does not exist is believed not to."""

PATIENCE_S = 0.05
"""How long the other family's addresses are waited for when one's are there (RFC 8305, 3)."""

_KINDS = {"4": (TYPES["A"],), "6": (TYPES["AAAA"],), "any": (TYPES["AAAA"], TYPES["A"])}
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

Question = tuple[str, int]


class Names:
    """`hosts` first, then what is kept, then the name servers; everything that fails is asked of the system again.

    So a check ends with `dns` only where the system's own resolver fails too. Answers live as long as their records,
    at most `longest_s`; failures `FAILED_S`; what only the system knows is not kept. Many that ask for one name at
    once share one question.
    """

    def __init__(
        self,
        sources: Callable[[], Sources],
        now: Callable[[], float],
        longest_s: float,
        system: Callable[[str, int], Awaitable[list[str]]] = ask_system,
    ) -> None:
        self._sources = sources
        self._longest_s = longest_s
        self._system = system
        self._kept: Cache[Question, tuple[str, ...]] = Cache(now)
        self._failed: Cache[tuple[str, str], Fault] = Cache(now)
        self._asked: dict[Question, asyncio.Task[tuple[str, ...]]] = {}
        self._first = 0

    async def resolve(self, host: str, port: int, version: str = "any") -> list[str]:
        """The addresses of that IP version ("4", "6", "any"), at least one, the best first; raises `Faulted`."""
        name, sources = plain(host), self._sources()
        kinds = _KINDS[version]
        listed = sources.hosts.get(name)
        if listed is not None:
            found = [address for address in listed if version == "any" or (":" in address) == (version == "6")]
            if found:
                return found
        elif sources.can_ask_for(name):
            found = await self._by_questions(name, kinds)
            if found:
                return ordered(found)
        return await self._by_system(host, name, port, version)

    async def _by_questions(self, name: str, kinds: Sequence[int]) -> list[str]:
        kept = [self._kept.get((name, kind)) for kind in kinds]
        if all(each is not None for each in kept):
            return [address for each in kept for address in each or ()]
        waiting = [asyncio.ensure_future(self._one((name, kind))) for kind in kinds]
        try:
            done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if late:
                enough = any(_addresses(each) for each in done)
                await asyncio.wait(late, timeout=PATIENCE_S if enough else None)
            return [address for each in waiting if each.done() for address in _addresses(each)]
        finally:
            for each in waiting:
                each.cancel()

    async def _one(self, question: Question) -> tuple[str, ...]:
        """What is kept, or the answer to a question that whoever asks meanwhile shares; () where there is none."""
        kept = self._kept.get(question)
        if kept is not None:
            return kept
        task = self._asked.get(question)
        if task is None:
            task = self._asked[question] = asyncio.create_task(self._ask(question))
            task.add_done_callback(lambda _: self._asked.pop(question, None))
        return await asyncio.shield(task)  # who gives up does not take the answer from the others

    async def _ask(self, question: Question) -> tuple[str, ...]:
        servers = self._sources().servers
        turned = [*servers[self._first :], *servers[: self._first]] if self._first < len(servers) else [*servers]
        try:
            answer, place = await ask(turned, *question)
        except Unanswered:
            return ()
        self._first = servers.index(turned[place])  # one that is silent costs its second only once
        self._kept.put(question, answer.addresses, self._life_s(answer))
        return answer.addresses

    def _life_s(self, answer: Answer) -> float:
        """A name without an address of this kind is believed as long as any: the other kind's are what counts."""
        if not answer.known:
            return FAILED_S
        return min(self._longest_s, answer.life_s) if answer.addresses else self._longest_s

    async def _by_system(self, host: str, name: str, port: int, version: str) -> list[str]:
        fault = self._failed.get((name, version))
        if fault is not None:
            raise Faulted(fault)
        try:
            return await self._system(host, port)
        except Faulted as error:
            cause = error.__cause__
            if isinstance(cause, socket.gaierror) and cause.errno in _NO_SUCH_NAME and not error.fault.own:
                self._failed.put((name, version), error.fault, FAILED_S)
            raise


def _addresses(task: asyncio.Future[tuple[str, ...]]) -> tuple[str, ...]:
    return () if task.cancelled() or task.exception() is not None else task.result()
