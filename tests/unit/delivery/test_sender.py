"""The sender empties the spool, oldest first, and loses nothing that can be accepted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.unit.delivery.fakes import Answer, FakeTransport, bodies, open_spool, waiting
from vedette.clock import FakeClock
from vedette.delivery import Receipt, Sender, Spool
from vedette.errors import InvalidInput, NotAuthenticated, TooLarge, Unavailable

Rule = Callable[[list[bytes]], Answer]


class Bench:
    """A spool with reports 1 to `count`, a fake transport and a sender between them."""

    def __init__(self, folder: Path, count: int, rule: Rule | None = None, seed: int = 1) -> None:
        self.clock = FakeClock()
        self.spool: Spool = open_spool(folder, self.clock)
        self.spool.append("samples", bodies(1, count))
        self.transport = FakeTransport(rule)
        self.sender = Sender(self.spool, self.transport, self.clock, random.Random(seed))

    def steps(self, count: int) -> None:
        async def go() -> None:
            for _ in range(count):
                await self.sender.step()

        asyncio.run(go())

    def drain(self, seconds: float = 1000.0) -> bool:
        return asyncio.run(self.sender.drain(self.clock.monotonic() + seconds))


def first_answers(*answers: Exception) -> Rule:
    """These errors first, and then yes."""
    left = list(answers)
    return lambda sent: left.pop(0) if left else Receipt(len(sent))


def test_everything_is_sent_once_and_in_order(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1200)
    assert bench.drain()
    assert bench.transport.taken == bodies(1, 1200)
    assert bench.transport.tries == [500, 500, 200]
    assert (bench.sender.sent, bench.sender.failures, len(bench.spool)) == (1200, 0, 0)


def test_a_gateway_that_is_away_costs_nothing_but_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 3, first_answers(*[Unavailable("down")] * 4))
    assert bench.drain()
    assert bench.transport.taken == bodies(1, 3)
    assert (bench.sender.failures, len(bench.transport.tries)) == (4, 5)


def test_tries_back_off_with_jitter_up_to_a_limit(tmp_path: Path) -> None:
    def waits(seed: int) -> list[float]:
        bench = Bench(tmp_path / str(seed), 1, lambda sent: Unavailable("down", 0.1), seed)
        found = []
        for _ in range(12):
            bench.steps(1)
            found.append(bench.sender._wait)
        return found

    one, other = waits(1), waits(2)
    assert 0.1 <= one[0] <= 0.5
    assert max(one) <= 30.0
    assert one[-1] > 5 * one[0]
    assert one != other, "senders that failed together must not come back together"


def test_the_gateway_s_retry_after_is_a_floor_and_is_jittered_upwards(tmp_path: Path) -> None:
    waits = set()
    for seed in range(5):
        bench = Bench(tmp_path / str(seed), 1, lambda sent: Unavailable("busy", 20.0), seed)
        bench.steps(1)
        waits.add(bench.sender._wait)
    assert all(20.0 <= wait <= 30.0 for wait in waits)
    assert len(waits) == 5


def test_after_a_success_the_back_off_begins_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1, first_answers(Unavailable("down"), Unavailable("down")))
    bench.steps(3)
    assert bench.sender._wait == 0.0


def test_a_request_that_is_too_large_is_halved_until_it_fits(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 16, lambda sent: TooLarge("it", 1) if len(sent) > 4 else Receipt(len(sent)))
    assert bench.drain()
    assert bench.transport.tries[:3] == [16, 8, 4]
    assert bench.transport.taken == bodies(1, 16)


def test_one_report_that_can_never_be_accepted_costs_only_itself(tmp_path: Path) -> None:
    bad = bodies(7, 7)[0]
    bench = Bench(tmp_path, 10, lambda sent: InvalidInput("x", 1, "y") if bad in sent else Receipt(len(sent)))
    with capture_logs() as logs:
        assert bench.drain()
    assert bench.transport.taken == [body for body in bodies(1, 10) if body != bad]
    assert [entry["event"] for entry in logs] == ["report_dropped"]
    assert len(bench.spool) == 0


def test_refused_reports_of_an_accepted_request_are_logged_and_not_sent_again(tmp_path: Path) -> None:
    reject = {"index": 0, "event": "a field of any name", "reason": "bad ts"}
    bench = Bench(tmp_path, 2, lambda sent: Receipt(1, [reject]))
    with capture_logs() as logs:
        assert bench.drain()
    assert [entry["reject"] for entry in logs if entry["event"] == "report_refused"] == [reject]
    assert bench.transport.tries == [2]


def test_a_wrong_token_keeps_the_reports_and_tries_rarely(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 3, first_answers(NotAuthenticated("no"), NotAuthenticated("no")))
    bench.steps(1)
    assert (waiting(bench.spool), bench.sender._wait >= 10.0) == (bodies(1, 3), True)
    assert bench.drain()
    assert bench.transport.taken == bodies(1, 3)


def test_a_lost_answer_makes_the_same_reports_go_out_again_unchanged(tmp_path: Path) -> None:
    seen: list[list[bytes]] = []

    def lose_the_first_answer(sent: list[bytes]) -> Answer:
        seen.append(sent)
        return Unavailable("the connection broke after the request") if len(seen) == 1 else Receipt(len(sent))

    bench = Bench(tmp_path, 3, lose_the_first_answer)
    assert bench.drain()
    assert seen == [bodies(1, 3), bodies(1, 3)]


@pytest.mark.parametrize("error", [OSError("disk"), RuntimeError("a bug")])
def test_an_error_nobody_thought_of_does_not_end_the_sender(tmp_path: Path, error: Exception) -> None:
    bench = Bench(tmp_path, 3, first_answers(error))
    assert bench.drain()
    assert (bench.transport.taken, bench.sender.failures) == (bodies(1, 3), 1)


def test_a_drain_ends_at_its_deadline_and_keeps_what_is_left(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 3, lambda sent: Unavailable("down"))
    began = bench.clock.monotonic()
    assert not bench.drain(2.0)
    assert bench.clock.monotonic() == pytest.approx(began + 2.0)
    assert waiting(bench.spool) == bodies(1, 3)


def test_a_drain_gives_up_a_request_that_hangs_over_the_deadline(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 3)

    class Hanging(FakeTransport):
        async def send(self, reports: object) -> Receipt:
            await asyncio.Event().wait()
            raise AssertionError

    bench.sender = Sender(bench.spool, Hanging(), bench.clock, random.Random(1))
    assert not bench.drain(0.02)
    assert waiting(bench.spool) == bodies(1, 3)


def test_a_drain_of_an_empty_spool_is_done_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 0)
    assert bench.drain(0.0)
    assert bench.transport.tries == []


def test_a_running_sender_waits_until_it_is_woken(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 0)

    async def go() -> None:
        running = asyncio.create_task(bench.sender.run())
        for _ in range(5):
            await asyncio.sleep(0)
        assert bench.transport.tries == []
        bench.spool.append("samples", bodies(1, 2))
        bench.sender.wake()
        await asyncio.wait_for(bench.transport.took.wait(), 5)
        running.cancel()

    asyncio.run(go())
    assert bench.transport.taken == bodies(1, 2)
