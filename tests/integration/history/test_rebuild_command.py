"""The command `rebuild`: whole installations, and ranges that cannot be rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch import rebuilding
from tests.integration.history.world import DAY, HOUR, NOW, ROLLUPS, T0, World
from vedette.clock import FakeClock
from vedette.errors import ConfigurationError, Conflict, InvalidInput
from vedette.events.samples import SampleBatch


@pytest.fixture(autouse=True)
def _environment(world: World, dsn: str, log_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of a rebuild."""
    monkeypatch.setenv("VEDETTE_DSN", dsn)
    monkeypatch.setenv("VEDETTE_LOG_URL", log_url)
    monkeypatch.setenv("VEDETTE_ARCHIVE_URL", world.objects.url)
    monkeypatch.setenv("VEDETTE_DATA", str(tmp_path / "nothing"))
    for tier in ("10S", "1M", "1H", "1D"):
        monkeypatch.setenv(f"VEDETTE_KEEP_{tier}_DAYS", "0")


def run(world: World, since: str, until: str, account: int | None = None, now: int = NOW) -> rebuilding.Tally:
    kinds = ["samples", "checks"]
    return rebuilding.run(since, until, account, kinds, world.told.append, FakeClock(now))


def test_it_gives_every_account_its_rows_back_and_tells_of_each_day(world: World) -> None:
    world.fill()
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    for table in ROLLUPS:
        world.store.execute(f"DELETE FROM {table}")
    found = run(world, str(T0), str(T0 + 3 * DAY))
    assert world.rows(*ROLLUPS) == before
    assert found.written >= sum(map(len, before.values()))
    assert world.told[0] == "rebuilding samples and checks from 2023-11-14T00:00:00Z to 2023-11-17T00:00:00Z"
    assert len([text for text in world.told if text.startswith(f"samples of account {world.account}, ")]) == 3


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (str(T0), str(T0), "--from"),
        (str(T0), "yesterday", "--to: 'yesterday'"),
        (str(T0), "-10m", "later windows are still being written"),
    ],
)
def test_a_range_that_cannot_be_is_refused(world: World, since: str, until: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        run(world, since, until)


def test_an_archive_that_is_behind_is_refused_and_nothing_is_lost(world: World) -> None:
    world.fill(days=1)
    world.flow()
    world.archive()
    world.send("fast", [SampleBatch("fast", 3, 1, T0 + DAY, {"load": 1.0}, {}, 10_000)])
    world.flow()
    before = world.rows(*ROLLUPS)
    # The log takes times from the wall clock, so the range that is not archived yet is one of today.
    latest = world.store.row("SELECT (extract(epoch FROM now()) * 1000)::bigint AS ms")
    assert latest is not None
    now = latest["ms"] + 3 * HOUR
    with pytest.raises(Conflict, match=r"is archived only up to .* is `vedette flow archive` running"):
        run(world, str(T0), str(latest["ms"] + HOUR // 2), now=now)
    assert world.rows(*ROLLUPS) == before


def test_without_an_archive_it_says_what_to_set(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VEDETTE_ARCHIVE_URL")
    with pytest.raises(ConfigurationError, match="VEDETTE_ARCHIVE_URL"):
        run(world, str(T0), str(T0 + DAY))
