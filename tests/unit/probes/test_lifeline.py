"""The lifeline: when a failure is doubted, who is asked, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from probes.lifeline import FRESH_S, Lifeline, parse_references, usual_references
from vedette.clock import FakeClock
from vedette.errors import ConfigurationError

PUBLIC = "93.184.215.14"
ONE = [("one.example", 443)]


class World:
    """References that answer or do not."""

    def __init__(self) -> None:
        self.clock = FakeClock(0)
        self.there = True
        self.asked = 0
        self.lifeline = Lifeline(ONE, self.clock.monotonic, answers=self.answers)

    async def answers(self, host: str, port: int) -> bool:
        self.asked += 1
        await asyncio.sleep(0)
        return self.there

    async def goes(self) -> None:
        """The network was there, and is there no more."""
        await self.lifeline.ask()
        self.there = False
        self.clock.advance(FRESH_S + 1)

    async def holds(self, kind: Any = "timeout_connect", address: str | None = PUBLIC, since: float = 0.0) -> bool:
        return await self.lifeline.holds(kind, address, since)


def test_without_a_network_a_network_s_failure_does_not_hold() -> None:
    async def script() -> None:
        world = World()
        assert await world.holds()
        await world.goes()
        assert not await world.holds()
        world.there = True
        world.clock.advance(FRESH_S + 1)
        assert await world.holds()

    asyncio.run(script())


@pytest.mark.parametrize("kind", ["connect_refused", "tls_certificate", "protocol", "truncated", "bad_redirect"])
def test_a_failure_that_shows_that_something_answered_is_not_doubted(kind: str) -> None:
    async def script() -> None:
        world = World()
        await world.goes()
        asked = world.asked
        assert await world.holds(kind)
        assert world.asked == asked

    asyncio.run(script())


def test_a_success_elsewhere_during_the_check_is_proof_enough_but_only_in_public() -> None:
    async def script() -> None:
        world = World()
        await world.goes()
        begin = world.clock.monotonic()
        world.lifeline.heard("10.0.0.1")
        assert not await world.holds(since=begin)
        world.lifeline.heard(PUBLIC)
        assert await world.holds(since=begin)
        world.clock.advance(1)
        assert not await world.holds(since=world.clock.monotonic())

    asyncio.run(script())


def test_a_thousand_failures_at_once_ask_once() -> None:
    async def script() -> None:
        world = World()
        await world.goes()
        asked = world.asked
        assert not any(await asyncio.gather(*(world.holds() for _ in range(1000))))
        assert world.asked == asked + 1

    asyncio.run(script())


def test_this_machine_s_own_addresses_need_no_network() -> None:
    async def script() -> None:
        world = World()
        await world.goes()
        assert await world.holds(address="127.0.0.1")

    asyncio.run(script())


def test_references_are_hosts_with_ports() -> None:
    assert parse_references("one.example:443, [2001:db8::1]:53") == [("one.example", 443), ("2001:db8::1", 53)]


@pytest.mark.parametrize(
    "text", ["one.example", "one:x", "one:0", "one:99999", ":53", "a:1,,b:2", "http://x:1", "a:1/b"]
)
def test_what_is_no_reference_is_refused_with_the_variable(text: str) -> None:
    with pytest.raises(ConfigurationError, match="VEDETTE_REFERENCES"):
        parse_references(text)


def test_the_usual_references_are_not_on_this_machine() -> None:
    assert usual_references("http://127.0.0.1:8420", ["127.0.0.53", "192.0.2.53"]) == [("192.0.2.53", 53)]
    assert usual_references("https://vedette.example", []) == [("vedette.example", 443)]
