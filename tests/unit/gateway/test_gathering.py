"""The gatherer: who is told what, and how much travels together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, cast

import pytest

from ingest_api.intake.gathering import Gatherer
from vedette.errors import LogUnavailable, Overloaded
from vedette.events.codec import decode_samples
from vedette.events.samples import PackedSamples, Packer, SampleBatch
from vedette.log import Log, Message


class SlowLog:
    """A log whose acknowledgements come when the test says so."""

    def __init__(self) -> None:
        self.calls: list[list[Message]] = []
        self.futures: list[Future[None]] = []
        self.refuse: Exception | None = None

    def partitions(self, topic: str) -> int:
        return 1

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append(list(messages))
        self.futures.append(Future())
        return self.futures[-1]


def report(source: str, seq: int = 1, account: int = 1, names: int = 1) -> PackedSamples:
    values = {f"n{at}": 1.0 for at in range(names)}
    return Packer().pack(SampleBatch(source, 1, seq, 1_700_000_000_000, values), account)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Any, most: int = 1 << 20) -> None:
    async def main() -> None:
        log = SlowLog()
        await test(log, Gatherer(cast(Log, log), most))

    asyncio.run(main())


def test_a_lonely_report_goes_at_once_and_is_told_when_the_log_has_it() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        task = asyncio.create_task(gatherer.write([report("a")]))
        await turns()
        assert len(log.calls) == 1
        assert not task.done()
        log.futures[0].set_result(None)
        await task

    run(test)


def test_what_comes_while_a_write_is_on_its_way_goes_together_afterwards() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        tasks = [asyncio.create_task(gatherer.write([report("first")]))]
        await turns()
        tasks += [asyncio.create_task(gatherer.write([report(name)])) for name in "abc"]
        tasks.append(asyncio.create_task(gatherer.write([report("other", account=2)])))
        await turns()
        assert len(log.calls) == 1
        log.futures[0].set_result(None)
        await tasks[0]
        await turns()
        assert not any(task.done() for task in tasks[1:])
        ours, others = (decode_samples(message.value) for message in log.calls[1])
        assert [one.source for one in ours] == ["a", "b", "c"]
        assert [(one.account, one.source) for one in others] == [(2, "other")]
        log.futures[1].set_result(None)
        await asyncio.gather(*tasks)

    run(test)


def test_a_failure_reaches_those_whose_reports_it_were_and_nobody_else() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        first = asyncio.create_task(gatherer.write([report("a")]))
        await turns()
        second = asyncio.create_task(gatherer.write([report("b")]))
        await turns()
        log.futures[0].set_exception(LogUnavailable("away"))
        with pytest.raises(LogUnavailable):
            await first
        await turns()
        log.futures[1].set_result(None)
        await second

    run(test)


def test_a_log_that_refuses_is_asked_again_by_the_next() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        log.refuse = Overloaded("full")
        with pytest.raises(Overloaded):
            await gatherer.write([report("a")])
        log.refuse = None
        task = asyncio.create_task(gatherer.write([report("b")]))
        await turns()
        log.futures[0].set_result(None)
        await task

    run(test)


def test_what_waits_is_bounded() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        first = asyncio.create_task(gatherer.write([report("a")]))
        await turns()
        waiting = asyncio.create_task(gatherer.write([report("b", names=50)]))
        await turns()
        with pytest.raises(Overloaded, match="bytes wait"):
            await gatherer.write([report("c", names=50)])
        log.futures[0].set_result(None)
        await turns()
        log.futures[1].set_result(None)
        await asyncio.gather(first, waiting)
        assert [one.source for call in log.calls for m in call for one in decode_samples(m.value)] == ["a", "b"]

    run(test, most=1000)


def test_one_who_goes_away_does_not_take_the_others_along() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        gone, stays = (asyncio.create_task(gatherer.write([report(name)])) for name in "ab")
        await turns()
        gone.cancel()
        await turns()
        log.futures[0].set_result(None)
        await stays
        assert gone.cancelled()

    run(test)


def test_many_values_travel_in_several_messages() -> None:
    async def test(log: SlowLog, gatherer: Gatherer) -> None:
        batches = [report("a", seq, names=5000) for seq in range(40)]
        task = asyncio.create_task(gatherer.write(batches))
        await turns()
        log.futures[0].set_result(None)
        await task
        assert 2 < len(log.calls[0]) < 10
        assert [one.seq for message in log.calls[0] for one in decode_samples(message.value)] == list(range(40))

    run(test, most=100 << 20)
