"""The data folder: one `vedette up` at a time, secrets for their owner only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from launch.up.folder import DataFolder
from vedette.errors import ConfigurationError


def test_a_second_claim_is_refused_until_the_first_is_given_up(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    lock = folder.claim()
    with pytest.raises(ConfigurationError, match="no other `vedette up`"):
        folder.claim()
    lock.close()
    folder.claim().close()


def test_another_folder_can_be_claimed_at_the_same_time(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "a").claim(), DataFolder(tmp_path / "b").claim():
        assert (tmp_path / "a").is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"--data.*can be written"):
        DataFolder(tmp_path / "file" / "data").claim()


def test_a_secret_is_for_its_owner_only_and_is_replaced_whole(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    path = folder.token("agent")
    folder.write_secret(path, "a long first secret")
    folder.write_secret(path, "second")
    assert path.read_text() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["agent"]


def test_a_leftover_that_others_could_read_does_not_pass_its_mode_on(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    path = folder.token("agent")
    path.parent.mkdir()
    (path.parent / ".agent.new").write_text("left by a crash")
    (path.parent / ".agent.new").chmod(0o644)
    folder.write_secret(path, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_address_comes_back_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.write_address("http://127.0.0.1:8420", "postgresql://x")
    assert folder.read_address() == {
        "url": "http://127.0.0.1:8420",
        "dsn": "postgresql://x",
        "log_url": f"embedded://{tmp_path}/log/events.db",
    }
    assert stat.S_IMODE(folder.address.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"x"'])
def test_an_address_that_cannot_be_read_is_none(tmp_path: Path, text: str | None) -> None:
    folder = DataFolder(tmp_path)
    if text is not None:
        folder.address.write_text(text)
    assert folder.read_address() == {}


def test_every_part_has_its_place_below_the_root(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    places = [folder.postgres, folder.keys, folder.recovery("rollup"), folder.spool("agent"), folder.output("probe")]
    assert len(set(places)) == len(places)
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert folder.recovery("rollup") != folder.recovery("alerts")


def test_the_folders_are_for_their_owner_only_even_if_they_were_open_before(tmp_path: Path) -> None:
    root = tmp_path / "data"
    (root / "output").mkdir(parents=True)
    (root / "output").chmod(0o755)
    root.chmod(0o755)
    DataFolder(root).claim().close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in root.iterdir() if path.is_dir()}
    assert modes == dict.fromkeys(("archive", "keys", "log", "output", "recovery", "spool", "tokens"), 0o700)
    assert stat.S_IMODE(root.stat().st_mode) == 0o755
