"""The book: follows its folder and the gateway, each instance for itself, while the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.collectors import Group
from agent.plugins import book as rooms
from agent.plugins.book import PluginBook
from tests.integration.plugins.house import BEGINNING
from tests.integration.plugins.waiting import until
from vedette.clock import SystemClock
from vedette.events.fleet import PluginState
from vedette.events.plugins import PluginSpec
from vedette.events.signing import make_key, read_key, sign

QUICK = {"interval_s": 1.0, "timeout_s": 30.0}


class Shelf:
    """A book over a folder of this test, and what it delivered."""

    def __init__(self, folder: Path, key: str | None) -> None:
        self.folder = folder / "plugins.d"
        self.folder.mkdir(exist_ok=True)
        self.groups: list[Group] = []
        self.spooling = True
        self.news = 0
        self.book = PluginBook(
            "web-1", self.folder, folder / "memory", self._deliver, SystemClock(), report_s=60, key=key, news=self._hear
        )

    def _hear(self) -> None:
        self.news += 1

    async def _deliver(self, group: Group, interval_ms: int) -> bool:
        assert interval_ms <= 60_000
        if self.spooling:
            self.groups.append(group)
        return self.spooling

    def plugin(self, name: str, body: str, toml: str = "interval_s = 1") -> None:
        (self.folder / f"{name}.py").write_text(f"{BEGINNING}        {body}\n")
        (self.folder / f"{name}.toml").write_text(toml)

    def state(self, name: str) -> PluginState | None:
        return next((state for state in self.book.states() if state.name == name), None)

    def is_(self, name: str, state: str) -> bool:
        found = self.state(name)
        return found is not None and found.state == state and (found.ran_ms > 0 or state == "refused")

    def count(self, series: str) -> int:
        return sum(series in group.values for group in self.groups)


def shelved(folder: Path, use: Callable[[Shelf], Awaitable[None]], key: str | None = None) -> None:
    async def whole() -> None:
        shelf = Shelf(folder, key)
        running = asyncio.ensure_future(shelf.book.run())
        try:
            await use(shelf)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(whole())


@pytest.fixture(autouse=True)
def looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "LOOK_S", 0.1)
    monkeypatch.setattr(rooms, "SPREAD_S", 0.1)


def test_instances_come_change_and_go_with_their_files(tmp_path: Path) -> None:
    async def use(shelf: Shelf) -> None:
        shelf.plugin("one", "self.report('a', 1)")
        await until(lambda: shelf.count('one.a{instance="one"}') >= 2)
        shelf.plugin("one", "self.report('b', 1)")
        await until(lambda: shelf.count('one.b{instance="one"}') >= 1)
        (shelf.folder / "two.toml").write_text('plugin = "one"\ninterval_s = 1')
        await until(lambda: shelf.count('one.b{instance="two"}') >= 1)
        (shelf.folder / "one.toml").unlink()
        await until(lambda: [state.name for state in shelf.book.states()] == ["two"])

    shelved(tmp_path, use)


def test_bad_plugins_are_told_and_the_good_ones_go_on(tmp_path: Path) -> None:
    async def use(shelf: Shelf) -> None:
        shelf.plugin("hangs", "time.sleep(600)", "interval_s = 1\ntimeout_s = 0.5")
        shelf.plugin("breaks", "os.kill(os.getpid(), 11)")
        shelf.plugin(
            "bomb", "[self.report(f'x{time.time_ns()}', 1) for _ in range(9)]", "interval_s = 1\nmax_series = 2"
        )
        shelf.plugin("good", "self.report('a', 1)")
        (shelf.folder / "wrong.toml").write_text("interval_s = 0")
        for name, state in (("hangs", "timeout"), ("breaks", "failing"), ("bomb", "disabled"), ("wrong", "refused")):
            await until(lambda name=name, state=state: shelf.is_(name, state))  # type: ignore[misc]
        seen = shelf.count('good.a{instance="good"}')
        await until(lambda: shelf.count('good.a{instance="good"}') >= seen + 2)
        assert shelf.is_("good", "ok")
        assert "interval_s: 0" in (shelf.state("wrong") or PluginState("", "ok")).error  # type: ignore[operator]

    shelved(tmp_path, use)


def test_the_gateway_s_specs_are_used_and_the_host_s_own_win(tmp_path: Path) -> None:
    pem, public = make_key()
    code = sign(read_key(pem, "--key"), "far", f"{BEGINNING}        self.report('a', 1)\n")

    async def use(shelf: Shelf) -> None:
        shelf.plugin("near", "self.report('a', 1)")
        shelf.book.use(
            [
                PluginSpec("far", "far", code=code, **QUICK),
                PluginSpec("near", "far", code=code, **QUICK),
                PluginSpec("unsigned", "mine", **QUICK),
                PluginSpec("wrong", "far", interval_s=-1),
            ]
        )
        await until(lambda: shelf.is_("far", "ok") and shelf.is_("near", "ok") and shelf.is_("unsigned", "refused"))
        assert shelf.is_("wrong", "refused")
        assert shelf.count('far.a{instance="near"}') == 0
        shelf.book.pin(make_key()[1])
        await until(lambda: shelf.is_("far", "refused"))
        shelf.book.use([])
        await until(lambda: [state.name for state in shelf.book.states()] == ["near"])

    shelved(tmp_path, use, public)


def test_alerts_wait_until_they_are_delivered_and_survive_a_restart(tmp_path: Path) -> None:
    body = "self.memory('told') or self.alert('once', 'really')\n        self.remember('told', True)"

    async def first(shelf: Shelf) -> None:
        shelf.plugin("one", body)
        await until(lambda: bool(shelf.state("one") and shelf.state("one").alerts))  # type: ignore[union-attr]

    async def second(shelf: Shelf) -> None:
        await until(lambda: shelf.is_("one", "ok"))
        states = shelf.book.states()
        assert [(alert.subject, alert.body) for alert in states[0].alerts] == [("once", "really")]
        shelf.book.delivered(states)
        assert shelf.book.states()[0].alerts == []

    async def third(shelf: Shelf) -> None:
        await until(lambda: shelf.is_("one", "ok"))
        assert shelf.book.states()[0].alerts == []

    for use in (first, second, third):
        shelved(tmp_path, use)


def test_what_is_not_in_the_spool_is_not_remembered(tmp_path: Path) -> None:
    body = "n = self.memory('n', 0) + 1; self.remember('n', n); self.report('n', n)"

    async def use(shelf: Shelf) -> None:
        shelf.spooling = False
        shelf.plugin("one", body)
        await until(lambda: shelf.book.latest("one").values.get('one.n{instance="one"}') == 1)
        ran = shelf.state("one")
        await until(lambda: shelf.state("one").ran_ms > ran.ran_ms)  # type: ignore[union-attr]
        shelf.spooling = True
        await until(lambda: bool(shelf.groups))
        assert shelf.groups[0].values['one.n{instance="one"}'] == 1

    shelved(tmp_path, use)


def test_an_instance_that_did_not_change_goes_on_undisturbed(tmp_path: Path) -> None:
    async def use(shelf: Shelf) -> None:
        spec = PluginSpec("away", "redis", options={"address": "127.0.0.1:1"}, interval_s=3600)
        shelf.book.use([spec])
        await until(lambda: shelf.is_("away", "failing"))
        shelf.book.use([spec, PluginSpec("other", "redis", options={"address": "127.0.0.1:1"})])
        await until(lambda: shelf.is_("other", "failing"))
        assert shelf.count('plugin.up{plugin="away"}') == 1

    shelved(tmp_path, use)


def test_who_looks_sees_an_instance_each_second_and_nothing_else_comes_of_it(tmp_path: Path) -> None:
    body = "n = self.memory('n', 0) + 1; self.remember('n', n); self.report('t', time.time()); self.alert('a', str(n))"

    async def use(shelf: Shelf) -> None:
        for name in ("seen", "unseen"):
            shelf.plugin(name, body, "interval_s = 3600")
        await until(lambda: all(shelf.is_(name, "ok") for name in ("seen", "unseen")))

        def at(name: str) -> float:
            return shelf.book.latest(name).values[f'{name}.t{{instance="{name}"}}']

        first = at("unseen")
        shelf.book.watch(frozenset({"seen"}))
        times = [at("seen")]
        while len(times) < 4:
            await until(lambda: at("seen") != times[-1])
            times.append(at("seen"))
        shelf.book.watch(frozenset())
        assert times[-1] - times[1] > 1.5, "once a second at most"
        assert at("unseen") == first
        assert [shelf.count(f'{name}.t{{instance="{name}"}}') for name in ("seen", "unseen")] == [1, 1]
        assert [[alert.body for alert in state.alerts] for state in shelf.book.states()] == [["1"], ["1"]]

    shelved(tmp_path, use)


def test_an_alert_and_another_state_are_news_and_the_same_state_is_none(tmp_path: Path) -> None:
    body = "n = self.memory('n', 0) + 1; self.remember('n', n); self.report('n', n); n == 3 and self.alert('a', 'b')"

    async def use(shelf: Shelf) -> None:
        shelf.plugin("one", body)
        await until(lambda: bool(shelf.book.latest("one").values.get('one.n{instance="one"}')))
        assert shelf.news == 0
        await until(lambda: shelf.news == 1)
        shelf.plugin("two", "raise SystemExit(3)")
        await until(lambda: shelf.news == 2)

    shelved(tmp_path, use)


@pytest.mark.parametrize(("run_ms", "watched", "rest_s"), [(0, 1, 1.0), (11, 1, 0.989), (11, 50, 27.5), (500, 1, 25.0)])
def test_all_that_are_looked_at_run_for_a_small_share_of_the_time(run_ms: float, watched: int, rest_s: float) -> None:
    assert rooms.pace_s(run_ms, watched) == pytest.approx(rest_s)
