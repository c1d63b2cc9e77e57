"""Old queries: what the tables hold no longer is answered from the archive as if it were still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.gateway.server import FOR_EVER, Gateway
from tests.integration.history.world import DAY, HOUR, NOW, T0, World
from vedette.events.samples import SampleBatch
from vedette.history.opening import open_history
from vedette.settings import TableSettings

KEPT = TableSettings(keep_10s_days=8, keep_1m_days=9, keep_1h_days=0, keep_1d_days=0)
"""On the tenth day: seconds from early on the third day on, minutes from early on the second."""
SERIES = ["load", "requests", "errors", "more"]
AGGREGATIONS = ("avg", "min", "max", "sum", "count", "last", "rate")


class Asking:
    """A gateway on the world's database, whose tables may forget."""

    def __init__(self, gateway: Gateway, world: World) -> None:
        self.gateway, self.world = gateway, world
        gateway.clock.advance((NOW - gateway.clock.now_ms()) / 1000)

    def everything_kept(self, path: str = "/v1/query", **params: Any) -> Any:
        """The answer of a gateway whose tables keep all for ever; ask before they forget."""
        context = self.gateway.context
        context.history = open_history(context.store, context.clock, context.settings, FOR_EVER)
        found = self.ask(path, **params)
        context.history = open_history(context.store, context.clock, context.settings, KEPT)
        return found

    def forget(self) -> None:
        """What the janitor does."""
        for table, days in (("rollup_10s", 8), ("rollup_1m", 9), ("check_rollup_1m", 9)):
            condition = "bucket < to_timestamp(%s / 1000.0)"
            self.world.store.execute(f"DELETE FROM {table} WHERE {condition}", NOW - days * DAY)

    def get(self, path: str = "/v1/query", **params: Any) -> httpx.Response:
        wanted = {"from": T0, "to": T0 + 3 * DAY, **params}
        if path == "/v1/query":
            wanted.setdefault("series", SERIES)
        return self.gateway.get(path, params=wanted)

    def ask(self, path: str = "/v1/query", **params: Any) -> Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


def opened(world: World, dsn: str, folder: Path, **settings: Any) -> Gateway:
    return Gateway(dsn, folder / "gateway", tables=KEPT, **{"archive_url": world.objects.url, **settings})


@pytest.fixture
def asking(world: World, dsn: str, tmp_path: Path) -> Iterator[Asking]:
    world.fill()
    world.flow()
    world.archive()
    with opened(world, dsn, tmp_path) as gateway:
        yield Asking(gateway, world)


RANGES = [
    {"step": 60, "from": T0, "to": T0 + 3 * DAY},  # the seam of the minutes is in the second day
    {"step": 900, "from": T0 + HOUR, "to": T0 + 3 * DAY},
    {"step": 10, "from": T0 + 2 * DAY - 5 * HOUR, "to": T0 + 2 * DAY + 5 * HOUR},  # that of the seconds in the third
    {"step": 10, "from": T0 + 3 * HOUR + 123_000, "to": T0 + 5 * HOUR},
    {"step": 3600},  # hours are all there
    {"step": 5400},
]


def test_the_answer_is_the_same_as_if_the_rows_were_still_there(asking: Asking) -> None:
    everything = [
        {"agg": agg, "series": ["requests", "errors"] if agg == "rate" else SERIES, **wanted}
        for wanted in RANGES
        for agg in AGGREGATIONS
    ]
    expected = [asking.everything_kept(**wanted) for wanted in everything]
    asking.forget()
    for _ in range(2):  # the second time from memory
        for wanted, answer in zip(everything, expected, strict=True):
            found = asking.ask(**wanted)
            assert any(value is not None for series in found["series"] for value in series["values"])
            assert found == answer


def test_nothing_is_counted_twice_while_the_rows_are_still_there(asking: Asking) -> None:
    expected = asking.everything_kept(agg="count", step=60)
    assert asking.ask(agg="count", step=60) == expected


