"""Looking names up: from real answers of name servers on loopback, true, late, broken and lying ones."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from probes.check import Vantage
from probes.dns.message import TYPES
from probes.faults import Faulted, resolve_fault
from probes.http import HttpCheck
from probes.monitors import Monitor
from probes.names import Names
from probes.names.resolver import FAILED_S
from probes.names.sources import Sources
from probes.vantage import open_vantage
from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.gateway import FastClock
from tests.integration.probes.nameserver import Answering, nameserver, record, reply
from tests.unit.probes.test_names import Time
from vedette.clock import SystemClock
from vedette.settings import ProbeSettings

NAME = "shop.example"
LONGEST_S = 30.0


class Server:
    """Answers questions of each type as told, and counts them."""

    def __init__(self, **by_type: list[bytes] | int) -> None:
        self.by_type = by_type
        self.asked: list[str] = []

    def __call__(self, asked: bytes) -> list[bytes]:
        kind = next(name for name, number in TYPES.items() if asked[-4:-2] == number.to_bytes(2, "big"))
        self.asked.append(kind)
        told = self.by_type.get(kind, [])
        return [reply(asked, code=told)] if isinstance(told, int) else [reply(asked, *told)]


class System:
    """The system's resolver: what it knows, and how often it was asked."""

    def __init__(self, *known: str) -> None:
        self.known, self.asked = known, 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        if self.known:
            return list(self.known)
        error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise Faulted(resolve_fault(error, host)) from error


A = record(NAME, "A", "192.0.2.1", 20)
AAAA = record(NAME, "AAAA", "2001:db8::1", 20)


def looking(
    answering: Answering,
    script: object,
    *known: str,
    more: Answering | None = None,
    tcp: Answering | None = None,
) -> None:
    """Run `script` with names that are looked up at a server (or two) that answers so."""

    async def run() -> None:
        async with nameserver(answering, tcp) as one, nameserver(more or answering) as two:
            servers = [("127.0.0.1", int(each.rpartition(":")[2])) for each in ((one, two) if more else (one,))]
            now, system = Time(), System(*known)
            await script(Names(lambda: Sources(servers), now, LONGEST_S, system), now, system)  # type: ignore[operator]

    asyncio.run(run())


def test_an_answer_is_kept_for_its_life_and_then_asked_for_again() -> None:
    server = Server(A=[A], AAAA=[AAAA])

    async def script(names: Names, now: Time, system: System) -> None:
        assert set(await names.resolve(NAME, 80)) == {"192.0.2.1", "2001:db8::1"}
        now.at += 19.9
        await names.resolve(NAME.upper() + ".", 80)
        assert sorted(server.asked) == ["A", "AAAA"]
        now.at += 0.2
        await names.resolve(NAME, 80)
        assert sorted(server.asked) == ["A", "A", "AAAA", "AAAA"]
        assert system.asked == 0

    looking(server, script)


@pytest.mark.parametrize(("ttl_s", "kept_s"), [(0, 0), (1, 1), (0xFFFF_FFFF, 30)])
def test_a_life_is_neither_stretched_nor_longer_than_allowed(ttl_s: int, kept_s: float) -> None:
    server = Server(A=[record(NAME, "A", "192.0.2.1", ttl_s)])

    async def script(names: Names, now: Time, system: System) -> None:
        await names.resolve(NAME, 80, "4")
        now.at += max(0.0, kept_s - 0.1)
        await names.resolve(NAME, 80, "4")
        assert len(server.asked) == (2 if kept_s == 0 else 1)
        now.at += 0.2
        await names.resolve(NAME, 80, "4")
        assert len(server.asked) == (3 if kept_s == 0 else 2)

    looking(server, script)


def test_an_alias_lives_as_long_as_the_shortest_record_on_the_way() -> None:
    chain = [record(NAME, "CNAME", "web.example", 5), record("web.example", "A", "192.0.2.7", 600)]
    server = Server(A=chain)

    async def script(names: Names, now: Time, system: System) -> None:
        assert await names.resolve(NAME, 80, "4") == ["192.0.2.7"]
        now.at += 5
        await names.resolve(NAME, 80, "4")
        assert len(server.asked) == 2

    looking(server, script)


def test_many_that_ask_at_once_share_one_question_and_one_that_gives_up_takes_nothing_from_the_others() -> None:
    server = Server(A=[A])

    async def script(names: Names, now: Time, system: System) -> None:
        asking = [asyncio.ensure_future(names.resolve(NAME, 80, "4")) for _ in range(50)]
        await asyncio.sleep(0)
        asking[0].cancel()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [["192.0.2.1"]] * 49
        assert server.asked == ["A"]

    looking(server, script)


def test_a_name_that_does_not_exist_is_confirmed_by_the_system_and_believed_for_a_moment() -> None:
    server = Server(A=3, AAAA=3)

    async def script(names: Names, now: Time, system: System) -> None:
        for _ in range(3):
            with pytest.raises(Faulted, match=r"dns: shop\.example"):
                await names.resolve(NAME, 80)
        assert (system.asked, len(server.asked)) == (1, 2)
        now.at += FAILED_S
        server.by_type = {"A": [A]}
        assert await names.resolve(NAME, 80) == ["192.0.2.1"]

    looking(server, script)


