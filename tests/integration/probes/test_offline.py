"""A probe that has lost its network blames itself, and no endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from probes.check import Vantage
from probes.faults import Fault, Faulted
from probes.kinds import build_check
from probes.lifeline import Lifeline, answers
from probes.monitors import Monitor
from tests.integration.probes.conftest import Run
from tests.integration.probes.endpoint import closed_port, endpoint, hangs
from vedette.clock import SystemClock
from vedette.events.checks import CheckResult


@pytest.fixture(autouse=True)
def _nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(name: str, port: int) -> list[str]:
        raise Faulted(Fault("dns", f"{name}: try again"))

    monkeypatch.setattr("probes.net.reach.resolve", fails)


class Wall:
    """A port that answers connections until it is `shut`: then it is as silent as an address behind a cut cable."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.port: int = listening.getsockname()[1]
        self._held: list[socket.socket] = []

    def shut(self) -> None:
        """Fill the queue of connections that nobody accepts: the kernel drops what comes after."""
        for _ in range(16):
            held = socket.socket()
            held.setblocking(False)
            held.connect_ex(("127.0.0.1", self.port))
            self._held.append(held)

    def close(self) -> None:
        """Release everything."""
        for held in self._held:
            held.close()


@contextlib.contextmanager
def wall() -> Iterator[Wall]:
    """A port that can be shut."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        made = Wall(listening)
        try:
            yield made
        finally:
            made.close()


async def check_with(lifeline: Lifeline) -> CheckResult:
    """A check of a name that cannot be resolved now."""
    vantage = Vantage("here", SystemClock(), lifeline=lifeline)
    return await build_check(Monitor(id=1, name="m", url="http://shop.example/"), vantage).run(0)


def test_while_a_reference_answers_a_failure_is_the_endpoint_s(run: Run) -> None:
    async def script() -> CheckResult:
        async with endpoint(hangs()) as port:
            lifeline = Lifeline([("127.0.0.1", port)])
            await lifeline.ask()
            return await check_with(lifeline)

    assert run(script()).outcome == "down"


def test_when_references_that_answered_are_silent_it_is_the_probe_s(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.lifeline.FRESH_S", 0.2)

    async def script() -> CheckResult:
        with wall() as reference:
            lifeline = Lifeline([("127.0.0.1", reference.port)])
            await lifeline.ask()
            reference.shut()
            await asyncio.sleep(0.25)  # what was just asked holds for FRESH_S
            return await check_with(lifeline)

    result = run(script())
    assert result.outcome == "probe_error"
    assert result.error == "offline: no reference answers; seen: dns: shop.example: try again"
    assert result.evidence is not None
    assert result.evidence["class"] == "offline"


def test_a_reference_that_never_answered_proves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.lifeline.FRESH_S", 0.1)

    async def script() -> CheckResult:
        with wall() as reference:
            reference.shut()
            return await check_with(Lifeline([("127.0.0.1", reference.port)]))

    assert run(script()).outcome == "down"


def test_a_refusal_is_an_answer_too() -> None:
    assert asyncio.run(answers("127.0.0.1", closed_port()))
