"""One agent a spool folder, and a new epoch at each start."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.claim import claim_spool
from vedette.errors import ConfigurationError


def test_the_epoch_is_the_time_of_the_start(tmp_path: Path) -> None:
    with claim_spool(tmp_path / "new" / "folder", 1_700_000_000_000) as claim:
        assert claim.epoch == 1_700_000_000_000


@pytest.mark.parametrize("second_start", [5000, 4999, 0])
def test_the_epoch_is_new_even_if_the_clock_stood_still_or_went_back(tmp_path: Path, second_start: int) -> None:
    with claim_spool(tmp_path, 5000):
        pass
    with claim_spool(tmp_path, second_start) as claim:
        assert claim.epoch == 5001


@pytest.mark.parametrize("torn", ["", "12x", "\0\0\0"])
def test_a_torn_epoch_file_is_begun_anew(tmp_path: Path, torn: str) -> None:
    (tmp_path / "agent.epoch").write_text(torn)
    with claim_spool(tmp_path, 5000) as claim:
        assert claim.epoch == 5000


def test_a_second_agent_on_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    with claim_spool(tmp_path, 1), pytest.raises(ConfigurationError, match=r"VEDETTE_SPOOL.*no other running agent"):
        claim_spool(tmp_path, 2)


def test_a_folder_whose_agent_ended_is_free_again(tmp_path: Path) -> None:
    claim_spool(tmp_path, 1).release()
    claim_spool(tmp_path, 2).release()


def test_two_agents_on_two_folders_do_not_meet(tmp_path: Path) -> None:
    with claim_spool(tmp_path / "a", 1), claim_spool(tmp_path / "b", 1):
        pass


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="VEDETTE_SPOOL"):
        claim_spool(tmp_path / "file" / "spool", 1)