def test_one_source_and_one_series_are_read_alone(asking: Asking) -> None:
    wanted = {"series": 'requests{source="gone"}', "agg": "sum", "step": 60}
    expected = asking.everything_kept(**wanted)
    asking.forget()
    assert asking.ask(**wanted) == expected
    assert len(expected["series"]) == 1


def test_checks_have_their_history_back(asking: Asking) -> None:
    path = f"/v1/monitors/{asking.world.monitor}/history"
    everything: list[tuple[str, dict[str, Any]]] = []
    for step in (60, 600, 3600, 86_400):
        everything.append((path, {"step": step}))
        everything.append((path, {"step": step, "location": "paris"}))
        everything.append(("/v1/query", {"series": "check.duration_ms", "agg": "p95", "step": step}))
    expected = [asking.everything_kept(path, **wanted) for path, wanted in everything]
    asking.forget()
    for _ in range(2):
        assert [asking.ask(path, **wanted) for path, wanted in everything] == expected
    assert sum(expected[0]["up"]) > 100
    assert sum(asking.ask(path, step=60, location="rome")["up"]) == 0


def test_another_account_gets_nothing_of_it(asking: Asking) -> None:
    asking.forget()
    params = {"series": "load", "from": T0, "to": T0 + DAY, "step": 60}
    answer = asking.gateway.call("GET", "/v1/query", "read", tenant=asking.gateway.theirs, params=params)
    assert answer.json()["series"] == []


def test_without_an_archive_old_rows_are_gone(world: World, dsn: str, tmp_path: Path) -> None:
    world.fill(days=1)
    world.flow()
    world.archive()
    with opened(world, dsn, tmp_path, archive_url=None) as gateway:
        asking = Asking(gateway, world)
        asking.forget()
        found = asking.ask(step=60, to=T0 + DAY)["series"]
        assert {value for series in found for value in series["values"]} == {None}


def test_too_much_for_one_query_is_an_error_that_names_the_limit(world: World, dsn: str, tmp_path: Path) -> None:
    names = {f"n{at:04}": at / 2 for at in range(4_000)}
    batches = [SampleBatch("wide", 1, at, T0 + at * 60_000, names, {}, 10_000) for at in range(1, 60)]
    world.send("wide", batches)
    world.flow()
    world.archive()
    with opened(world, dsn, tmp_path, archive_query_mb=1) as gateway:
        asking = Asking(gateway, world)
        answer = asking.get(series="n0001", step=60)
        assert answer.status_code == 422
        assert "1 MB of archived reports (VEDETTE_ARCHIVE_QUERY_MB)" in answer.json()["detail"]
        assert asking.ask(series="n0001", step=3600)["series"][0]["values"][0] == 0.5


def test_an_archive_that_takes_too_long_is_an_error_that_names_the_limit(
    world: World, dsn: str, tmp_path: Path
) -> None:
    world.fill(days=1)
    world.flow()
    world.archive()
    with opened(world, dsn, tmp_path, archive_query_s=1e-9) as gateway:
        asking = Asking(gateway, world)
        # This clock stands still, so the time that has passed is none of it: the deadline is the smallest there is.
        asking.gateway.context.clock = gateway.clock
        gateway.clock.monotonic = lambda: next(ticks)  # type: ignore[method-assign]  # a clock that moves when looked at
        ticks = iter(range(10_000))
        answer = asking.get(step=60, to=T0 + DAY)
        assert answer.status_code == 503
        assert "VEDETTE_ARCHIVE_QUERY_S" in answer.json()["detail"]


def test_an_object_that_is_gone_is_told(asking: Asking) -> None:
    asking.forget()
    for path in asking.world.objects.paths():
        asking.world.objects.delete(path)
    answer = asking.get(step=60)
    assert answer.status_code == 500
    assert "was it deleted by hand?" in answer.json()["detail"]