@pytest.mark.parametrize("code", [2, 5])
def test_a_server_that_cannot_answer_is_passed_over_for_the_next_and_remembered(code: int) -> None:
    bad, good = Server(A=code), Server(A=[record(NAME, "A", "192.0.2.1", 0)])

    async def script(names: Names, now: Time, system: System) -> None:
        for _ in range(3):
            assert await names.resolve(NAME, 80, "4") == ["192.0.2.1"]
        assert (len(bad.asked), len(good.asked), system.asked) == (1, 3, 0)

    looking(bad, script, more=good)


@pytest.mark.parametrize(
    "broken", [lambda asked: [], lambda asked: [b"\0"], lambda asked: [reply(asked, b"\xc0\xc0\0")], Server(A=2)],
    ids=["silent", "short", "garbage", "failing"],
)  # fmt: skip
def test_where_no_server_answers_the_system_does(broken: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.names.asking.WAIT_S", 0.1)

    async def script(names: Names, now: Time, system: System) -> None:
        assert await names.resolve(NAME, 80, "4") == ["192.0.2.99"]
        assert system.asked == 1

    looking(broken, script, "192.0.2.99")


def test_a_lie_is_neither_believed_nor_kept() -> None:
    def lying(asked: bytes) -> list[bytes]:
        lie = record(NAME, "A", "10.6.6.6")
        other = asked.replace(b"\x04shop", b"\x04evil")
        wrong = (int.from_bytes(asked[:2], "big") + 1) % 65_536
        stray = record("bank.example", "A", "10.6.6.6")
        return [reply(asked, lie, identity=wrong), reply(other, lie), asked, reply(asked, A, stray)]

    async def script(names: Names, now: Time, system: System) -> None:
        assert await names.resolve(NAME, 80, "4") == ["192.0.2.1"]
        assert names._kept.get(("bank.example", TYPES["A"])) is None
        assert names._kept.get(("evil.example", TYPES["A"])) is None

    looking(lying, script)


def test_a_cut_answer_is_asked_for_over_tcp() -> None:
    async def script(names: Names, now: Time, system: System) -> None:
        assert await names.resolve(NAME, 80, "4") == ["192.0.2.1"]
        assert system.asked == 0

    looking(lambda asked: [reply(asked, cut=True)], script, tcp=Server(A=[A]))


def test_an_alias_in_circles_is_left_to_the_system() -> None:
    async def script(names: Names, now: Time, system: System) -> None:
        assert await names.resolve(NAME, 80, "4") == ["192.0.2.99"]

    looking(Server(A=[record(NAME, "CNAME", "b.example"), record("b.example", "CNAME", NAME)]), script, "192.0.2.99")


def test_the_other_family_is_waited_for_only_a_moment() -> None:
    def half(asked: bytes) -> list[bytes]:
        return [reply(asked, A)] if asked[-4:-2] == b"\0\1" else []

    async def script(names: Names, now: Time, system: System) -> None:
        async with asyncio.timeout(0.9):  # a silent server would be waited for a second
            assert await names.resolve(NAME, 80) == ["192.0.2.1"]

    looking(half, script)


def test_the_hosts_file_comes_first() -> None:
    async def script() -> None:
        system = System()
        names = Names(lambda: Sources([("127.0.0.1", 1)], {NAME: ["10.0.0.7", "fd00::7"]}), Time(), 30.0, system)
        assert await names.resolve(NAME, 80) == ["10.0.0.7", "fd00::7"]
        assert await names.resolve(NAME, 80, "6") == ["fd00::7"]
        assert system.asked == 0

    asyncio.run(script())


def test_a_check_reports_what_its_look_up_cost_and_next_to_nothing_when_the_answer_was_kept() -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, nameserver(Server(A=[record(NAME, "A", "127.0.0.1")])) as server:
            clock = SystemClock()
            sources = Sources([("127.0.0.1", int(server.rpartition(":")[2]))])
            vantage = Vantage("eu", clock, names=Names(lambda: sources, clock.monotonic, LONGEST_S, System()))
            check = HttpCheck(Monitor(id=1, name="m", url=f"http://{NAME}:{port}/", ip_version="4"), vantage)
            first, *later = [await check.run(n) for n in range(1, 11)]
            assert {result.outcome for result in (first, *later)} == {"up"}
            assert first.phases.dns is not None
            kept = [result.phases.dns for result in later if result.phases.dns is not None]
            assert len(kept) == len(later)
            assert 0 <= min(kept) < first.phases.dns  # of ten, for the machine may turn to something else in one

    asyncio.run(script())


@pytest.mark.parametrize(("seconds", "keeps"), [(30.0, True), (0.0, False)])
def test_a_setting_says_how_long_names_are_kept(tmp_path: Path, seconds: float, keeps: bool) -> None:
    settings = ProbeSettings.load(spool=tmp_path, references="", dns_cache_s=seconds)
    vantage = asyncio.run(open_vantage(settings, FastClock(1)))
    assert (vantage.names is not None) is keeps
